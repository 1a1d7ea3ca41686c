//! Addresses are read strictly, and no error shows a password.

use super::*;
use crate::Settings;

fn read(url: &str) -> Result<Settings> {
    Settings::parse(&Secret::from(url))
}

#[test]
fn every_kind_of_address_is_understood() {
    for url in [
        "redis://localhost",
        "redis://127.0.0.1:6380/3",
        "redis://[::1]:6379",
        "redis://:only-a-password@h",
        "rediss://name:p%40ss@redis.example:6380/0",
        "redis+sentinel://a:26379,b,[::1]:1/mymaster",
        "rediss+sentinel://u:p@a,b/mymaster/2?sentinel_password=x",
    ] {
        assert!(read(url).is_ok(), "{url}: {:?}", read(url));
    }
}

#[test]
fn a_wrong_address_is_refused_without_being_repeated() {
    for url in [
        "localhost:6379",
        "http://u:hunter2@h",
        "redis://",
        "redis://u:hunter2@",
        "redis://u:hunter2@h:notaport",
        "redis://u:hunter2@h/notanumber",
        "redis://u:hunter2@h/1?timeout=5",
        "rediss://u:hunter2@h#insecure",
        "redis://u:hunter2@h1,h2",
        "redis+sentinel://u:hunter2@h1,h2",
        "redis+sentinel://u:hunter2@h1,,h2/m",
        "redis+sentinel://u:hunter2@h1/m/x",
        "redis+sentinel://h1/m?password=hunter2",
    ] {
        let error = read(url).expect_err(url);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{url}: {error:?}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (bad, why) in [
        ("hunter2", "has no scheme"),
        ("http://:hunter2@redis", "begins with none of"),
        ("redis://", "names no host"),
        ("redis://:secret@", "names no host"),
        ("redis://user@:6379", "names no host"),
        ("redis:///0", "names no host"),
        ("redis://::1", "names no host"),
        ("redis://[redis]:1", "no IPv6 address"),
        ("redis://redis:0", "has a port"),
        ("redis://redis:65536", "has a port"),
        ("redis://redis:", "has a port"),
        ("redis://[::1]6379", "has a port"),
        ("redis://re%64is", "neither a name"),
        ("redis://redis 1", "has a blank"),
        ("redis://user:pa/ss@redis", "behind the host"),
        ("redis://user:pa?ss@redis", "behind the host"),
        ("redis://one,two", "names several hosts"),
        ("rediss+sentinel://one,,two/m", "names no host"),
        ("redis://redis/first", "number of a database"),
    ] {
        let error = read(bad).expect_err(bad).to_string();
        assert!(error.contains(why), "{bad}: {error}");
    }
}

#[test]
fn hosts_without_a_port_are_where_sentinels_usually_are() {
    let url = "redis+sentinel://user:pass%20word@a,b:5/m/7";
    let sentinels = Parts::split(url).unwrap().sentinels().unwrap();
    let servers: Vec<_> = sentinels.servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["a:26379", "b:5"]);
    assert_eq!(sentinels.master, "m");
    let login = sentinels.login.redis_settings();
    assert_eq!(
        (login.username(), login.password(), login.db()),
        (Some("user"), Some("pass word"), 7)
    );
}

#[test]
fn settings_do_not_show_the_password() {
    let settings = read("redis://user:hunter2@h").unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}
