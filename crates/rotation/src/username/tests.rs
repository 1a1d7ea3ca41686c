//! Vectors: what each grammar accepts, and what it refuses.

use std::collections::BTreeMap;

use model::login::LoginKey;
use model::project::ProjectSpec;
use model::{Configuration, Project, ProjectId, Revision, Version};
use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::ledger::Ledger;

fn roster(accounts: &[(&str, Dialect)]) -> Roster {
    let projects = accounts.iter().map(|(username, dialect)| {
        let password = LoginKey::new(&[1; 32]).digest(b"p");
        let mut spec = ProjectSpec::new((*username).to_owned(), (*username).to_owned(), password);
        spec.dialect = *dialect;
        Project { id: ProjectId::new(), version: Version::FIRST, revision: Revision(1), spec }
    });
    let configuration =
        Configuration { revision: Revision(1), projects: projects.collect(), ..Default::default() };
    Roster::build(configuration, &Roster::empty(), &Ledger::default(), Instant::now())
}

/// A wish, as a text in which each vector can say what it wants.
fn shown(wish: &Wish) -> String {
    let mut words = BTreeMap::new();
    let mut say = |key: &'static str, value: Option<String>| {
        if let Some(value) = value {
            words.insert(key, value);
        }
    };
    let join = |list: Vec<String>| (!list.is_empty()).then(|| list.join("+"));
    say("session", wish.session.as_ref().map(ToString::to_string));
    say("country", join(wish.countries.iter().map(ToString::to_string).collect()));
    say("state", wish.state.as_ref().map(ToString::to_string));
    say("city", wish.city.as_ref().map(ToString::to_string));
    say("asn", wish.asn.map(|asn| asn.to_string()));
    say("isp", wish.isp.as_ref().map(ToString::to_string));
    say("type", wish.kind.map(|kind| kind.to_string()));
    say("ttl", wish.ttl.map(|ttl| ttl.as_secs().to_string()));
    say("idle", wish.idle.map(|idle| idle.as_secs().to_string()));
    say("lost", wish.lost.map(|lost| lost.to_string()));
    say("rotate", wish.rotate.map(|rotate| format!("{rotate:?}")));
    say("connector", wish.connector.as_ref().map(ToString::to_string));
    say("exit", wish.exit.map(|exit| exit.to_string()));
    say("tag", join(wish.tags.iter().map(ToString::to_string).collect()));
    say("retry", wish.retry.map(|retry| retry.to_string()));
    say("debug", wish.debug.then(|| "on".to_owned()));
    let words: Vec<String> = words.iter().map(|(key, value)| format!("{key}={value}")).collect();
    words.join(" ")
}

#[test]
fn parameters_without_an_account_are_those_behind_one() {
    let dialects = [
        (Dialect::Native, "country-us-session-a"),
        (Dialect::Native, "-country-us-session-a"),
        (Dialect::BrightData, "country-us-session-a"),
        (Dialect::IpRoyal, "country-us_session-a"),
        (Dialect::DataImpulse, "__cr.us;sessid.a"),
        (Dialect::DataImpulse, "cr.us;sessid.a"),
    ];
    for (dialect, text) in dialects {
        let roster = roster(&[("acme", dialect)]);
        let wish = parameters(roster.account("acme").unwrap(), text).unwrap();
        assert_eq!(shown(&wish), "country=US session=a", "{dialect} {text}");
        let none = parameters(roster.account("acme").unwrap(), "").unwrap();
        assert_eq!(none, Wish::default());
    }
    for (dialect, text) in [(Dialect::Native, "nonsense"), (Dialect::IpRoyal, "word")] {
        let roster = roster(&[("acme", dialect)]);
        assert!(parameters(roster.account("acme").unwrap(), text).is_err(), "{dialect} {text}");
    }
}

/// The account and the parameters, or a part of the refusal.
type Expected<'a> = Result<(&'a str, &'a str), &'a str>;

