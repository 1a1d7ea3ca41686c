//! Answers as bans look like, and as they do not.

use std::time::Duration;

use model::ban;
use proptest::prelude::*;

use super::*;
use crate::answer::{Content, MOST_RAW};
use crate::content::Coding;
use crate::content::tests::encode;
use crate::sample::Sample;

fn rule(name: &str, signs: ban::Signs) -> BanRule {
    BanRule {
        name: name.into(),
        enabled: true,
        domains: Vec::new(),
        signs,
        actions: Actions { retry: true, ..Actions::default() },
        dry_run: false,
        max_share: 30,
    }
}

fn body(pattern: &str) -> ban::Signs {
    ban::Signs { body: Some(pattern.into()), ..ban::Signs::default() }
}

fn status(first: u16, last: u16) -> ban::Signs {
    ban::Signs { status: vec![(first, last)], ..ban::Signs::default() }
}

fn host(name: &str) -> Host {
    Host::parse(name).unwrap()
}

fn fields(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn sample(status: u16, lines: &[(&str, &str)], content: &[u8]) -> Sample {
    Sample::new(status, &fields(lines), content.to_vec()).unwrap()
}

/// Name of the rule that bans, names of dry ones, and whether more must be read.
fn judged<'r>(bans: &'r Bans, answer: &Answer<'_>) -> (Option<&'r str>, Vec<&'r str>, bool) {
    let judgement = bans.judge(&host("shop.example"), answer);
    (
        judgement.banned.map(|rule| &*rule.name),
        judgement.dry.iter().map(|rule| &*rule.name).collect(),
        judgement.undecided,
    )
}

fn bans(rules: &[BanRule]) -> Bans {
    Bans::compile(rules).unwrap()
}

/// Rules as somebody would write them against the walls that are about.
fn walls() -> Vec<BanRule> {
    vec![
        rule(
            "challenge",
            ban::Signs {
                status: vec![(403, 403), (503, 503)],
                header: Some(("CF-Mitigated".into(), "^challenge$".into())),
                ..ban::Signs::default()
            },
        ),
        rule("just-a-moment", body("(?i)<title>just a moment\\.\\.\\.</title>")),
        rule(
            "reference",
            ban::Signs { status: vec![(403, 403)], ..body(r"(?s)Access Denied.*Reference #\d+\.") },
        ),
        rule("captcha-host", body(r"https://[a-z-]+\.captcha-delivery\.example/")),
        rule(
            "to-captcha",
            ban::Signs {
                redirect: Some("/(captcha|robot-check)([/?]|$)".into()),
                ..ban::Signs::default()
            },
        ),
        rule("hollow", ban::Signs { size: Some((0, 20)), ..status(200, 200) }),
    ]
}

const HTML: (&str, &str) = ("Content-Type", "text/html; charset=utf-8");

#[test]
fn walls_are_seen_whatever_their_coding() {
    let page = |middle: &str| format!("<!doctype html><html><head>{middle}</head><body></body>");
    let moment = page("<title>Just a moment...</title><meta name=robots content=noindex>");
    let denied = page("<title>Access Denied</title> You may not see this. Reference #18.5c7");
    let widget = page("<script src=\"https://geo.captcha-delivery.example/c.js\"></script>");
    let bans = bans(&walls());
    for (status, text, expected) in [
        (403, &moment, "just-a-moment"),
        (403, &denied, "reference"),
        (405, &widget, "captcha-host"),
    ] {
        for (name, coding) in [
            ("identity", None),
            ("gzip", Some(Coding::Gzip)),
            ("X-GZIP", Some(Coding::Gzip)),
            ("deflate", Some(Coding::Deflate)),
            ("br", Some(Coding::Brotli)),
            ("zstd", Some(Coding::Zstd)),
        ] {
            let content = coding.map_or(text.clone().into(), |c| encode(c, text.as_bytes()));
            let sample = sample(status, &[HTML, ("Content-Encoding", name)], &content);
            let found = judged(&bans, &sample.answer());
            assert_eq!(found, (Some(expected), vec![], false), "{expected} {name}");
        }
        let stacked = encode(Coding::Brotli, &encode(Coding::Gzip, text.as_bytes()));
        let sample = sample(status, &[("content-encoding", "gzip, br")], &stacked);
        assert_eq!(judged(&bans, &sample.answer()).0, Some(expected));
    }
}

