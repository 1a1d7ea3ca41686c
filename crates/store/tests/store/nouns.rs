//! Projects, credentials, connectors, proxies.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use model::ban;
use model::connector::{ConnectorKind, ConnectorSpec, ResolveAt};
use model::credential::CredentialSpec;
use model::interception::{Browser, Mode, Unknown};
use model::place::{Country, NetworkKind};
use model::policy::{Dialect, Lost, RateLimit, Rotate, SessionPolicy, Strategy};
use model::project::ProjectSpec;
use model::rewrite::{Block, FieldChange, UserAgent};
use model::{BanRule, Inspection, Interception, Place, Proxy, Rewrites, Secret, Version};
use store::proxies::Imported;
use store::{Page, StoreError, connectors, credentials, projects, proxies};

use crate::world::{both, connector, project, project_spec, proxy};

#[tokio::test]
async fn a_project_comes_back_as_it_was_written() {
    both(async |world| {
        let store = &world.store;
        let written = ProjectSpec {
            description: "with \"quotes\" and ünïcode".to_owned(),
            enabled: false,
            strategy: Strategy::HealthBased,
            rotate: Rotate::Every(Duration::from_mins(10)),
            session: SessionPolicy {
                ttl: Some(Duration::from_hours(1)),
                idle: Duration::from_secs(90),
                lost: Lost::Country,
            },
            max_retries: 7,
            max_in_flight: Some(8),
            connection_timeout: Duration::from_secs(11),
            response_timeout: Duration::from_secs(12),
            tunnel_idle_timeout: Duration::from_secs(13),
            hedge: false,
            reveal_exit: false,
            health_check_interval: Duration::from_secs(14),
            health_check_timeout: Duration::from_secs(15),
            health_check_url: Some("http://echo.example.com/".to_owned()),
            source_cidrs: vec!["192.0.2.0/24".parse().unwrap()],
            domain_allow: vec!["*.example.com".parse().unwrap()],
            domain_deny: vec!["=bad.example.com".parse().unwrap()],
            connect_ports: vec![8443],
            allow_targets: vec!["127.0.0.1/32:81".parse().unwrap()],
            dialect: Dialect::Oxylabs,
            ..inspected(project_spec(store, "Full"))
        };
        let mut change = store.change().await.unwrap();
        let created = projects::create(&mut change, written.clone()).await.unwrap();
        change.commit().await.unwrap();
        let found = projects::find(store, created.id).await.unwrap().unwrap();
        assert_eq!(format!("{:?}", found.spec), format!("{written:?}"));
        assert!(found.spec.password.matches(&written.password));
        assert_eq!((found.version, found.revision), (Version(1), created.revision));
    })
    .await;
}

/// With everything that is said about what is inside of tunnels.
fn inspected(spec: ProjectSpec) -> ProjectSpec {
    let rule = |text: &str| text.parse().unwrap();
    let ban = BanRule {
        name: "captcha".into(),
        enabled: false,
        domains: vec![rule("*.example.com")],
        signs: ban::Signs {
            status: vec![(403, 403), (500, 599)],
            header: Some(("Server".into(), "^wall".into())),
            redirect: Some("/captcha".into()),
            size: Some((1, u64::MAX)),
            body: Some("(?i)robot \"?\\d+".into()),
        },
        actions: ban::Actions {
            retry: true,
            mark: Some(Duration::from_mins(3)),
            quarantine: Some(Duration::from_secs(9)),
            rotate_session: true,
            tag: Some("ünseen".into()),
            replay_unsafe: true,
        },
        dry_run: true,
        max_share: 40,
    };
    let set = FieldChange::Set { name: "X-A".into(), value: "1".into() };
    let remove = FieldChange::Remove { name: "Cookie".into() };
    let block = Block {
        hosts: vec![rule("ads.example.com")],
        paths: vec!["/a/*".into()],
        content_types: vec!["image/*".into()],
    };
    ProjectSpec {
        interception: Interception {
            mode: Mode::OverrideUa,
            browser: Browser::Firefox,
            unknown: Unknown::Refuse,
            bypass: vec![rule("bank.example.com")],
            extra_roots: Some("-----BEGIN".into()),
            unverified: vec![rule("=self.example.com")],
        },
        bans: vec![ban],
        rewrites: Rewrites {
            request: vec![set.clone(), remove.clone()],
            response: vec![remove, set],
            user_agent: UserAgent::Session(vec!["One/1".into(), "Two/2".into()]),
            block: vec![block],
        },
        inspection: Inspection { permille: 10, keep: 20, body_bytes: 30 },
        ..spec
    }
}

