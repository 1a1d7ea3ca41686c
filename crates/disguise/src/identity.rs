//! Which version of which browser a target gets to see, and on which system.

use std::fmt;

use model::interception::Browser;
use wreq_util::{Emulation, Platform, Profile};

use crate::user_agent::{self, Claim, Family};

/// A browser that can be worn.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    pub(crate) profile: Profile,
    pub(crate) platform: Platform,
}

/// Safari's versions, and those of the iPhone, whose names do not tell them apart.
const SAFARI: &[(u32, Profile)] = &[
    (15, Profile::Safari15_6_1),
    (16, Profile::Safari16_5),
    (17, Profile::Safari17_6),
    (18, Profile::Safari18_5),
    // 26.1 to 26.4 of the library still greet as 18.5 does; real ones greet as 26.0.
    (26, Profile::Safari26),
];
const SAFARI_IOS: &[(u32, Profile)] = &[
    (16, Profile::SafariIos16_5),
    (17, Profile::SafariIos17_4_1),
    (18, Profile::SafariIos18_1_1),
    (26, Profile::SafariIos26_2),
];

// === impl Identity ===

impl Identity {
    /// The newest version there is of a browser, on the system that most of its users have.
    /// `chance` is any number: it decides who [`Browser::Random`] is.
    #[must_use]
    pub fn newest(browser: Browser, chance: u64) -> Self {
        let (family, platform) = match browser {
            Browser::Chrome => (Family::Chrome, Platform::Windows),
            Browser::Firefox => (Family::Firefox, Platform::Windows),
            Browser::Safari => (Family::Safari, Platform::MacOS),
            Browser::Edge => (Family::Edge, Platform::Windows),
            Browser::Random => {
                let all = [Browser::Chrome, Browser::Firefox, Browser::Safari, Browser::Edge];
                return Self::newest(all[usize::from(chance.to_le_bytes()[0]) % all.len()], 0);
            }
        };
        Self::nearest(Claim { family, version: u32::MAX, platform })
    }

    /// Who a `User-Agent` says it is: the same version, else the nearest older one, else the oldest
    /// there is. `None`: none of the four browsers, or a robot that says so.
    #[must_use]
    pub fn claimed(user_agent: &str) -> Option<Self> {
        user_agent::read(user_agent).map(Self::nearest)
    }

    fn nearest(claim: Claim) -> Self {
        let mut known = versions(claim.family);
        known.sort_by_key(|(version, _)| *version);
        let older = known.iter().rev().find(|(version, _)| *version <= claim.version);
        let profile = older.or(known.first()).map_or(Profile::Chrome149, |(_, profile)| *profile);
        Self { profile, platform: claim.platform }
    }

    /// All that the library knows of it.
    pub(crate) fn emulation(self) -> wreq::Emulation {
        let emulation = Emulation::builder().profile(self.profile).platform(self.platform).build();
        wreq::IntoEmulation::into_emulation(emulation)
    }

    pub(crate) fn family(self) -> Family {
        let name = format!("{:?}", self.profile);
        let families = [Family::Chrome, Family::Edge, Family::Firefox];
        let named = families.into_iter().find(|family| name.starts_with(family.name()));
        named.unwrap_or(Family::Safari)
    }
}

/// Every version of a browser that can be worn. Most profiles are called after theirs.
fn versions(family: Family) -> Vec<(u32, Profile)> {
    match family {
        Family::Safari => SAFARI.to_vec(),
        Family::SafariIos => SAFARI_IOS.to_vec(),
        Family::Chrome | Family::Edge | Family::Firefox => {
            let version = |profile: &Profile| {
                let name = format!("{profile:?}");
                name.strip_prefix(family.name())?.parse().ok().map(|version| (version, *profile))
            };
            Profile::VARIANTS.iter().filter_map(version).collect()
        }
    }
}

/// As `Chrome149 on Windows`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} on {:?}", self.profile, self.platform)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(browser: Browser) -> String {
        Identity::newest(browser, 0).to_string()
    }

    #[test]
    fn the_newest_of_each_browser_is_worn() {
        assert_eq!(newest(Browser::Chrome), "Chrome149 on Windows");
        assert_eq!(newest(Browser::Firefox), "Firefox151 on Windows");
        assert_eq!(newest(Browser::Safari), "Safari26 on MacOS");
        assert_eq!(newest(Browser::Edge), "Edge148 on Windows");
    }

    #[test]
    fn chance_decides_who_a_random_one_is() {
        let all: Vec<_> =
            (0..5).map(|chance| Identity::newest(Browser::Random, chance).family()).collect();
        let four = [Family::Chrome, Family::Firefox, Family::Safari, Family::Edge, Family::Chrome];
        assert_eq!(all, four);
    }

    #[test]
    fn a_claim_is_met_by_the_nearest_version_that_is_not_newer() {
        let chrome = |version: u32| {
            let text = format!(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/{version}.0.0.0 Safari/537.36"
            );
            Identity::claimed(&text).unwrap().to_string()
        };
        assert_eq!(chrome(131), "Chrome131 on Linux");
        assert_eq!(chrome(125), "Chrome124 on Linux");
        assert_eq!(chrome(999), "Chrome149 on Linux");
        assert_eq!(chrome(50), "Chrome100 on Linux");
        assert_eq!(Identity::claimed("curl/8.0"), None);
    }
}
