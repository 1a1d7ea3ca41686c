//! What it costs to choose an exit of many, and to read who wants one.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use model::proxy::{Endpoint, Protocol};
use model::{Host, Target};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rotation::{Ask, Ledger, Roster, Sessions, Turn, Wish, select, username};
use tokio::time::Instant;

use crate::rows;

const EXITS: u32 = 10_000;
const CONNECTORS: usize = 100;

pub(crate) fn round_robin(times: u32) {
    choose(times, &[]);
}

/// The choice for a session that is bound.
pub(crate) fn country_session(times: u32) {
    choose(times, &[("country", "de"), ("session", "a1b2c3d4")]);
}

pub(crate) fn username_parameters(times: u32) {
    let roster = roster();
    let name = "demo-country-us-session-a1b2c3d4-ttl-10m";
    for _ in 0..times {
        let read = username::read(black_box(&roster), black_box(name), "demo");
        black_box(read).expect("it is understood");
    }
}

fn choose(times: u32, parameters: &[(&str, &str)]) {
    let (roster, sessions, now) = (roster(), Arc::<Sessions>::default(), Instant::now());
    let mut random = SmallRng::seed_from_u64(1);
    let mut wish = Wish::default();
    for (key, value) in parameters {
        wish.set(key, value).expect("it is understood");
    }
    let ask = Ask {
        project: Arc::clone(roster.account("demo").expect("it is there")),
        target: Target { host: Host::Name("example.com".into()), port: 443 },
        wish: Arc::new(wish),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let mut choose = || -> Turn {
        let chosen = select(black_box(&roster), black_box(&ask), &sessions, now, &mut random);
        chosen.expect("every exit is up").next(now).expect("one has been found")
    };
    choose().opened(Duration::from_millis(10), now);
    for _ in 0..times {
        black_box(choose().exit().id);
    }
}

fn roster() -> Roster {
    let endpoint = |number| {
        let host = Host::Ip(IpAddr::V4(Ipv4Addr::from_bits(number)));
        Endpoint { protocol: Protocol::Http, host, port: 8080, login: None }
    };
    let rows = rows::configuration(CONNECTORS, (0..EXITS).map(endpoint).collect());
    Roster::build(rows, &Roster::empty(), &Ledger::default(), Instant::now())
}