#[tokio::test]
async fn every_way_to_choose_a_user_agent_comes_back() {
    both(async |world| {
        let store = &world.store;
        let values = vec!["One/1".to_owned(), "Two/2".to_owned()];
        for (n, user_agent) in [
            UserAgent::Keep,
            UserAgent::Fixed("One/1".into()),
            UserAgent::Session(values.clone()),
            UserAgent::Request(values),
        ]
        .into_iter()
        .enumerate()
        {
            let rewrites = Rewrites { user_agent, ..Rewrites::default() };
            let spec = ProjectSpec { rewrites, ..project_spec(store, &format!("p{n}")) };
            let mut change = store.change().await.unwrap();
            let made = projects::create(&mut change, spec.clone()).await.unwrap();
            change.commit().await.unwrap();
            let found = projects::find(store, made.id).await.unwrap().unwrap();
            assert_eq!(found.spec.rewrites, spec.rewrites);
        }
    })
    .await;
}

#[tokio::test]
async fn writers_who_read_an_older_version_are_told_the_current_one() {
    both(async |world| {
        let store = &world.store;
        let made = project(store, "P").await;
        let mut change = store.change().await.unwrap();
        let spec = ProjectSpec { max_retries: 1, ..made.spec.clone() };
        let updated = projects::update(&mut change, made.id, made.version, spec).await.unwrap();
        assert_eq!(updated.version, Version(2));
        let stale = projects::update(&mut change, made.id, made.version, made.spec.clone()).await;
        assert!(matches!(stale, Err(StoreError::Conflict { current: Version(2) })));
        let gone = projects::delete(&mut change, model::ProjectId::new(), Version(1)).await;
        assert!(matches!(gone, Err(StoreError::NotFound("project"))));
        change.commit().await.unwrap();
        assert_eq!(projects::find(store, made.id).await.unwrap().unwrap().spec.max_retries, 1);
    })
    .await;
}

#[tokio::test]
async fn names_are_unique_whatever_their_case_and_dropped_changes_change_nothing() {
    both(async |world| {
        let store = &world.store;
        let before = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        projects::create(&mut change, project_spec(store, "dropped")).await.unwrap();
        drop(change);
        assert_eq!(store.revision().await.unwrap(), before);
        project(store, "Name").await;
        let mut change = store.change().await.unwrap();
        let spec = ProjectSpec { username: "other".into(), ..project_spec(store, "NAME") };
        let twice = projects::create(&mut change, spec).await;
        assert!(matches!(twice, Err(StoreError::Duplicate { field: "name" })), "{twice:?}");
        drop(change);
        let mut change = store.change().await.unwrap();
        let spec = ProjectSpec { username: "name".into(), ..project_spec(store, "Other") };
        let twice = projects::create(&mut change, spec).await;
        assert!(matches!(twice, Err(StoreError::Duplicate { field: "username" })), "{twice:?}");
    })
    .await;
}

#[tokio::test]
async fn projects_are_listed_in_pages_and_searched() {
    both(async |world| {
        let store = &world.store;
        for n in 0..5 {
            project(store, &format!("shop_{n}")).await;
        }
        project(store, "other").await;
        let search = Some("SHOP_");
        let page = Page { after: None, limit: 3 };
        let first = projects::list(store, search, &page).await.unwrap();
        assert_eq!((first.items.len(), first.total), (3, 5));
        let page = Page { after: first.next, limit: 3 };
        let second = projects::list(store, search, &page).await.unwrap();
        assert_eq!((second.items.len(), second.next), (2, None));
        assert_eq!(projects::list(store, Some("%"), &page).await.unwrap().total, 0);
    })
    .await;
}

#[tokio::test]
async fn a_credential_in_use_stays() {
    both(async |world| {
        let store = &world.store;
        let (home, other) = (project(store, "home").await, project(store, "other").await);
        let fields = BTreeMap::from([("password".to_owned(), Secret::from("canary-vendor"))]);
        let spec = CredentialSpec { name: "Vendor".into(), provider: "static".into(), fields };
        let mut change = store.change().await.unwrap();
        let made = credentials::create(&mut change, home.id, spec.clone()).await.unwrap();
        let using = ConnectorSpec {
            credential: Some(made.id),
            ..ConnectorSpec::new("C".into(), ConnectorKind::Static)
        };
        let stolen = connectors::create(&mut change, other.id, using.clone()).await;
        assert!(matches!(stolen, Err(StoreError::NotFound("credential"))));
        let used = connectors::create(&mut change, home.id, using).await.unwrap();
        let key = (home.id, made.id);
        let refused = credentials::delete(&mut change, key, made.version).await;
        assert!(matches!(refused, Err(StoreError::InUse { by: "connector" })));
        change.commit().await.unwrap();
        assert_eq!(credentials::find(store, key).await.unwrap().unwrap().spec, spec);
        assert!(credentials::find(store, (other.id, made.id)).await.unwrap().is_none());
        let mut change = store.change().await.unwrap();
        let renamed = CredentialSpec { name: "Renamed".into(), ..spec };
        let made = credentials::update(&mut change, key, made.version, renamed).await.unwrap();
        connectors::delete(&mut change, (home.id, used.id), used.version).await.unwrap();
        credentials::delete(&mut change, key, made.version).await.unwrap();
        change.commit().await.unwrap();
        let left = credentials::list(store, home.id, None, &Page::default()).await.unwrap();
        assert_eq!(left.total, 0);
    })
    .await;
}

