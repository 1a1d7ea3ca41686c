//! Every field of every noun comes back, nothing of it can be read on the way, and what is damaged
//! is an error.

mod inspected;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use model::configuration::Deleted;
use model::connector::{ConnectorKind, ConnectorSpec, ResolveAt};
use model::credential::CredentialSpec;
use model::login::PasswordDigest;
use model::place::{NetworkKind, Place};
use model::policy::{Dialect, Lost, RateLimit, Rotate, SessionPolicy, Strategy as Choice};
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Login, Protocol, ProxySpec};
use model::spending::{Cap, CapAction, Measure, Period, Prices};
use model::{
    Configuration, Connector, ConnectorId, Counters, Credential, Host, Project, ProjectId, Proxy,
    ProxyId, Revision, RootCertificate, Version,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use self::inspected::inspected;
use super::usage::UsageBatch;
use super::*;
use crate::usage::{About, SeriesRow, UsageRow};

const CANARY: &str = "canary-";

fn vault() -> Vault {
    Vault::new([7; 32])
}

fn seconds() -> impl Strategy<Value = Duration> {
    (1_u64..86_400).prop_map(Duration::from_secs)
}

fn texts<T: std::str::FromStr + Clone + std::fmt::Debug>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = Vec<T>> {
    let parse = |text: &str| text.parse::<T>().ok().unwrap();
    vec(select(texts).prop_map(parse), 0..4)
}

fn rotate() -> impl Strategy<Value = Rotate> {
    prop_oneof![
        Just(Rotate::Auto),
        Just(Rotate::Request),
        Just(Rotate::Tunnel),
        (1_u32..).prop_map(|count| Rotate::Requests(NonZeroU32::new(count).unwrap())),
        seconds().prop_map(Rotate::Every),
    ]
}

fn id<T: From<uuid::Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(|id| T::from(uuid::Uuid::from_u128(id)))
}

fn stamps() -> impl Strategy<Value = (Version, Revision)> {
    let number = 0..u64::MAX / 2;
    (number.clone(), number).prop_map(|(version, revision)| (Version(version), Revision(revision)))
}

fn session() -> impl Strategy<Value = SessionPolicy> {
    (option::of(seconds()), seconds(), select(Lost::ALL))
        .prop_map(|(ttl, idle, lost)| SessionPolicy { ttl, idle, lost })
}

type Bits = [bool; 3];

fn project() -> impl Strategy<Value = Project> {
    let names = ("\\PC{1,20}", "\\PC{0,20}", "[a-z0-9_.~@-]{1,20}", any::<[u8; 32]>());
    let retries = (any::<u8>(), option::of(any::<u32>()));
    let ways = (select(Choice::ALL), rotate(), session(), retries, select(Dialect::ALL));
    let times = [(); 5].map(|()| seconds());
    let networks = texts(&["10.0.0.0/8", "2001:db8::/32"]);
    let domains = ["example.com", "*.example.org", "=example.net", "*", "192.0.2.7"];
    let domains: &'static [&'static str] = Box::leak(Box::new(domains));
    let lists = (networks, texts(domains), texts(domains), vec(1_u16.., 0..4));
    let targets = texts(&["10.0.0.0/8", "[::1/128]:80", "127.0.0.1/32:8081"]);
    let more = (any::<Bits>(), option::of("http://[a-z]{1,9}/"), targets, inspected());
    (id(), stamps(), names, ways, times, lists, more).prop_map(
        |(id, (version, revision), names, ways, times, lists, (bits, url, targets, inside))| {
            let password = PasswordDigest::from_bytes(names.3);
            let (strategy, rotate, session, (max_retries, max_in_flight), dialect) = ways;
            let spec = ProjectSpec {
                name: names.0,
                description: names.1,
                enabled: bits[0],
                username: names.2,
                password,
                strategy,
                rotate,
                session,
                max_retries,
                max_in_flight,
                connection_timeout: times[0],
                response_timeout: times[1],
                tunnel_idle_timeout: times[2],
                hedge: bits[1],
                reveal_exit: bits[2],
                health_check_interval: times[3],
                health_check_timeout: times[4],
                health_check_url: url,
                source_cidrs: lists.0,
                domain_allow: lists.1,
                domain_deny: lists.2,
                connect_ports: lists.3,
                allow_targets: targets,
                dialect,
                interception: inside.0,
                bans: inside.1,
                rewrites: inside.2,
                inspection: inside.3,
                caps: caps(bits[1]),
                usage_retention_days: bits[2].then_some(90),
            };
            Project { id, version, revision, spec }
        },
    )
}

