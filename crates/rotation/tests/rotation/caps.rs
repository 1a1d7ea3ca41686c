//! What has used as much as it may is asked no more, until it may again.

use std::sync::Arc;
use std::time::Duration;

use model::policy::Strategy;
use model::spending::{CapAction, Measure, Period};
use model::{Cap, ConnectorId, Prices, Spent};
use rotation::{Room, Tab, Terms, Unavailable};

use crate::world::World;

fn cap() -> Cap {
    let (measure, period, action) = (Measure::Bytes, Period::Day, CapAction::Block);
    Cap { measure, limit: 100, period, action, status: 509 }
}

fn terms(room: Room) -> Terms {
    let renewed_in = Duration::from_mins(5);
    Terms { block: room, interrupt: room, status: 509, renewed_in }
}

fn tab(world: &World, connector: ConnectorId) -> Arc<Tab> {
    let entry = world.roster.connectors().find(|entry| entry.id == connector).unwrap();
    Arc::clone(entry.tab().unwrap())
}

/// Two connectors with a cap each, of which there are `left` bytes left.
fn two(left: u64) -> (World, [ConnectorId; 2]) {
    let mut world = World::new(Strategy::RoundRobin);
    let both = [(); 2].map(|()| {
        let connector = world.connector(|spec| spec.caps = vec![cap()]);
        world.exits(connector, 1);
        connector
    });
    world.build();
    for connector in both {
        let room = Room { bytes: Some(left), ..Room::default() };
        tab(&world, connector).set(&Spent::default(), &terms(room), world.now);
    }
    (world, both)
}

#[test]
fn a_connector_at_its_cap_leaves_its_turns_to_the_other_and_then_nobody_is_let_through() {
    let (mut world, both) = two(100);
    let turn = world.begin("").unwrap();
    let first = turn.exit().connector.id;
    turn.count_bytes(60, 39);
    assert!(!turn.interrupts());
    turn.count_bytes(0, 1);
    assert!(turn.interrupts(), "what is under way is ended at once");
    turn.finish(true);
    for _ in 0..4 {
        let turn = world.begin("").unwrap();
        assert_ne!(turn.exit().connector.id, first);
    }
    let turn = world.begin("").unwrap();
    turn.count_bytes(100, 0);
    drop(turn);
    let refused = world.begin("").unwrap_err();
    let Unavailable::Capped { status: 509, retry_after } = refused else { panic!("{refused:?}") };
    assert!(retry_after > Duration::from_mins(4), "{retry_after:?}");
    // Another period, or more room.
    let tab = tab(&world, both[0]);
    let room = Room { bytes: Some(100), ..Room::default() };
    tab.set(&tab.spent(), &terms(room), world.now);
    assert_eq!(world.begin("").unwrap().exit().connector.id, both[0]);
}

#[test]
fn what_was_used_outlives_the_roster_and_what_has_no_cap_is_not_counted() {
    let (mut world, both) = two(100);
    let turn = world.begin("").unwrap();
    let first = turn.exit().connector.id;
    turn.count_bytes(100, 0);
    drop(turn);
    world.build();
    assert_ne!(world.begin("").unwrap().exit().connector.id, first);
    for connector in &mut world.rows.connectors {
        connector.spec.caps.clear();
    }
    world.build();
    for _ in 0..4 {
        let turn = world.begin("").unwrap();
        turn.count_bytes(1_000, 0);
        assert!(!turn.interrupts());
    }
    assert!(world.roster.connectors().all(|entry| entry.tab().is_none()) && both.len() == 2);
}

#[test]
fn a_project_is_stopped_by_its_bytes_its_requests_and_its_money() {
    for measure in [Measure::Bytes, Measure::Requests, Measure::Cost] {
        let mut world = World::new(Strategy::Random);
        world.project().caps = vec![Cap { measure, ..cap() }];
        let connector = world.connector(|spec| {
            spec.prices = Prices { per_gb: 1_000_000_000, per_request: 10, per_proxy_month: 0 };
        });
        world.exits(connector, 1);
        world.build();
        let project = Arc::clone(world.roster.projects().next().unwrap());
        let room = match measure {
            Measure::Bytes => Room { bytes: Some(50), ..Room::default() },
            Measure::Requests => Room { requests: Some(1), ..Room::default() },
            Measure::Cost => Room { cost_micros: Some(60), ..Room::default() },
        };
        project.tab().unwrap().set(&Spent::default(), &terms(room), world.now);
        let turn = world.begin("").unwrap();
        assert!(project.begin() && !project.interrupts());
        turn.count_bytes(25, 25);
        project.count_bytes(25, 25);
        turn.finish(true);
        project.end(true, Duration::ZERO);
        assert!(project.interrupts(), "{measure}");
        let refused = world.begin("").unwrap_err();
        assert!(matches!(refused, Unavailable::Capped { .. }), "{measure}: {refused:?}");
    }
}