#[tokio::test]
async fn a_connector_comes_back_as_it_was_written() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let made = connector(store, &home, "C").await;
        let written = ConnectorSpec {
            enabled: false,
            weight: 7,
            priority: 2,
            domain_allow: vec!["example.com".parse().unwrap()],
            domain_deny: vec!["*".parse().unwrap()],
            countries: vec!["us".parse().unwrap()],
            rate_limit: Some(RateLimit {
                max_requests: NonZeroU32::new(5).unwrap(),
                window: Duration::from_secs(10),
                quarantine: Some((Duration::from_secs(1), Duration::from_secs(2))),
                sticky_quarantine: true,
            }),
            max_in_flight: Some(3),
            resolve: ResolveAt::Node,
            ca_pem: Some("pem".into()),
            source_address: Some("192.0.2.1".parse().unwrap()),
            health_check_url: Some("http://echo.example.com/".into()),
            ..made.spec
        };
        let key = (home.id, made.id);
        let mut change = store.change().await.unwrap();
        let updated = connectors::update(&mut change, key, made.version, written.clone()).await;
        assert_eq!(updated.unwrap().version, Version(2));
        change.commit().await.unwrap();
        assert_eq!(connectors::find(store, key).await.unwrap().unwrap().spec, written);
        let listed = connectors::list(store, home.id, Some("c"), &Page::default()).await.unwrap();
        assert_eq!(listed.items.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn proxies_are_imported_filtered_changed_and_deleted() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let list = connector(store, &home, "list").await;
        let mut specs: Vec<_> = (0..1200).map(proxy).collect();
        specs.push(proxy(3));
        specs[7].place = Place {
            country: Some("de".parse::<Country>().unwrap()),
            city: Some("berlin".into()),
            asn: Some(64496),
            kind: Some(NetworkKind::Mobile),
            ..Place::default()
        };
        specs[7].tags = vec!["gold_1".into(), "fast".into()];
        let mut change = store.change().await.unwrap();
        let imported = proxies::import(&mut change, list.id, &specs).await.unwrap();
        let created = imported.iter().filter(|one| matches!(one, Imported::Created(_))).count();
        assert_eq!((created, imported[1200]), (1200, Imported::Duplicate));
        let again = proxies::create(&mut change, home.id, list.id, proxy(5)).await;
        assert!(matches!(again, Err(StoreError::Duplicate { field: "endpoint" })));
        change.commit().await.unwrap();
        assert_eq!(proxies::count_by_connector(store, home.id).await.unwrap()[&list.id], 1200);

        let Imported::Created(id) = imported[7] else { panic!("not created") };
        let found = proxies::find(store, (home.id, id)).await.unwrap().unwrap();
        assert_eq!(found.spec, specs[7]);
        let filter = proxies::Filter {
            connector: Some(list.id),
            country: Some("DE".parse().unwrap()),
            tag: Some("gold_1".into()),
            enabled: Some(true),
            search: Some("P7.".into()),
            ..proxies::Filter::default()
        };
        let listed = proxies::list(store, home.id, &filter, &Page::default()).await.unwrap();
        assert_eq!((listed.total, listed.items[0].id), (1, id));
        let other = proxies::Filter { tag: Some("gold".into()), ..filter };
        assert_eq!(proxies::list(store, home.id, &other, &Page::default()).await.unwrap().total, 0);

        let mut change = store.change().await.unwrap();
        let off = model::proxy::ProxySpec { enabled: false, ..found.spec };
        let key = (home.id, id);
        let updated = proxies::update(&mut change, key, found.version, off).await.unwrap();
        assert_eq!((updated.version, updated.connector), (Version(2), list.id));
        let off = proxies::Filter { enabled: Some(false), ..proxies::Filter::default() };
        assert_eq!(proxies::delete_matching(&mut change, home.id, &off).await.unwrap(), 1);
        let gone = proxies::delete(&mut change, key, updated.version).await;
        assert!(matches!(gone, Err(StoreError::NotFound("proxy"))));
        change.commit().await.unwrap();
        let all = proxies::Filter::default();
        assert_eq!(
            proxies::list(store, home.id, &all, &Page::default()).await.unwrap().total,
            1199
        );
    })
    .await;
}