/// One cap, or none.
fn caps(is_there: bool) -> Vec<Cap> {
    let (measure, period, action) = (Measure::Cost, Period::Week, CapAction::Interrupt);
    let cap = Cap { measure, limit: 5, period, action, status: 429 };
    if is_there { vec![cap] } else { vec![] }
}

fn credential() -> impl Strategy<Value = Credential> {
    let fields = btree_map("[a-z]{1,9}", "\\PC{0,20}", 0..4);
    (id(), id(), stamps(), "\\PC{1,20}", "[a-z]{1,9}", fields).prop_map(
        |(id, project, (version, revision), name, provider, fields)| {
            let secret =
                |(name, text): (String, String)| (name, Secret::from(CANARY.to_owned() + &text));
            let fields: BTreeMap<_, _> = fields.into_iter().map(secret).collect();
            let spec = CredentialSpec { name, provider, fields };
            Credential { id, project, version, revision, spec }
        },
    )
}

fn rate_limit() -> impl Strategy<Value = RateLimit> {
    (1_u32.., seconds(), option::of((seconds(), seconds())), any::<bool>()).prop_map(
        |(most, window, quarantine, sticky_quarantine)| RateLimit {
            max_requests: NonZeroU32::new(most).unwrap(),
            window,
            quarantine,
            sticky_quarantine,
        },
    )
}

fn connector() -> impl Strategy<Value = Connector> {
    let ids = (id(), id(), stamps(), option::of(id()));
    let words = ("\\PC{1,20}", select(ConnectorKind::ALL), select(ResolveAt::ALL));
    let numbers = (any::<bool>(), any::<u8>(), any::<u8>(), option::of(any::<u32>()));
    let lists = (texts(&["a.example", "*"]), texts(&["=b.example"]), texts(&["DE", "us"]));
    let rest = (option::of(rate_limit()), option::of("\\PC{1,40}"), option::of(any::<IpAddr>()));
    (ids, words, numbers, lists, rest, option::of("https://[a-z]{1,9}/")).prop_map(
        |(ids, words, numbers, lists, (rate_limit, ca_pem, source_address), url)| {
            let (id, project, (version, revision), credential) = ids;
            let spec = ConnectorSpec {
                name: words.0,
                kind: words.1,
                credential,
                enabled: numbers.0,
                weight: numbers.1,
                priority: numbers.2,
                domain_allow: lists.0,
                domain_deny: lists.1,
                countries: lists.2,
                rate_limit,
                max_in_flight: numbers.3,
                resolve: words.2,
                ca_pem,
                source_address,
                health_check_url: url,
                prices: Prices { per_gb: 3, per_request: version.0, per_proxy_month: 1 },
                caps: caps(numbers.0),
            };
            Connector { id, project, version, revision, spec }
        },
    )
}

fn place() -> impl Strategy<Value = Place> {
    let slug = || option::of("[a-z]{1,9}".prop_map(Into::into));
    let country = option::of(select(&["DE", "US"][..]).prop_map(|text| text.parse().unwrap()));
    (
        country,
        slug(),
        slug(),
        option::of(any::<u32>()),
        slug(),
        option::of(select(NetworkKind::ALL)),
    )
        .prop_map(|(country, state, city, asn, isp, kind)| Place {
            country,
            state,
            city,
            asn,
            isp,
            kind,
        })
}

