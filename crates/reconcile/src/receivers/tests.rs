//! Which URLs may be entered.

use super::*;

#[test]
fn a_url_is_read_in_one_way_only() {
    let address = Address::parse("https://Hooks.Example/a/b?c=d").unwrap();
    assert_eq!(address.target.to_string(), "hooks.example:443");
    assert_eq!((&*address.path, address.is_secure), ("/a/b?c=d", true));
    assert_eq!(Address::parse("http://[::1]:81?x").unwrap().path, "/?x");
    for bad in [
        "ftp://hooks.example/",
        "hooks.example",
        "https://",
        "https://user:pass@hooks.example/",
        "https://hooks.example@10.0.0.1/",
        "https://hooks.example\\@10.0.0.1/",
        "https://hooks.example/#x",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://017700000001/",
        "https://hooks.example:0/",
        "https://hooks example/",
        "https://hooks.example/\r\nX: y",
    ] {
        assert!(Address::parse(bad).is_err(), "{bad}");
    }
}
