//! A target that bans most exits: its clients see none of that.

use std::collections::BTreeSet;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::clock::{SOON, eventually};
use testbed::proxies::{Exit, Setup};
use testbed::site::{Manner, Site};
use testbed::tls::Authority;
use testbed::tools::Tool;

use super::scene::Scene;

const GOOD: &str = "a good page\n";

/// Ten exits, seven of which lead to where `shop.test` shows a riddle. The good site is that of the
/// scene.
struct Banned {
    scene: Scene,
    riddles: Site,
}

impl Banned {
    async fn start(protocols: &'static [&'static str], fields: Value) -> Self {
        let authority = Authority::new().unwrap();
        let manner = Manner { protocols, ..Manner::default() };
        let site = Site::start_as(&authority, manner).await.unwrap();
        let bans = Manner { bans: Some("shop.test"), ..manner };
        let riddles = Site::start_as(&authority, bans).await.unwrap();
        let mut exits: Vec<Exit> = Vec::new();
        for number in 0..10 {
            let leads_to = if number % 10 < 7 { riddles.address() } else { site.address() };
            let setup = Setup::new(Protocol::Http).leading_to_address(leads_to);
            exits.push(setup.start().await.unwrap());
        }
        let scene = Scene::over((authority, site, exits), fields, &[]).await;
        Self { scene, riddles }
    }

    /// So many pages of a host, one behind another.
    async fn pages(&self, host: &str, count: usize, more: &[&str]) -> String {
        let url = format!("https://{host}/good/[1-{count}]");
        let said = self.scene.curl(&[more, &["-f", &url]].concat()).await;
        String::from_utf8(said.fine().unwrap()).unwrap()
    }

    /// Panics unless all of so many pages are good.
    async fn all_good(&self, host: &str, count: usize, more: &[&str]) {
        let text = self.pages(host, count, more).await;
        let others = text.replace(GOOD, "");
        assert!(others.is_empty() && text.len() == GOOD.len() * count, "{more:?}: {others}");
    }

    /// Exits that have met the riddle since.
    fn banned(&self) -> BTreeSet<String> {
        let visits = self.riddles.visits();
        let banned = visits.iter().filter(|visit| visit.host.starts_with("shop.test"));
        banned.map(|visit| visit.peer.to_string()).collect()
    }

    /// How often a rule has had this outcome.
    async fn counted(&self, rule: &str, outcome: &str) -> u64 {
        let metrics = self.scene.metrics().await;
        let labels = [format!("rule=\"{rule}\""), format!("outcome=\"{outcome}\"")];
        let mut lines = metrics.lines().filter(|line| {
            line.starts_with("octoprox_bans_total{") && labels.iter().all(|l| line.contains(l))
        });
        let line = lines.next().and_then(|line| line.rsplit_once(' '));
        line.map_or(0, |(_, count)| count.parse().unwrap())
    }
}

/// The rule of a captcha, with these fields on top.
fn captcha(more: &Value) -> Value {
    let mut rule = json!({
        "name": "captcha", "signs": { "status": ["200"], "body": "(?i)captcha" },
        "actions": { "retry": true, "mark_seconds": 60 }, "max_share": 80,
    });
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    rule
}

#[tokio::test]
async fn a_thousand_pages_are_good_though_seven_exits_of_ten_are_banned() {
    let watch = json!({ "name": "watch", "dry_run": true, "signs": { "body": "<title>One more" } });
    let fields = json!({ "max_retries": 10, "bans": [watch, captcha(&json!({}))] });
    let set = Banned::start(&["h2", "http/1.1"], fields).await;
    let ways: [&[&str]; 3] = [&["--http1.1"], &["--http2"], &["--http2", "-Z"]];
    for (way, count) in ways.into_iter().zip([300, 300, 400]) {
        set.all_good("shop.test", count, way).await;
    }
    assert_eq!(set.banned().len(), 7);
    // One after another, each exit was found out once.
    let matched = set.counted("captcha", "matched").await;
    assert_eq!(matched, set.riddles.visits().len() as u64);
    assert_eq!((matched, set.counted("captcha", "marked").await), (7, 7));
    assert_eq!(set.counted("watch", "dry").await, 7);

    // Elsewhere they are as good as any.
    set.all_good("other.test", 40, &[]).await;
    let visits = [set.riddles.visits(), set.scene.site.visits()].concat();
    let elsewhere = visits.iter().filter(|visit| visit.host.starts_with("other.test"));
    let elsewhere: BTreeSet<_> = elsewhere.map(|visit| visit.peer).collect();
    assert_eq!(elsewhere.len(), 10);
}

