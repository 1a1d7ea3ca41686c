//! A request that asks for a place gets it, or nothing: no filter is ever widened.

use std::collections::BTreeSet;

use compact_str::CompactString;
use model::connector::ConnectorKind;
use model::place::NetworkKind;
use model::policy::Strategy;
use model::proxy::Status;
use model::{Place, Proxy, ProxyId};
use rotation::Unavailable;

use crate::world::World;

const STRATEGIES: [Strategy; 5] = [
    Strategy::RoundRobin,
    Strategy::LeastUsed,
    Strategy::Random,
    Strategy::Sticky,
    Strategy::HealthBased,
];

/// Exits of every kind of place, every seventh of which nothing is known, in two connectors.
fn world(strategy: Strategy) -> World {
    let mut world = World::new(strategy);
    let connectors = [world.connector(|_| ()), world.connector(|_| ())];
    for number in 0..140 {
        world.exit(connectors[number % 2], |spec| {
            spec.place = place(number);
            spec.tags = [("even", 2), ("third", 3)]
                .iter()
                .filter(|(_, divisor)| number % divisor == 0)
                .map(|(tag, _)| CompactString::const_new(tag))
                .collect();
        });
    }
    world.build();
    world
}

fn place(number: usize) -> Place {
    if number.is_multiple_of(7) {
        return Place::default();
    }
    let of = |names: &[&str], number: usize| Some(CompactString::from(names[number % names.len()]));
    let kinds = [NetworkKind::Residential, NetworkKind::Datacenter, NetworkKind::Mobile];
    Place {
        country: ["us", "de", "jp"][number % 3].parse().ok(),
        state: of(&["ny", "ca"], number / 3),
        city: of(&["newyork", "berlin", "springfield"], number / 5),
        asn: u32::try_from(number % 4).ok(),
        isp: of(&["acme", "tmobile"], number / 2),
        kind: Some(kinds[number / 4 % 3]),
    }
}

/// Whether the exit is what the parameters ask for, written without regard to how it is found.
fn satisfies(proxy: &Proxy, parameters: &str) -> bool {
    let place = &proxy.spec.place;
    let is = |has: Option<String>, value: &str| has.as_deref() == Some(value);
    let mut countries = Vec::new();
    for (key, value) in parameters.split_whitespace().filter_map(|word| word.split_once('=')) {
        let holds = match key {
            "country" => {
                countries.push(value.to_owned());
                true
            }
            "state" => is(place.state.as_ref().map(ToString::to_string), value),
            "city" => is(place.city.as_ref().map(ToString::to_string), value),
            "isp" => is(place.isp.as_ref().map(ToString::to_string), value),
            "asn" => is(place.asn.map(|asn| asn.to_string()), value),
            "type" => is(place.kind.map(|kind| kind.to_string()), value),
            "tag" => proxy.spec.tags.iter().any(|tag| tag == value),
            _ => unreachable!("{key}"),
        };
        if !holds {
            return false;
        }
    }
    let country = place.country.map(|country| country.to_string().to_lowercase());
    countries.is_empty() || country.is_some_and(|country| countries.contains(&country))
}

#[test]
fn a_filter_is_met_exactly_whatever_the_strategy() {
    let filters = [
        "country=us",
        "country=us country=jp",
        "country=us state=ny",
        "country=de city=berlin",
        "asn=3",
        "isp=tmobile",
        "type=mobile",
        "tag=even",
        "tag=even tag=third",
        "country=jp type=residential tag=even",
        "country=de state=ca city=springfield asn=2 isp=tmobile",
    ];
    for (strategy, filter) in STRATEGIES.iter().flat_map(|s| filters.map(|filter| (*s, filter))) {
        let mut world = world(strategy);
        let wanted: BTreeSet<ProxyId> = world
            .rows
            .proxies
            .iter()
            .filter(|proxy| satisfies(proxy, filter))
            .map(|proxy| proxy.id)
            .collect();
        assert!(!wanted.is_empty() && wanted.len() < 140, "{filter} is no test");
        let got: BTreeSet<ProxyId> = world.tally(filter, 500).into_keys().collect();
        assert!(got.is_subset(&wanted), "{strategy}, {filter}: went elsewhere");
        if strategy == Strategy::RoundRobin {
            assert_eq!(got, wanted, "{filter}: left some out");
        }
    }
}