fn check(accounts: &[(&str, Dialect)], rows: &[(&str, Expected<'_>)]) {
    let roster = roster(accounts);
    for (username, expected) in rows {
        let read = read(&roster, username, "p");
        let got = match &read {
            Ok(login) => Ok((login.project.spec.username.clone(), shown(&login.wish))),
            Err(error) => Err(error.to_string()),
        };
        match (got, expected) {
            (Ok((account, wish)), Ok((wanted, words))) => {
                assert_eq!((account.as_str(), wish.as_str()), (*wanted, *words), "{username}");
            }
            (Err(error), Err(part)) => assert!(error.contains(part), "{username}: {error}"),
            (got, _) => panic!("{username}: got {got:?}, wanted {expected:?}"),
        }
    }
}

#[test]
fn ours() {
    let id = "0192f0c1-2345-7abc-8def-0123456789ab";
    let with_exit = format!("acme-exit-{}", id.replace('-', ""));
    let exit = format!("exit={id}");
    check(
        &[("acme", Dialect::Native), ("acme-eu", Dialect::Native), ("session", Dialect::Native)],
        &[
            ("acme", Ok(("acme", ""))),
            ("acme-eu", Ok(("acme-eu", ""))),
            ("acme-eu-country-de", Ok(("acme-eu", "country=DE"))),
            ("acme-sessid-abc", Ok(("acme", "session=abc"))),
            ("acme-session-a.b~c@d:e_f", Ok(("acme", "session=a.b~c@d:e_f"))),
            ("session-session-x", Ok(("session", "session=x"))),
            ("acme-cc-uk", Ok(("acme", "country=GB"))),
            ("acme-cc-us-cc-de-cc-us", Ok(("acme", "country=DE+US"))),
            ("acme-CC-Us", Ok(("acme", "country=US"))),
            ("acme-st-ny-cc-us", Ok(("acme", "country=US state=ny"))),
            ("acme-cc-us-st-us_new_york", Ok(("acme", "country=US state=newyork"))),
            ("acme-city-new_york-cc-us", Ok(("acme", "city=newyork country=US"))),
            ("acme-asn-7922", Ok(("acme", "asn=7922"))),
            ("acme-isp-t_mobile", Ok(("acme", "isp=tmobile"))),
            ("acme-type-mobile", Ok(("acme", "type=mobile"))),
            ("acme-session-a-ttl-90s", Ok(("acme", "session=a ttl=90"))),
            ("acme-session-a-ttl-24h", Ok(("acme", "session=a ttl=86400"))),
            ("acme-session-a-sesstime-10", Ok(("acme", "session=a ttl=600"))),
            ("acme-session-a-sessionduration-5", Ok(("acme", "session=a ttl=300"))),
            ("acme-session-a-idle-30s-lost-fail", Ok(("acme", "idle=30 lost=fail session=a"))),
            ("acme-rotate-request", Ok(("acme", "rotate=Request"))),
            ("acme-rotate-tunnel", Ok(("acme", "rotate=Tunnel"))),
            ("acme-rotate-100", Ok(("acme", "rotate=Requests(100)"))),
            ("acme-rotate-10m", Ok(("acme", "rotate=Every(600s)"))),
            ("acme-connector-Cheap_DC", Ok(("acme", "connector=cheapdc"))),
            (&with_exit, Ok(("acme", &exit))),
            ("acme-tag-b-tag-A", Ok(("acme", "tag=a+b"))),
            ("acme-retry-0", Ok(("acme", "retry=0"))),
            ("acme-debug", Ok(("acme", "debug=on"))),
            ("acme-debug-cc-us", Ok(("acme", "country=US debug=on"))),
            ("acme-debug-off", Ok(("acme", ""))),
        ],
    );
}

#[test]
fn ours_refused() {
    check(
        &[("acme", Dialect::Native)],
        &[
            ("nobody", Err("no such account")),
            ("", Err("no such account")),
            ("acm", Err("no such account")),
            ("acmecc-us", Err("no such account")),
            ("acme_cc_us", Err("no such account")),
            ("acme-", Err("unknown parameter")),
            ("acme-contry-us", Err("unknown parameter")),
            ("acme-us", Err("unknown parameter")),
            ("acme-cc", Err("country has no value")),
            ("acme-cc--session-x", Err("country has no value")),
            ("acme-cc-usa", Err("two-letter")),
            ("acme-session-", Err("session has no value")),
            ("acme-session-a b", Err("1-64 characters")),
            ("acme-session-a%0d%0a", Err("1-64 characters")),
            ("acme-session-a-session-b", Err("session is given twice")),
            ("acme-ttl-10", Err("a number with a unit")),
            ("acme-ttl-0s", Err("a number with a unit")),
            ("acme-ttl-99999999999h", Err("a number with a unit")),
            ("acme-city-paris", Err("city needs a country")),
            ("acme-state-ny", Err("state needs a country")),
            ("acme-cc-jp-city-東京", Err("Latin")),
            ("acme-lost-maybe", Err("fail, country or any")),
            ("acme-rotate-0", Err("request, tunnel")),
            ("acme-rotate--1", Err("rotate has no value")),
            ("acme-retry-11", Err("0 to 10")),
            ("acme-asn-+1", Err("a number")),
            ("acme-exit-xyz", Err("id of an exit")),
            ("acme-type-satellite", Err("residential")),
        ],
    );
}

#[test]
fn vendors() {
    check(
        &[
            ("brd-customer-c1-zone-res", Dialect::BrightData),
            ("customer-ox", Dialect::Oxylabs),
            ("user-deco", Dialect::Decodo),
            ("web", Dialect::Webshare),
            ("nut", Dialect::NetNut),
            ("package-77", Dialect::Soax),
            ("imp", Dialect::DataImpulse),
            ("royal", Dialect::IpRoyal),
        ],
        &[
            (
                "brd-customer-c1-zone-res-country-us-session-r4nd",
                Ok(("brd-customer-c1-zone-res", "country=US session=r4nd")),
            ),
            ("brd-customer-c1-zone-res-const", Ok(("brd-customer-c1-zone-res", "lost=fail"))),
            ("brd-customer-c1-zone-res-planet-mars", Err("unknown parameter")),
            (
                "customer-ox-cc-RU-city-st_petersburg-sessid-a1-sesstime-10",
                Ok(("customer-ox", "city=stpetersburg country=RU session=a1 ttl=600")),
            ),
            (
                "customer-ox-cc-US-st-us_california",
                Ok(("customer-ox", "country=US state=california")),
            ),
            ("customer-ox-country-us", Err("unknown parameter")),
            (
                "user-deco-country-us-session-x-sessionduration-30",
                Ok(("user-deco", "country=US session=x ttl=1800")),
            ),
            ("web-us-fr-1234", Ok(("web", "country=FR+US session=1234"))),
            ("web-rotate", Ok(("web", "rotate=Request"))),
            ("web-us-city_los_angeles", Ok(("web", "city=losangeles country=US"))),
            ("web-usa", Err("two-letter")),
            ("nut-res-us-sid-123456", Ok(("nut", "country=US session=123456 type=residential"))),
            ("nut-dc-any", Ok(("nut", "type=datacenter"))),
            (
                "nut-res_sc-us_alabama_birmingham",
                Ok(("nut", "city=birmingham country=US state=alabama type=residential")),
            ),
            ("nut-res-us_alabama", Err("unknown parameter")),
            (
                "package-77-country-us-city-new+york-sessionid-q-sessionlength-600",
                Ok(("package-77", "city=newyork country=US session=q ttl=600")),
            ),
            ("package-77-sessionlength-0", Ok(("package-77", "rotate=Request"))),
            (
                "imp__cr.us;city.newark;sessid.x;sessttl.60",
                Ok(("imp", "city=newark country=US session=x ttl=3600")),
            ),
            ("imp__cr.us,de", Ok(("imp", "country=DE+US"))),
            ("imp__planet.mars", Err("unknown parameter")),
            ("imp-cr-us", Err("no such account")),
            ("royal", Ok(("royal", ""))),
            ("royal-country-us", Err("no such account")),
        ],
    );
}

#[test]
fn parameters_behind_a_password() {
    let roster = roster(&[("royal", Dialect::IpRoyal)]);
    let login =
        read(&roster, "royal", "my_pass_country-us,de_session-abcdefgh_lifetime-10m").unwrap();
    assert_eq!(login.password, "my_pass");
    assert_eq!(shown(&login.wish), "country=DE+US session=abcdefgh ttl=600");
    assert_eq!(read(&roster, "royal", "my_pass").unwrap().password, "my_pass");
    assert!(read(&roster, "royal", "p_country-us_planet-mars").is_err());
}

proptest! {
    #[test]
    fn nothing_makes_it_panic_and_nothing_unknown_is_passed_over(rest in "[a-z0-9_.;-]{0,40}|\\PC{0,20}") {
        let roster = roster(&[("acme", Dialect::Native)]);
        let username = format!("acme-{rest}");
        if let Ok(login) = read(&roster, &username, "p") {
            // Whatever was accepted has been understood: each key has left a trace, or is off.
            prop_assert!(login.wish != Wish::default() || rest.contains("debug"), "{username}");
        }
        let _ = read(&roster, &rest, &rest);
    }
}