#[tokio::test]
async fn a_crowd_meets_no_riddle_either() {
    let fields = json!({ "max_retries": 10, "hedge": true, "bans": [captcha(&json!({}))] });
    let set = Banned::start(&["http/1.1"], fields).await;
    let at_once = ["-Z", "--parallel-immediate", "--parallel-max", "30", "--http1.1"];
    set.all_good("shop.test", 300, &at_once).await;
    assert_eq!(set.counted("captcha", "capped").await, 0);
}

#[tokio::test]
async fn a_rule_takes_no_more_than_its_share_and_requests_still_find_their_way() {
    let rule = captcha(&json!({ "max_share": 50 }));
    let fields = json!({ "max_retries": 10, "bans": [rule] });
    let set = Banned::start(&["h2", "http/1.1"], fields).await;
    set.all_good("shop.test", 100, &[]).await;
    assert_eq!(set.counted("captcha", "marked").await, 5);
    assert!(set.counted("captcha", "capped").await > 2);
    assert_eq!(set.banned().len(), 7);
}

/// Pages that are riddles, of those that curl was shown.
fn riddles(text: &str) -> usize {
    text.matches("captcha").count()
}

#[tokio::test]
async fn each_field_of_a_rule_is_honoured() {
    let set = Banned::start(&["h2", "http/1.1"], json!({ "max_retries": 10 })).await;
    let all = async |rule: Value| {
        set.scene.change(json!({ "bans": [rule] })).await;
        riddles(&set.pages("shop.test", 10, &["--compressed"]).await)
    };
    // Without a ban seven of ten pages are riddles, and so they are where the rule does nothing.
    let idle = json!({ "retry": false });
    for nothing in [
        json!({ "enabled": false }),
        json!({ "dry_run": true }),
        json!({ "domains": ["other.test"] }),
        json!({ "actions": idle }),
        json!({ "signs": { "status": ["404", "500-599"], "body": "captcha" } }),
        json!({ "signs": { "status": ["200"], "body": "Captcha" } }),
        json!({ "signs": { "header": { "name": "server" } } }),
        json!({ "signs": { "size": { "least": 100_000 } } }),
        json!({ "signs": { "redirect": "captcha" } }),
    ] {
        assert_eq!(all(captcha(&nothing)).await, 7, "{nothing}");
    }
    let again = json!({ "retry": true });
    for sign in [
        json!({ "status": ["100-299"], "body": "captcha" }),
        json!({ "header": { "name": "content-type", "value": "^text/html" } }),
        json!({ "header": { "name": "Content-Encoding" } }),
        json!({ "size": { "least": 20, "most": 1000 } }),
    ] {
        let rule = captcha(&json!({ "signs": sign, "actions": again, "domains": ["shop.test"] }));
        assert_eq!(all(rule).await, 0, "{sign}");
    }
    let moved = json!({ "name": "moved", "dry_run": true, "signs": { "redirect": "^/echo$" } });
    set.scene.change(json!({ "bans": [moved] })).await;
    set.scene.curl(&["https://other.test/redirect"]).await.fine().unwrap();
    assert_eq!(set.counted("moved", "dry").await, 1);
    // Of nothing is more tried than the project lets be tried.
    set.scene.change(json!({ "max_retries": 0 })).await;
    assert_eq!(all(captcha(&json!({ "actions": again }))).await, 7);
}

#[tokio::test]
async fn a_request_that_may_change_something_is_sent_again_where_the_rule_says_so() {
    let set = Banned::start(&["h2", "http/1.1"], json!({ "max_retries": 10 })).await;
    for (replay, seen) in [(false, 7), (true, 0)] {
        let actions = json!({ "retry": true, "replay_unsafe": replay });
        set.scene.change(json!({ "bans": [captcha(&json!({ "actions": actions }))] })).await;
        let post = ["--compressed", "--data", "some=thing"];
        let text = set.pages("shop.test", 10, &post).await;
        assert_eq!(riddles(&text), seen, "{text}");
    }
}

