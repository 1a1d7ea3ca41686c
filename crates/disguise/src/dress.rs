//! Makes the fields of a request those of the browser it is to look like.

use bytes::Bytes;
use http::header::HeaderValue;

use crate::user_agent::Family;
use crate::{Field, Identity};

/// Where fields go that browsers do not write when they open a page.
const OTHERS: &str = "*";

/// In which order Chrome and Edge write what they send to open a page.
const CHROME: &[&str] = &[
    "host",
    "connection",
    "content-length",
    "pragma",
    "cache-control",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "origin",
    "content-type",
    "upgrade-insecure-requests",
    "user-agent",
    OTHERS,
    "accept",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-user",
    "sec-fetch-dest",
    "referer",
    "accept-encoding",
    "accept-language",
    "cookie",
    "if-none-match",
    "if-modified-since",
    "priority",
];
const FIREFOX: &[&str] = &[
    "host",
    "user-agent",
    "accept",
    "accept-language",
    "accept-encoding",
    "referer",
    "content-type",
    OTHERS,
    "content-length",
    "origin",
    "connection",
    "cookie",
    "upgrade-insecure-requests",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "if-modified-since",
    "if-none-match",
    "priority",
    "pragma",
    "cache-control",
    "te",
];
const SAFARI: &[&str] = &[
    "host",
    "sec-fetch-dest",
    "user-agent",
    "accept",
    "referer",
    "origin",
    "content-type",
    OTHERS,
    "sec-fetch-site",
    "sec-fetch-mode",
    "accept-language",
    "priority",
    "accept-encoding",
    "cookie",
    "content-length",
    "connection",
];

impl Identity {
    /// The value of `User-Agent`.
    #[must_use]
    pub fn user_agent(self) -> Option<HeaderValue> {
        self.emulation().headers.remove("user-agent")
    }

    /// Makes fields say that they come from this browser: `User-Agent` and the client hints
    /// `Sec-CH-UA`, `-Mobile` and `-Platform` are its own, other hints about the browser are taken
    /// out because they would contradict, and all stand in its order. Everything else keeps its
    /// value: what a client accepts is what it can read.
    pub fn dress(self, fields: &mut Vec<Field>) {
        let own = self.emulation().headers;
        fields.retain(|(name, _)| !tells_the_browser(name));
        for (name, value) in own.iter().filter(|(name, _)| tells_the_browser(name.as_ref())) {
            fields.push((Bytes::copy_from_slice(name.as_ref()), value.clone()));
        }
        let order = match self.family() {
            Family::Chrome | Family::Edge => CHROME,
            Family::Firefox => FIREFOX,
            Family::Safari | Family::SafariIos => SAFARI,
        };
        let place = |name: &str| order.iter().position(|known| known.eq_ignore_ascii_case(name));
        fields.sort_by_key(|(name, _)| {
            std::str::from_utf8(name).ok().and_then(place).or_else(|| place(OTHERS))
        });
    }
}

fn tells_the_browser(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == b"user-agent" || lower.starts_with(b"sec-ch-ua")
}

#[cfg(test)]
mod tests {
    use model::interception::Browser;

    use super::*;

    fn dressed(browser: Browser) -> Vec<(String, String)> {
        let came = [
            ("X-Own", "1"),
            ("Accept", "*/*"),
            ("user-agent", "curl/8"),
            ("Sec-CH-UA-Arch", "arm"),
            ("Cookie", "a=b"),
            ("Host", "x"),
            ("x-own-too", "2"),
        ];
        let field = |(name, value): (&'static str, &'static str)| {
            (Bytes::from_static(name.as_bytes()), HeaderValue::from_static(value))
        };
        let mut fields: Vec<_> = came.map(field).to_vec();
        Identity::newest(browser, 0).dress(&mut fields);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        fields.iter().map(|(name, value)| (text(name), text(value.as_bytes()))).collect()
    }

    fn names(fields: &[(String, String)]) -> Vec<&str> {
        fields.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn chrome_tells_its_hints_and_no_others() {
        let fields = dressed(Browser::Chrome);
        let hints = ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"];
        let rest = ["user-agent", "X-Own", "x-own-too", "Accept", "Cookie"];
        assert_eq!(names(&fields), [&["Host"][..], &hints, &rest].concat());
        assert!(fields[1].1.contains(r#""Google Chrome";v="149""#), "{fields:?}");
        assert_eq!((fields[2].1.as_str(), fields[3].1.as_str()), ("?0", "\"Windows\""));
        assert!(fields[4].1.contains(" Chrome/149.0.0.0 "), "{fields:?}");
    }

    #[test]
    fn firefox_and_safari_have_no_hints() {
        let firefox = dressed(Browser::Firefox);
        let order = ["Host", "user-agent", "Accept", "X-Own", "x-own-too", "Cookie"];
        assert_eq!(names(&firefox), order);
        assert!(firefox[1].1.contains("Firefox/151.0"), "{firefox:?}");
        assert_eq!(names(&dressed(Browser::Safari)), order);
    }

    #[test]
    fn what_is_worn_says_the_same_as_its_name() {
        for browser in [Browser::Chrome, Browser::Firefox, Browser::Safari, Browser::Edge] {
            let identity = Identity::newest(browser, 0);
            let text = identity.user_agent().unwrap();
            let claimed = Identity::claimed(text.to_str().unwrap());
            assert_eq!(claimed, Some(identity));
        }
    }
}