#[test]
fn heads_alone_tell_what_they_can() {
    let bans = bans(&walls());
    let unread = |sample: &Sample| {
        let answer = Answer { content: Content::Unread, ..sample.answer() };
        judged(&bans, &answer)
    };
    let challenge = sample(403, &[("cf-mitigated", "challenge")], b"");
    assert_eq!(unread(&challenge), (Some("challenge"), vec![], false));
    // An earlier rule could still match the content.
    let redirect = sample(302, &[("Location", "https://x.example/captcha?id=7")], b"");
    assert_eq!(unread(&redirect), (None, vec![], true));
    assert_eq!(judged(&bans, &redirect.answer()), (Some("to-captcha"), vec![], false));
    let elsewhere = sample(302, &[("Location", "/captchas-explained")], b"");
    assert_eq!(judged(&bans, &elsewhere.answer()), (None, vec![], false));
    let not_moved = sample(200, &[("Location", "/captcha")], &[b'x'; 30]);
    assert_eq!(judged(&bans, &not_moved.answer()), (None, vec![], false));
}

#[test]
fn content_in_an_unknown_coding_has_no_sign() {
    let bans = bans(&[rule("any", body("")), rule("forbidden", status(403, 403))]);
    for coding in ["compress", "gzip, gzip, gzip, gzip", "aes128gcm"] {
        let sample = sample(403, &[("Content-Encoding", coding)], b"captcha");
        assert_eq!(judged(&bans, &sample.answer()).0, Some("forbidden"), "{coding}");
    }
}

#[test]
fn the_first_rule_counts_and_is_waited_for() {
    let bans = bans(&[rule("text", body("captcha")), rule("forbidden", status(403, 403))]);
    let page = [&[b'x'; 300][..], b"captcha", &[b'y'; 300]].concat();
    let sample = sample(403, &[], &page);
    let at = |content| judged(&bans, &Answer { content, ..sample.answer() });
    assert_eq!(at(Content::Unread), (None, vec![], true));
    assert_eq!(at(Content::Prefix(&page[..305])), (None, vec![], true));
    assert_eq!(at(Content::Prefix(&page[..320])), (Some("text"), vec![], false));
    assert_eq!(at(Content::Whole(&page[..300])), (Some("forbidden"), vec![], false));
    let long = vec![b'x'; MOST_RAW];
    assert_eq!(at(Content::Prefix(&long)), (Some("forbidden"), vec![], false));
    let far = [&long[..], b"captcha"].concat();
    assert_eq!(at(Content::Whole(&far)), (Some("forbidden"), vec![], false));
}

#[test]
fn dry_rules_are_told_besides_and_hide_nobody() {
    let dry = |name, signs| BanRule { dry_run: true, ..rule(name, signs) };
    let bans = bans(&[
        dry("dry-text", body("robot")),
        dry("dry-status", status(400, 499)),
        rule("forbidden", status(403, 403)),
        dry("late", status(403, 404)),
    ]);
    let at =
        |status, content| judged(&bans, &Answer { content, ..sample(status, &[], b"").answer() });
    // A banned answer waits for no dry rule; one that is delivered does.
    assert_eq!(at(403, Content::Unread), (Some("forbidden"), vec!["dry-status"], false));
    assert_eq!(at(404, Content::Unread), (None, vec!["dry-status", "late"], true));
    let all = vec!["dry-text", "dry-status", "late"];
    assert_eq!(at(404, Content::Whole(b"no robots")), (None, all, false));
}