#[tokio::test]
async fn a_ban_may_rest_an_exit_altogether_or_move_a_session() {
    let set = Banned::start(&["h2", "http/1.1"], json!({ "max_retries": 10 })).await;
    let actions = json!({ "retry": false, "rotate_session": true });
    set.scene.change(json!({ "bans": [captcha(&json!({ "actions": actions }))] })).await;
    // At most seven pages are riddles until the session is where there is none, and stays.
    let url = "https://shop.test/good/[1-20]";
    let said = set.scene.curl_as("-session-a", &["--compressed", url]).await.fine().unwrap();
    let text = String::from_utf8(said).unwrap();
    assert!(riddles(&text) <= 7 && text.ends_with(&GOOD.repeat(13)), "{text}");

    let actions = json!({ "retry": true, "quarantine_seconds": 60 });
    set.scene.change(json!({ "bans": [captcha(&json!({ "actions": actions }))] })).await;
    set.all_good("shop.test", 20, &[]).await;
    assert_eq!(set.counted("captcha", "quarantined").await, 7);
    set.scene.site.forget();
    set.riddles.forget();
    set.all_good("other.test", 20, &[]).await;
    assert_eq!((set.scene.site.visits().len(), set.riddles.visits().len()), (20, 0));
}

#[tokio::test]
async fn events_come_as_they_happen_though_rules_look_at_what_comes() {
    let fields = json!({ "max_retries": 10, "bans": [captcha(&json!({}))] });
    let set = Banned::start(&["h2", "http/1.1"], fields).await;
    let (proxy, ca) = (set.scene.proxy(""), set.scene.ca());
    let arguments = ["-sSN", "-x", &proxy, "--cacert", &ca, "https://shop.test/events/ban"];
    let curl = Tool::installed("curl").unwrap();
    let listens = curl.start(tempfile::tempdir().unwrap(), &arguments).unwrap();
    let first = async || listens.log().contains(&"data: 1".to_owned()).then_some(());
    eventually("the first event", SOON, first).await.unwrap();
    assert!(!listens.log().contains(&"data: 2".to_owned()));
}

#[tokio::test]
async fn rules_are_tried_on_what_was_recorded_before_they_are_in_force() {
    let inspection = json!({ "permille": 1000, "keep": 100, "body_bytes": 4096 });
    let set = Banned::start(&["h2", "http/1.1"], json!({ "inspection": inspection })).await;
    // Its body is under gzip.
    set.pages("shop.test", 20, &["--compressed"]).await;
    let control = &set.scene.world.control;
    let path = format!("{}/captures?limit=20", set.scene.project.path);
    let all = || async {
        let listed = control.get(&path).await.ok()?;
        let items = listed["items"].as_array()?;
        let ids: Vec<_> = items.iter().map(|item| item["id"].clone()).collect();
        (ids.len() == 20).then_some(ids)
    };
    let ids = eventually("twenty records", SOON, all).await.unwrap();
    let rules = [captcha(&json!({})), json!({ "name": "moved", "signs": { "redirect": "" } })];
    let test = format!("{}/bans/test", set.scene.project.path);
    for captures in [json!({ "ids": ids }), json!({ "latest": 20 })] {
        let body = json!({ "rules": rules, "captures": captures });
        let tried = control.call(("POST", &test), "", Some(&body)).await.unwrap();
        assert_eq!(tried.status, 200, "{tried:?}");
        let rule = &tried.body["rules"][0];
        assert_eq!((&rule["name"], &rule["banned"]), (&json!("captcha"), &json!(14)), "{rule}");
        assert_eq!((&rule["unknown"], &rule["share_percent"]), (&json!(0), &json!(70.0)));
        assert_eq!(
            (rule["exits"].as_array().unwrap().len(), &rule["is_capped"]),
            (7, &json!(false))
        );
        assert_eq!(tried.body["rules"][1]["banned"], 0);
    }
}
