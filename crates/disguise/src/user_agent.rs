//! What a `User-Agent` claims: a browser, its version, its system.

use wreq_util::Platform;

/// Browsers that greet each in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Chrome,
    Edge,
    Firefox,
    Safari,
    /// Every browser of an iPhone or iPad: they all greet as Safari does there.
    SafariIos,
}

impl Family {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Safari | Self::SafariIos => "Safari",
        }
    }
}

/// Who somebody says they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) family: Family,
    pub(crate) version: u32,
    pub(crate) platform: Platform,
}

/// `None`: no browser that can be worn.
pub(crate) fn read(text: &str) -> Option<Claim> {
    if !text.starts_with("Mozilla/5.0 (") {
        return None;
    }
    let platform = platform(text)?;
    let (family, version) = match platform {
        Platform::IOS => (Family::SafariIos, number(text, "Version/").or(number(text, "OS "))?),
        _ => desktop(text)?,
    };
    Some(Claim { family, version, platform })
}

/// What calls itself several things is the first of these: Edge also names Chrome, and all name
/// Safari.
fn desktop(text: &str) -> Option<(Family, u32)> {
    let edge = number(text, "Edg/").or(number(text, "EdgA/"));
    edge.map(|version| (Family::Edge, version))
        .or_else(|| number(text, "Firefox/").map(|version| (Family::Firefox, version)))
        .or_else(|| number(text, "Chrome/").map(|version| (Family::Chrome, version)))
        .or_else(|| {
            let version = number(text, "Version/").filter(|_| text.contains(" Safari/"));
            version.map(|version| (Family::Safari, version))
        })
}

/// An iPad that asks for desktop pages says that it is a Mac, and is taken for one.
fn platform(text: &str) -> Option<Platform> {
    let systems = [
        ("iPhone", Platform::IOS),
        ("iPad", Platform::IOS),
        ("Android", Platform::Android),
        ("Windows", Platform::Windows),
        ("Macintosh", Platform::MacOS),
        ("Linux", Platform::Linux),
        ("CrOS", Platform::Linux),
    ];
    systems.into_iter().find(|(name, _)| text.contains(name)).map(|(_, platform)| platform)
}

/// The number behind `name`.
fn number(text: &str, name: &str) -> Option<u32> {
    let (_, rest) = text.split_once(name)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";

    #[test]
    fn browsers_are_known_by_what_they_alone_say() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)";
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64";
        let cases = [
            (
                format!("{windows}) {WEBKIT} Chrome/149.0.0.0 Safari/537.36"),
                (Family::Chrome, 149, Platform::Windows),
            ),
            (
                format!("{windows}) {WEBKIT} Chrome/148.0.0.0 Safari/537.36 Edg/147.0.0.0"),
                (Family::Edge, 147, Platform::Windows),
            ),
            (
                format!("{windows}; rv:151.0) Gecko/20100101 Firefox/151.0"),
                (Family::Firefox, 151, Platform::Windows),
            ),
            (
                format!("{mac} {WEBKIT} Version/26.2 Safari/605.1.15"),
                (Family::Safari, 26, Platform::MacOS),
            ),
            (
                format!("{iphone} {WEBKIT} Version/26.2 Mobile/15E148 Safari/604.1"),
                (Family::SafariIos, 26, Platform::IOS),
            ),
            (
                format!("{iphone} {WEBKIT} CriOS/149.0.0.0 Mobile/15E148 Safari/604.1"),
                (Family::SafariIos, 18, Platform::IOS),
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/143.0.0.0 Mobile"),
                (Family::Chrome, 143, Platform::Android),
            ),
        ];
        for (text, (family, version, platform)) in cases {
            assert_eq!(read(&text), Some(Claim { family, version, platform }), "{text}");
        }
    }

    #[test]
    fn nobody_else_is_a_browser() {
        let robot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for text in ["", "curl/8.5.0", "python-requests/2.34", robot, "Mozilla/5.0 (Windows) x"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