#[tokio::test]
async fn proxies_are_sorted_and_shown_from_any_place() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let list = connector(store, &home, "list").await;
        let specs: Vec<_> = (0..1200).map(proxy).collect();
        let mut change = store.change().await.unwrap();
        proxies::import(&mut change, list.id, &specs).await.unwrap();
        change.commit().await.unwrap();
        let host = |proxy: &Proxy| proxy.spec.endpoint.host.to_string();
        let window = async |order: &str, offset, limit| {
            let window = proxies::Window { order: order.parse().unwrap(), offset, limit };
            let filter = proxies::Filter::default();
            let listed = proxies::window(store, home.id, &filter, window).await.unwrap();
            assert_eq!(listed.total, 1200);
            listed.items.iter().map(host).collect::<Vec<_>>()
        };
        let mut hosts: Vec<_> = specs.iter().map(|spec| spec.endpoint.host.to_string()).collect();
        for order in ["created", "country", "connector"] {
            assert_eq!(window(order, 40, 2).await.len(), 2, "{order}");
        }
        assert_eq!(window("created", 1000, 300).await, hosts[1000..]);
        hosts.reverse();
        assert_eq!(window("-created", 7, 3).await, hosts[7..10]);
        hosts.sort_unstable();
        assert_eq!(window("host", 600, 5).await, hosts[600..605]);
        assert_eq!(window("-host", 0, 1).await, hosts[1199..]);
        assert!("password".parse::<proxies::Order>().is_err());
        let (filter, order) = (proxies::Filter::default(), "-host".parse().unwrap());
        let sorted = proxies::sorted(store, home.id, &filter, order).await.unwrap();
        assert_eq!(sorted.len(), 1200);
        let first = proxies::of(store, home.id, &sorted[..1]).await.unwrap();
        assert_eq!(host(&first[0]), hosts[1199]);
    })
    .await;
}

#[tokio::test]
async fn many_proxies_are_switched_and_deleted_by_their_identifiers() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let other = project(store, "other").await;
        let list = connector(store, &home, "list").await;
        let foreign = connector(store, &other, "list").await;
        // More than one statement takes.
        let specs: Vec<_> = (0..5_200).map(proxy).collect();
        let mut change = store.change().await.unwrap();
        proxies::import(&mut change, list.id, &specs).await.unwrap();
        proxies::import(&mut change, foreign.id, &specs[..1]).await.unwrap();
        change.commit().await.unwrap();
        let all = proxies::Filter::default();
        let mut ids = proxies::ids(store, home.id, &all).await.unwrap();
        let strange = proxies::ids(store, other.id, &all).await.unwrap();
        assert_eq!((ids.len(), strange.len(), ids.is_sorted()), (5_200, 1, true));
        ids.extend(&strange);
        assert_eq!(proxies::present(store, home.id, &ids).await.unwrap(), ids[..5_200]);
        let shown = proxies::of(store, home.id, &ids[5_190..]).await.unwrap();
        assert_eq!(shown.len(), 10);
        assert_eq!(shown[0].spec.endpoint.login, specs[5_190].endpoint.login);

        let mut change = store.change().await.unwrap();
        let revision = change.revision();
        let switched = proxies::switch_all(&mut change, (home.id, &ids), false).await.unwrap();
        let again = proxies::switch_all(&mut change, (home.id, &ids), false).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!((switched, again), (5_200, 0));
        let one = proxies::find(store, (home.id, ids[0])).await.unwrap().unwrap();
        assert_eq!((one.spec.enabled, one.version, one.revision), (false, Version(2), revision));
        let counted = proxies::counts(store, home.id).await.unwrap();
        let expected =
            proxies::Count { connector: list.id, country: None, enabled: false, proxies: 5_200 };
        assert_eq!(counted, [expected]);
        assert!(proxies::counts(store, other.id).await.unwrap()[0].enabled);

        let before = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        let gone = proxies::delete_all(&mut change, home.id, &ids[1..]).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(gone, 5_199);
        assert_eq!(proxies::ids(store, home.id, &all).await.unwrap(), ids[..1]);
        assert_eq!(proxies::ids(store, other.id, &all).await.unwrap(), strange);
        let news = store::configuration::load(store, Some(before)).await.unwrap();
        assert_eq!(news.deleted.len(), 5_199);
    })
    .await;
}
