//! Which `User-Agent` a request goes with.

use model::rewrite::UserAgent;

use crate::error::Mistakes;
use crate::field;

/// Values in a list.
const MOST: usize = 256;

/// The setting, compiled.
#[derive(Debug, Default)]
pub(crate) enum UserAgents {
    #[default]
    Keep,
    Fixed(String),
    /// Each with the hash of its text.
    Session(Vec<(u64, String)>),
    Request(Vec<String>),
}

impl UserAgents {
    pub(crate) fn compile(setting: &UserAgent, mistakes: &mut Mistakes) -> Self {
        match setting {
            UserAgent::Keep => Self::Keep,
            UserAgent::Fixed(value) => {
                check(value, "user_agent/values/0", mistakes);
                Self::Fixed(value.clone())
            }
            UserAgent::Session(values) => {
                check_all(values, mistakes);
                let hashed = values.iter().map(|value| (hash(value.as_bytes()), value.clone()));
                Self::Session(hashed.collect())
            }
            UserAgent::Request(values) => {
                check_all(values, mistakes);
                Self::Request(values.clone())
            }
        }
    }

    pub(crate) fn choose(
        &self,
        session: Option<&str>,
        connection: u64,
        random: u64,
    ) -> Option<&str> {
        match self {
            Self::Keep => None,
            Self::Fixed(value) => Some(value),
            Self::Request(values) => {
                let count = values.len() as u64;
                let at = random.checked_rem(count).and_then(|at| usize::try_from(at).ok())?;
                values.get(at).map(String::as_str)
            }
            Self::Session(values) => {
                let key = session.map_or_else(|| mix(connection), |name| hash(name.as_bytes()));
                // The highest hash wins, so that a change of the list moves few sessions.
                let best = values.iter().max_by_key(|(value, _)| mix(key ^ value));
                best.map(|(_, value)| value.as_str())
            }
        }
    }
}

fn check_all(values: &[String], mistakes: &mut Mistakes) {
    if !(1..=MOST).contains(&values.len()) {
        mistakes.note("user_agent/values".into(), format!("must have 1-{MOST} entries"));
    }
    for (n, value) in values.iter().enumerate().take(MOST) {
        check(value, &format!("user_agent/values/{n}"), mistakes);
    }
}

fn check(value: &str, place: &str, mistakes: &mut Mistakes) {
    let checked =
        if value.is_empty() { Err("must not be empty".into()) } else { field::value(value) };
    mistakes.take(checked, || place.to_owned());
}

/// FNV-1a, mixed: the same on every node and in every version.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

/// The finaliser of `SplitMix64`: every bit of the number has a say in every bit of the outcome.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