fn proxy() -> impl Strategy<Value = Proxy> {
    let host = prop_oneof![
        any::<IpAddr>().prop_map(Host::Ip),
        "[a-z]{1,9}\\.example".prop_map(|name| Host::parse(&name).unwrap()),
    ];
    let login = option::of(("\\PC{1,20}", "\\PC{0,20}"));
    let tags = vec("[a-z0-9_.]{1,9}".prop_map(Into::into), 0..4);
    let endpoint = (select(Protocol::ALL), host, 1_u16.., login);
    (id(), id(), stamps(), endpoint, any::<bool>(), tags, place()).prop_map(
        |(id, connector, (version, revision), endpoint, enabled, tags, place)| {
            let (protocol, host, port, login) = endpoint;
            let login = login.map(|(username, password)| {
                let password = Secret::from(CANARY.to_owned() + &password);
                Arc::new(Login { username, password })
            });
            let endpoint = Endpoint { protocol, host, port, login };
            let spec = ProxySpec { endpoint, enabled, tags, place };
            Proxy { id, connector, version, revision, spec }
        },
    )
}

fn root() -> impl Strategy<Value = RootCertificate> {
    let texts = ("[0-9a-f]{64}", "\\PC{1,40}", "\\PC{0,20}");
    (texts, stamps(), 0_i64..1 << 43).prop_map(|(texts, (_, revision), millisecond)| {
        let (fingerprint, certificate_pem, key) = texts;
        let signs_from = jiff::Timestamp::from_millisecond(millisecond).unwrap();
        let key_pem = Secret::from(CANARY.to_owned() + &key);
        RootCertificate { fingerprint, certificate_pem, key_pem, signs_from, revision }
    })
}

fn deleted() -> impl Strategy<Value = Deleted> {
    prop_oneof![
        id().prop_map(Deleted::Project),
        id().prop_map(Deleted::Credential),
        id().prop_map(Deleted::Connector),
        id().prop_map(Deleted::Proxy),
    ]
}

fn configuration() -> impl Strategy<Value = Configuration> {
    let rows = (vec(project(), 0..3), vec(credential(), 0..3), vec(connector(), 0..3));
    let more = (vec(proxy(), 0..6), vec(root(), 0..3), vec(deleted(), 0..4));
    (any::<u64>(), option::of(any::<u64>()), rows, more).prop_map(
        |(revision, since, (projects, credentials, connectors), (proxies, roots, deleted))| {
            let (revision, since) = (Revision(revision), since.map(Revision));
            Configuration {
                revision,
                since,
                projects,
                credentials,
                connectors,
                proxies,
                roots,
                deleted,
            }
        },
    )
}

/// All that there is to a configuration; a `Debug` print leaves its secrets out.
fn secrets(configuration: &Configuration) -> Vec<String> {
    let digests = configuration.projects.iter().map(|project| project.spec.password);
    let fields = configuration.credentials.iter().flat_map(|credential| &credential.spec.fields);
    let logins =
        configuration.proxies.iter().filter_map(|proxy| proxy.spec.endpoint.login.as_ref());
    let digests = digests.map(|digest| format!("{:?}", digest.as_bytes()));
    let fields = fields.map(|(_, value)| value.expose().to_owned());
    let keys = configuration.roots.iter().map(|root| root.key_pem.expose().to_owned());
    let logins = logins.map(|login| login.password.expose().to_owned());
    digests.chain(fields).chain(logins).chain(keys).collect()
}