#[test]
fn where_nothing_is_like_that_nothing_is_found() {
    for strategy in STRATEGIES {
        let mut world = world(strategy);
        let absent = [
            "country=fr",
            "country=us state=tx",
            "country=us city=paris",
            "asn=9",
            "isp=nobody",
            "type=isp",
            "tag=odd",
            "connector=connector_7",
            "exit=0192f0c1-2345-7abc-8def-0123456789ab",
        ];
        for filter in absent {
            assert_eq!(world.pick(filter), Err(Unavailable::NoneEligible), "{strategy}, {filter}");
            let session = format!("session=a {filter}");
            assert_eq!(world.pick(&session), Err(Unavailable::NoneEligible), "{filter}");
        }
    }
}

#[test]
fn where_all_that_is_like_that_is_down_nothing_is_found() {
    let mut world = world(Strategy::RoundRobin);
    for proxy in world.rows.proxies.iter().filter(|proxy| satisfies(proxy, "country=de")) {
        world.ledger.set_status(proxy.id, Status::Draining);
    }
    assert_eq!(world.pick("country=de"), Err(Unavailable::NoneEligible));
    assert_eq!(world.pick("country=de session=a"), Err(Unavailable::NoneEligible));
    assert!(world.pick("country=us").is_ok());
}

#[test]
fn retries_stay_inside_the_filter() {
    let mut world = world(Strategy::RoundRobin);
    let (ask, now) = (world.ask("country=us type=mobile"), world.now);
    let mut candidates = world.select(&ask).unwrap();
    let mut tried = BTreeSet::new();
    while let Some(mut turn) = candidates.next(now) {
        assert!(tried.insert(turn.exit().id), "tried twice");
        turn.failed(rotation::Failure::Unreachable, now);
    }
    let wanted = world.rows.proxies.iter().filter(|p| satisfies(p, "country=us type=mobile"));
    assert_eq!(tried, wanted.map(|proxy| proxy.id).collect());
}

#[test]
fn a_connector_says_where_its_exits_of_unknown_country_are() {
    let mut world = World::new(Strategy::RoundRobin);
    let german = world.connector(|spec| spec.countries = vec!["de".parse().unwrap()]);
    let somewhere = world.connector(|_| ());
    let unknown = world.exit(german, |_| ());
    let french = world.exit_in(german, "fr");
    world.exits(somewhere, 5);
    world.build();
    let picked =
        |world: &mut World, filter| world.tally(filter, 20).into_keys().collect::<Vec<_>>();
    assert_eq!(picked(&mut world, "country=de"), [unknown]);
    assert_eq!(picked(&mut world, "country=fr"), [french]);
}

#[test]
fn a_connector_and_an_exit_can_be_asked_for_by_name() {
    let mut world = world(Strategy::RoundRobin);
    assert_eq!(world.shares("connector=connector_1", 100), [0, 100]);
    let exit = world.rows.proxies[5].id;
    let filter = format!("exit={}", exit.to_string().replace('-', ""));
    assert_eq!(world.tally(&filter, 20).into_keys().collect::<Vec<_>>(), [exit]);
    // A place that this exit does not have is not passed over for its sake.
    let other = format!("{filter} asn=3");
    assert_eq!(world.pick(&other), Err(Unavailable::NoneEligible));
}

#[test]
fn a_direct_connector_is_one_exit_of_no_place() {
    let mut world = World::new(Strategy::RoundRobin);
    world.connector(|spec| spec.kind = ConnectorKind::Direct);
    world.build();
    assert!(world.pick("").is_ok());
    assert_eq!(world.pick("country=us"), Err(Unavailable::NoneEligible));
}

#[test]
fn a_connector_or_an_exit_that_is_off_is_chosen_for_nothing() {
    let mut world = World::new(Strategy::RoundRobin);
    let off = world.connector(|spec| spec.enabled = false);
    let on = world.connector(|_| ());
    world.exits(off, 3);
    world.exit(on, |spec| spec.enabled = false);
    world.build();
    assert_eq!(world.pick(""), Err(Unavailable::NoneEligible));
    let exit = world.exit(on, |_| ());
    world.build();
    assert_eq!(world.tally("", 10).into_keys().collect::<Vec<_>>(), [exit]);
}
