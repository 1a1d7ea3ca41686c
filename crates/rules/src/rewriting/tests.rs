//! What is changed, what is blocked, and what cannot be asked for.

use std::collections::HashSet;

use model::rewrite::UserAgent;

use super::*;

fn set(name: &str, value: &str) -> FieldChange {
    FieldChange::Set { name: name.into(), value: value.into() }
}

fn compile(rewrites: &Rewrites) -> Rewriting {
    Rewriting::compile(rewrites).unwrap()
}

fn user_agents(user_agent: UserAgent) -> Rewriting {
    compile(&Rewrites { user_agent, ..Rewrites::default() })
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("Browser/{n}")).collect()
}

#[test]
fn nothing_is_changed_unless_it_is_asked_for() {
    let nothing = compile(&Rewrites::default());
    let host = Host::parse("a.example").unwrap();
    assert!(nothing.is_empty() && nothing.user_agent(Some("s"), 1, 2).is_none());
    assert!(!nothing.blocks(&host, "/") && !nothing.blocks_content(&host, "/", Some(b"a/b")));
    let changes = vec![set("X-A", "1"), FieldChange::Remove { name: "Cookie".into() }];
    let some = compile(&Rewrites { request: changes.clone(), ..Rewrites::default() });
    assert_eq!((some.request(), some.response()), (&changes[..], &[][..]));
    assert!(!some.is_empty());
}

#[test]
fn a_session_keeps_its_user_agent() {
    let many = user_agents(UserAgent::Session(names(20)));
    let of = |session: &str| many.user_agent(Some(session), 1, 2).unwrap();
    assert_eq!(of("s-1"), many.user_agent(Some("s-1"), 99, 98).unwrap());
    // Written down so that it stays: a session keeps it over upgrades, and on every node.
    assert_eq!((of("s-1"), of("s-2")), ("Browser/15", "Browser/1"));
    let without = |connection| many.user_agent(None, connection, connection);
    assert_eq!(without(5), many.user_agent(None, 5, 7));
    let used: HashSet<_> = (0..2000).map(|connection| without(connection).unwrap()).collect();
    assert_eq!(used.len(), 20);
}

#[test]
fn one_more_user_agent_moves_few_sessions() {
    let (before, after) =
        (user_agents(UserAgent::Session(names(20))), user_agents(UserAgent::Session(names(21))));
    let moved = (0..2000).filter(|n| {
        let session = format!("session-{n}");
        before.user_agent(Some(&session), 0, 0) != after.user_agent(Some(&session), 0, 0)
    });
    let moved = moved.count();
    assert!((40..160).contains(&moved), "{moved} of 2000");
}

#[test]
fn chance_chooses_for_each_request() {
    let some = user_agents(UserAgent::Request(names(3)));
    assert_eq!(some.user_agent(Some("s"), 1, 4), Some("Browser/1"));
    assert_eq!(some.user_agent(Some("s"), 1, u64::MAX), Some("Browser/0"));
    let fixed = user_agents(UserAgent::Fixed("Mozilla/5.0".into()));
    assert_eq!(fixed.user_agent(None, 0, 0), Some("Mozilla/5.0"));
}

#[test]
fn blocks_match_with_all_their_lists() {
    let block = |hosts: &[&str], paths: &[&str], types: &[&str]| Block {
        hosts: hosts.iter().map(|rule| rule.parse().unwrap()).collect(),
        paths: paths.iter().map(|text| (*text).into()).collect(),
        content_types: types.iter().map(|text| (*text).into()).collect(),
    };
    let rewriting = compile(&Rewrites {
        block: vec![
            block(&["ads.example"], &[], &[]),
            block(&["shop.example"], &["/track/*", "*.mp4"], &[]),
            block(&["shop.example"], &["/img/*"], &["Image/*"]),
            block(&[], &[], &["video/mp4"]),
        ],
        ..Rewrites::default()
    });
    let host = |name: &str| Host::parse(name).unwrap();
    let shop = host("www.shop.example");
    assert!(rewriting.blocks(&host("x.ads.example"), "/anything"));
    assert!(rewriting.blocks(&shop, "/track/a") && rewriting.blocks(&shop, "/v.mp4"));
    assert!(
        !rewriting.blocks(&shop, "/img/a.png") && !rewriting.blocks(&host("b.example"), "/track/")
    );
    let content =
        |host: &Host, path, kind: &str| rewriting.blocks_content(host, path, Some(kind.as_bytes()));
    assert!(content(&shop, "/img/a", "IMAGE/png; q=1"));
    assert!(!content(&shop, "/img/a", "text/html") && !content(&shop, "/other", "image/png"));
    assert!(content(&host("b.example"), "/", "video/mp4"));
    assert!(!rewriting.blocks_content(&shop, "/img/a", None));
}

#[test]
fn what_cannot_be_done_is_named_by_its_place() {
    let block = |paths: &[&str]| Block {
        paths: paths.iter().map(|text| (*text).into()).collect(),
        ..Block::default()
    };
    let rewrites = Rewrites {
        request: vec![set("Host", "x"), set("X-A", "a\r\nb: c")],
        response: vec![FieldChange::Remove { name: "proxy-status".into() }, set("a b", "")],
        user_agent: UserAgent::Session(vec!["ok".into(), String::new(), "a\nb".into()]),
        block: vec![block(&["/a"]), block(&[]), block(&["/", ""])],
    };
    let places: Vec<_> =
        Rewriting::compile(&rewrites).unwrap_err().0.into_iter().map(|bad| bad.place).collect();
    let expected = [
        "request/0/name",
        "request/1/value",
        "response/0/name",
        "response/1/name",
        "user_agent/values/1",
        "user_agent/values/2",
        "block/1",
        "block/2/paths/1",
    ];
    assert_eq!(places, expected);
    let none = Rewrites { user_agent: UserAgent::Request(Vec::new()), ..Rewrites::default() };
    assert!(Rewriting::compile(&none).is_err());
}
