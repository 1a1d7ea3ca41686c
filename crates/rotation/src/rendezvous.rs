//! The highest hash wins: sessions to connectors, exits to nodes; and points on a ring.

use model::ProxyId;
use twox_hash::XxHash3_64;

/// A point on the ring of a connector, of a hash. Of a million exits a few hundred share one with
/// another.
pub(crate) fn point(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// The point of an exit.
pub(crate) fn point_of(id: ProxyId) -> u32 {
    point(XxHash3_64::oneshot(id.uuid().as_bytes()))
}

/// A number for each exit, evenly spread.
pub(crate) fn salt(id: ProxyId) -> u32 {
    // The last bits of an identifier are chance.
    u32::try_from(id.uuid().as_u128() & 0xffff_ffff).unwrap_or_default()
}

/// The hash of `key`, different for each `seed`.
#[must_use]
pub fn hash(seed: u64, key: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, key)
}

/// Another number for each number, as if by chance: every bit depends on every other (the finaliser
/// of `MurmurHash3`).
pub(crate) fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let number = (number ^ number >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ number >> 33
}

/// The index with the highest score among weighted candidates, given one hash for each: a candidate
/// that comes or goes moves only what it wins or had won, and each wins by its weight
/// (score `-weight / ln(uniform)`).
#[must_use]
pub fn heaviest(candidates: impl IntoIterator<Item = (u64, f64)>) -> Option<usize> {
    candidates
        .into_iter()
        .enumerate()
        .map(|(index, (hash, weight))| (index, score(hash, weight)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index)
}

#[expect(clippy::cast_precision_loss, reason = "53 bits of a hash are plenty")]
fn score(hash: u64, weight: f64) -> f64 {
    let uniform = ((hash >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    -weight / uniform.ln()
}

/// Which of `members` owns `key`; `None` when there is none. Every node that sees the same members
/// says the same, whatever their order.
#[must_use]
pub fn owner(key: u128, members: &[&str]) -> Option<usize> {
    let key = key.to_le_bytes();
    let hashes = members.iter().map(|member| hash(hash(0, member.as_bytes()), &key));
    hashes.enumerate().max_by_key(|(index, hash)| (*hash, members[*index])).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_weights() {
        let mut wins = [0u32; 3];
        for key in 0..40_000u64 {
            let weights = [(0, 1.0), (1, 1.0), (2, 2.0)];
            let hashes = weights.map(|(seed, weight)| (hash(seed, &key.to_le_bytes()), weight));
            wins[heaviest(hashes).unwrap()] += 1;
        }
        for (won, expected) in wins.iter().zip([10_000, 10_000, 20_000]) {
            assert!(won.abs_diff(expected) < 500, "{wins:?}");
        }
    }

    #[test]
    fn a_member_that_leaves_moves_only_what_it_owned() {
        let (all, fewer) = (["a", "b", "c", "d"], ["d", "a", "c"]);
        let mut moved = 0;
        for key in 0..10_000u128 {
            let before = all[owner(key, &all).unwrap()];
            let after = fewer[owner(key, &fewer).unwrap()];
            assert!(before == "b" || before == after);
            moved += u32::from(before != after);
        }
        assert!((2_200..2_800).contains(&moved), "{moved}");
        assert_eq!(owner(1, &[]), None);
    }
}
