//! Numbers in order that lie evenly: where one belongs among them is known nearly without a search.

/// Numbers in each part, on average: what is looked through lies in one or two cache lines.
const IN_PART: usize = 4;
/// Numbers that are compared at once. How many is fixed, so that the processor need not guess where
/// a comparison ends and can begin the next one meanwhile.
const AT_ONCE: usize = 8;

/// Numbers in order, spread evenly below `end`: hashes, or what chance leaves of all numbers.
#[derive(Debug, Clone)]
pub(crate) struct Spread<T> {
    numbers: Box<[T]>,
    /// The first position in each of as many equal parts.
    starts: Box<[u32]>,
    /// By this a number is stretched to 64 bits.
    scale: u64,
}

// === impl Spread ===

impl<T: Copy + Ord + Into<u64>> Spread<T> {
    /// These numbers, which are in order. None is above `most`.
    pub(crate) fn new(numbers: Box<[T]>, most: u64) -> Self {
        let scale = u64::MAX / most.max(1);
        let parts = numbers.len().div_ceil(IN_PART);
        let mut spread = Self { numbers, starts: Box::default(), scale };
        let mut starts = Vec::with_capacity(parts);
        for (position, number) in (0..).zip(&spread.numbers) {
            // Empty parts begin where the next one does.
            starts.resize(starts.len().max(spread.part(*number, parts) + 1), position);
        }
        starts.resize(parts, u32::try_from(spread.numbers.len()).unwrap_or(u32::MAX));
        spread.starts = starts.into();
        spread
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.numbers
    }

    /// For each number the first position of one that is not below it; how many there are, if there
    /// is none. All searches take each step together and none waits for another, so that the
    /// processor waits for the memory of all of them at once.
    pub(crate) fn positions<const N: usize>(&self, of: [T; N]) -> [usize; N] {
        let mut positions = of.map(|number| self.start(number));
        for (position, number) in positions.iter_mut().zip(of) {
            let is_below = self.numbers.get(*position).is_some_and(|other| *other < number);
            *position += usize::from(is_below);
        }
        for (position, number) in positions.iter_mut().zip(of) {
            *position = self.from(*position, number);
        }
        positions
    }

    /// Where the part of a number starts.
    fn start(&self, number: T) -> usize {
        let start = self.starts.get(self.part(number, self.starts.len()));
        start.map_or(0, |start| *start as usize)
    }

    /// The first position from `position` on of a number that is not below this one.
    fn from(&self, mut position: usize, number: T) -> usize {
        while let Some(next) = self.numbers[position..].first_chunk::<AT_ONCE>() {
            let below = next.iter().map(|other| usize::from(*other < number)).sum::<usize>();
            position += below;
            if below < AT_ONCE {
                return position;
            }
        }
        position + self.numbers[position..].partition_point(|other| *other < number)
    }

    /// In which of so many equal parts a number lies.
    fn part(&self, number: T, parts: usize) -> usize {
        let stretched = u128::from(number.into().saturating_mul(self.scale));
        usize::try_from((stretched * parts as u128) >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain<T: Ord>(numbers: &[T], wanted: &T) -> usize {
        numbers.partition_point(|other| other < wanted)
    }

    proptest! {
        #[test]
        fn a_number_is_found_where_a_plain_search_finds_it(
            mut points in prop::collection::vec(any::<u64>(), 0..200),
            crowd in prop::collection::vec(0u64..40, 0..60),
            places in prop::collection::btree_set(0u32..300, 0..200),
            wanted in any::<[u64; 11]>(),
        ) {
            // Some lie far closer than hashes would.
            points.extend(crowd);
            points.sort_unstable();
            let spread = Spread::new(points.clone().into(), u64::MAX);
            prop_assert_eq!(spread.positions(wanted), wanted.map(|w| plain(&points, &w)));
            for edge in points.iter().copied().chain([0, 1, 20, u64::MAX]) {
                prop_assert_eq!(spread.positions([edge]), [plain(&points, &edge)]);
            }
            let places: Box<[u32]> = places.into_iter().collect();
            let spread = Spread::new(places.clone(), 300);
            for place in 0..=300 {
                prop_assert_eq!(spread.positions([place]), [plain(&places, &place)]);
            }
        }
    }
}