#[test]
fn a_size_is_what_is_announced_or_what_came() {
    let bans = bans(&[rule("small", ban::Signs { size: Some((10, 20)), ..ban::Signs::default() })]);
    let at = |announced, content| {
        let sample = sample(200, &[], b"");
        judged(&bans, &Answer { announced, content, ..sample.answer() })
    };
    let (yes, no, open) =
        ((Some("small"), vec![], false), (None, vec![], false), (None, vec![], true));
    assert_eq!(at(Some(10), Content::Unread), yes);
    assert_eq!(at(Some(21), Content::Unread), no);
    assert_eq!(at(None, Content::Unread), open);
    assert_eq!(at(None, Content::Prefix(&[0; 15])), open);
    assert_eq!(at(None, Content::Prefix(&[0; 21])), no);
    assert_eq!(at(None, Content::Whole(&[0; 20])), yes);
    assert_eq!(at(None, Content::Whole(&[0; 9])), no);
    let large = self::bans(&[rule(
        "large",
        ban::Signs { size: Some((30, u64::MAX)), ..ban::Signs::default() },
    )]);
    let empty = sample(200, &[], b"");
    let answer = Answer { content: Content::Prefix(&[0; 30]), ..empty.answer() };
    assert_eq!(judged(&large, &answer).0, Some("large"), "whatever comes, it is more");
    let bounded = self::bans(&[rule(
        "bounded",
        ban::Signs { size: Some((30, 1 << 40)), ..ban::Signs::default() },
    )]);
    let longest = vec![0; MOST_RAW];
    let answer = Answer { content: Content::Prefix(&longest), ..answer };
    assert_eq!(judged(&bounded, &answer), (None, vec![], false), "its end was not seen");
}

#[test]
fn all_signs_of_a_rule_must_be_there() {
    let signs = ban::Signs {
        status: vec![(200, 200), (400, 499)],
        header: Some(("Server".into(), String::new())),
        size: Some((5, 100)),
        body: Some("captcha".into()),
        redirect: None,
    };
    let bans = bans(&[rule("all", signs)]);
    let found = |status, lines: &[(&str, &str)], content: &[u8]| {
        judged(&bans, &sample(status, lines, content).answer()).0.is_some()
    };
    let server = [("Server", "x"), ("server", "y")];
    assert!(found(404, &server, b"captcha"));
    assert!(!found(500, &server, b"captcha"));
    assert!(!found(404, &[], b"captcha"));
    assert!(!found(404, &server, b"cap"));
    assert!(!found(404, &server, b"nothing"));
    // The head has already said no: the content is not waited for.
    let broken = sample(500, &server, b"");
    let answer = Answer { content: Content::Unread, ..broken.answer() };
    assert_eq!(judged(&bans, &answer), (None, vec![], false));
}

#[test]
fn rules_are_about_their_domains() {
    let mut about = rule("about", status(403, 403));
    about.domains = vec!["*.shop.example".parse().unwrap()];
    about.actions.replay_unsafe = true;
    let mut off = rule("off", status(403, 403));
    off.enabled = false;
    let mut dry = rule("dry", status(403, 403));
    dry.dry_run = true;
    dry.domains = vec!["dry.example".parse().unwrap()];
    dry.actions.replay_unsafe = true;
    let bans = bans(&[off, about, dry]);
    let (inside, outside, trial) =
        (host("www.shop.example"), host("x.example"), host("dry.example"));
    assert!(bans.concern(&inside) && !bans.concern(&outside) && bans.concern(&trial));
    assert!(bans.replay_unsafe(&inside) && !bans.replay_unsafe(&trial));
    let sample = sample(403, &[], b"");
    assert_eq!(bans.judge(&inside, &sample.answer()).banned.unwrap().index, 1);
    assert!(bans.judge(&outside, &sample.answer()).banned.is_none());
    assert!(Bans::compile(&[]).unwrap().is_empty() && !bans.is_empty());
}