proptest! {
    #[test]
    fn a_configuration_comes_back_whole_and_shows_nothing(configuration in configuration()) {
        let sealed = configuration::seal(&vault(), "test", &configuration).unwrap();
        let opened = configuration::open(&vault(), "test", &sealed).unwrap();
        prop_assert_eq!(format!("{configuration:?}"), format!("{opened:?}"));
        prop_assert_eq!(secrets(&configuration), secrets(&opened));
        let shows = |part: &[u8]| sealed.windows(part.len()).any(|window| window == part);
        prop_assert!(!shows(CANARY.as_bytes()) && !shows(b"example"));
    }

    #[test]
    fn what_is_damaged_is_an_error(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let whole = Configuration { revision: Revision(7), ..Configuration::default() };
        let mut sealed = configuration::seal(&vault(), "test", &whole).unwrap();
        let at = at.index(sealed.len());
        prop_assert!(configuration::open(&vault(), "test", &sealed[..at]).is_err());
        sealed[at] ^= 1 << bit;
        prop_assert!(configuration::open(&vault(), "test", &sealed).is_err());
    }

    /// Lines that somebody with the key made: nothing in them brings the reader down.
    #[test]
    fn lines_that_nobody_of_us_wrote_are_an_error(
        lines in vec(("[A-Z][a-z]{2,9}|Start|Proxy|Deleted|End", any::<Vec<i64>>()), 0..5),
        noise in any::<Vec<u8>>(),
    ) {
        let mut odd = Lines::new();
        for (name, numbers) in lines {
            odd.push(&BTreeMap::from([(name, numbers)])).unwrap();
        }
        odd.0.write_all(&noise).unwrap();
        let sealed = odd.seal(&vault(), "test").unwrap();
        prop_assert!(configuration::open(&vault(), "test", &sealed).is_err());
        prop_assert!(configuration::open(&vault(), "test", &noise).is_err());
        prop_assert!(usage::open(&vault(), &sealed).is_err());
    }

    #[test]
    fn usage_comes_back_whole(
        boot in any::<u128>(),
        sequence in any::<u64>(),
        rows in vec((0_i64..1 << 33, id(), option::of(id()), option::of(id()), any::<[u32; 5]>()), 0..5),
    ) {
        let row = |(second, project, connector, proxy, [a, b, c, d, e]): (
            i64, ProjectId, Option<ConnectorId>, Option<ProxyId>, [u32; 5],
        )| UsageRow {
            minute: jiff::Timestamp::from_second(second).unwrap(),
            project,
            connector,
            proxy,
            counters: Counters {
                requests: a.into(),
                failures: b.into(),
                bytes_sent: c.into(),
                bytes_received: d.into(),
                latency_microseconds: e.into(),
            },
            cost_nanos: u64::from(a) * u64::from(b % 2),
        };
        let series = rows.iter().map(|(second, project, connector, ..)| SeriesRow {
            minute: jiff::Timestamp::from_second(*second).unwrap(),
            project: connector.map(|_| *project),
            about: About::Host,
            subject: sequence.to_string(),
            measures: model::Measures::from_numbers(std::array::from_fn(|at| at as u64 % 7)),
        });
        let series = series.collect();
        let rows = rows.into_iter().map(row).collect();
        let batch = UsageBatch { boot: uuid::Uuid::from_u128(boot), sequence, rows, series };
        let sealed = usage::seal(&vault(), &batch).unwrap();
        prop_assert_eq!(usage::open(&vault(), &sealed).unwrap(), batch);
    }
}

#[test]
fn it_opens_with_its_key_and_about_the_same_only() {
    let whole = Configuration::default();
    let sealed = configuration::seal(&vault(), "one", &whole).unwrap();
    let other = configuration::open(&Vault::new([8; 32]), "one", &sealed).unwrap_err();
    assert!(matches!(other, StoreError::SealedElsewhere), "{other}");
    let about_two = configuration::open(&vault(), "two", &sealed).unwrap_err();
    assert!(matches!(about_two, StoreError::Corrupt { .. }), "{about_two}");
    assert!(usage::open(&vault(), &sealed).is_err());
    let newer = [b"OXR2", &sealed[4..]].concat();
    let newer = configuration::open(&vault(), "one", &newer).unwrap_err().to_string();
    assert!(newer.contains("another version"), "{newer}");
}

#[test]
fn nodes_with_the_same_key_have_the_same_token() {
    let token = node_token(&vault());
    assert_eq!(token.expose().len(), 64);
    assert!(token == node_token(&vault()) && token != node_token(&Vault::new([8; 32])));
}
