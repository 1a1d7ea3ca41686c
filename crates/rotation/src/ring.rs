//! Where the exits of a connector stand on its ring: a point of it is found without a search.

/// Exits in each part of the ring, on average: what is looked through lies in one or two cache
/// lines.
const IN_PART: usize = 4;
/// Points that are compared at once. Their number is fixed, so that the processor need not guess
/// where a comparison ends and can begin the next one meanwhile.
const AT_ONCE: usize = 8;

/// The points at which exits stand, in order. They are hashes, so they lie evenly.
#[derive(Debug)]
pub(crate) struct Ring {
    points: Box<[u64]>,
    /// The first place in each of as many equal parts of the ring.
    starts: Box<[u32]>,
}

// === impl Ring ===

impl Ring {
    /// The ring of these points, which are in order.
    pub(crate) fn new(points: Box<[u64]>) -> Self {
        let parts = points.len().div_ceil(IN_PART);
        let mut starts = Vec::with_capacity(parts);
        for (place, point) in (0..).zip(&points) {
            // Empty parts begin where the next one does.
            starts.resize(starts.len().max(part(*point, parts) + 1), place);
        }
        starts.resize(parts, u32::try_from(points.len()).unwrap_or(u32::MAX));
        Self { points, starts: starts.into() }
    }

    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    /// The point at which the exit at `place` stands.
    pub(crate) fn point(&self, place: usize) -> u64 {
        self.points[place]
    }

    /// The first place at or behind `point`; how many there are, if there is none.
    pub(crate) fn at_or_behind(&self, point: u64) -> usize {
        let start = self.starts.get(part(point, self.starts.len())).copied();
        let mut place = start.map_or(0, |start| start as usize);
        while let Some(next) = self.points[place..].first_chunk::<AT_ONCE>() {
            let before = next.iter().filter(|other| **other < point).count();
            place += before;
            if before < AT_ONCE {
                return place;
            }
        }
        place + self.points[place..].partition_point(|other| *other < point)
    }
}

/// In which of so many equal parts of the ring a point lies.
fn part(point: u64, parts: usize) -> usize {
    usize::try_from((u128::from(point) * parts as u128) >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_point_is_found_where_a_plain_search_finds_it(
            mut points in prop::collection::vec(any::<u64>(), 0..200),
            crowd in prop::collection::vec(0u64..40, 0..60),
            mut wanted in prop::collection::vec(any::<u64>(), 50),
        ) {
            // Some lie far closer than hashes would.
            points.extend(crowd);
            points.sort_unstable();
            wanted.extend([0, 1, 20, u64::MAX]);
            wanted.extend(&points);
            let ring = Ring::new(points.clone().into());
            for point in wanted {
                let plain = points.partition_point(|other| *other < point);
                prop_assert_eq!(ring.at_or_behind(point), plain);
            }
        }
    }
}