#[test]
fn every_mistake_is_named_by_its_place() {
    let off = BanRule { enabled: false, ..rule("off", body("(")) };
    let bad = ban::Signs {
        status: vec![(403, 403), (500, 400), (99, 100)],
        header: Some(("a b".into(), "[".into())),
        redirect: Some("*".into()),
        size: Some((2, 1)),
        body: None,
    };
    let rules = [rule("empty", ban::Signs::default()), off, rule("bad", bad)];
    let places: Vec<_> =
        Bans::compile(&rules).unwrap_err().0.into_iter().map(|bad| bad.place).collect();
    let expected = [
        "0/signs",
        "1/signs/body",
        "2/signs/status/1",
        "2/signs/status/2",
        "2/signs/size",
        "2/signs/redirect",
        "2/signs/header/value",
        "2/signs/header/name",
    ];
    assert_eq!(places, expected);
}

#[test]
fn actions_go_along() {
    let mut marking = rule("marking", status(403, 403));
    marking.actions.mark = Some(Duration::from_mins(10));
    let bans = bans(std::slice::from_ref(&marking));
    let sample = sample(403, &[], b"");
    let found = bans.judge(&host("a.example"), &sample.answer()).banned.unwrap();
    assert_eq!((&found.actions, found.max_share), (&marking.actions, 30));
}

fn any_signs() -> impl Strategy<Value = ban::Signs> {
    let pattern = prop::sample::select(vec!["ab", "ba$", r"\bb", "^b", "a.*b", "", r"c\z"]);
    let size = (0..600_u64, prop_oneof![600..2000_u64, Just(u64::MAX)]);
    (prop::option::of(size), prop::option::of(pattern), any::<bool>()).prop_map(
        |(size, body, common)| ban::Signs {
            status: if common { vec![(200, 299)] } else { vec![(400, 499)] },
            size,
            body: body.map(Into::into),
            ..ban::Signs::default()
        },
    )
}

proptest! {
    /// What is decided from a beginning is what the whole content would have said.
    #[test]
    fn what_is_decided_stays_decided(
        rules in prop::collection::vec((any_signs(), any::<bool>()), 1..5),
        text in "[abc ]{0,800}",
        coding in prop::option::of(prop::sample::select(
            vec![("gzip", Coding::Gzip), ("br", Coding::Brotli), ("zstd", Coding::Zstd)])),
        cut in any::<prop::sample::Index>(),
        status in prop::sample::select(vec![200, 403]),
    ) {
        let rules: Vec<_> = rules.into_iter()
            .map(|(signs, dry_run)| BanRule { dry_run, ..rule("r", signs) }).collect();
        let bans = bans(&rules);
        let (name, content) = match coding {
            None => ("identity", text.into_bytes()),
            Some((name, coding)) => (name, encode(coding, text.as_bytes())),
        };
        let sample = sample(status, &[("Content-Encoding", name)], &content);
        let indices = |judgement: &Judgement<'_>| {
            let dry: Vec<_> = judgement.dry.iter().map(|rule| rule.index).collect();
            (judgement.banned.map(|rule| rule.index), dry)
        };
        let shop = host("shop.example");
        let whole = bans.judge(&shop, &sample.answer());
        prop_assert!(!whole.undecided);
        let beginning = Content::Prefix(&content[..cut.index(content.len() + 1)]);
        let early = bans.judge(&shop, &Answer { content: beginning, ..sample.answer() });
        prop_assert!(early.banned.is_none() || !early.undecided);
        if !early.undecided {
            prop_assert_eq!(early.banned.map(|r| r.index), whole.banned.map(|r| r.index));
            if early.banned.is_none() {
                prop_assert_eq!(indices(&early), indices(&whole));
            }
        }
    }
}
