//! What browsers are sent, with the console built or not.

use super::*;

fn asked<'a>(path: &'a str, coding: Option<&'a HeaderValue>) -> Asked<'a> {
    Asked { method: &Method::GET, path, accept_encoding: coding, if_none_match: None }
}

fn field<'a>(response: &'a Response<Cow<'static, [u8]>>, name: header::HeaderName) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Names of the files that the page loads.
fn assets(page: &str) -> Vec<&str> {
    page.split('"').filter(|part| part.starts_with("/assets/")).collect()
}

#[test]
fn every_address_is_the_page_that_loads_what_there_is() {
    let page = answer(asked("/projects/x/overview", None));
    assert_eq!(page.status(), StatusCode::OK);
    assert!(field(&page, header::CONTENT_TYPE).starts_with("text/html"));
    let text = String::from_utf8(page.body().to_vec()).unwrap();
    if !is_built() {
        assert!(text.contains("make web"), "{text}");
        return;
    }
    assert_eq!(field(&page, header::CACHE_CONTROL), "no-cache");
    assert!(field(&page, header::CONTENT_SECURITY_POLICY).starts_with("default-src 'self';"));
    assert!(!assets(&text).is_empty(), "{text}");
    for path in assets(&text) {
        for coding in ["br", "gzip"] {
            let accepted = HeaderValue::from_static(coding);
            let file = answer(asked(path, Some(&accepted)));
            assert_eq!(file.status(), StatusCode::OK, "{path}");
            assert_eq!(field(&file, header::CONTENT_ENCODING), coding, "{path}");
            assert!(field(&file, header::CACHE_CONTROL).ends_with("immutable"), "{path}");
        }
    }
}

#[test]
fn what_would_be_kept_for_ever_is_there_or_is_not() {
    for path in ["/assets/none.js", "/assets/", "/assets/../index.html"] {
        assert_eq!(answer(asked(path, None)).status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn a_page_that_the_browser_has_is_not_sent_again() {
    let page = answer(asked("/", None));
    let Some(tag) = page.headers().get(header::ETAG) else {
        assert!(!is_built());
        return;
    };
    let again = answer(Asked { if_none_match: Some(tag), ..asked("/", None) });
    assert_eq!((again.status(), again.body().len()), (StatusCode::NOT_MODIFIED, 0));
    let head = answer(Asked { method: &Method::HEAD, ..asked("/", None) });
    assert_eq!((head.status(), head.body().len()), (StatusCode::OK, 0));
}
