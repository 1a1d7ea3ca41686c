//! What the checker must see, and what it must not.

use super::*;
use crate::clock::SOON;
use crate::proxies::{Behaviour, Exit, Setup};
use model::proxy::Protocol;

const FEW: Plan = Plan { per_second: 100, tunnels: 3, tunnel_life: None };

async fn exit() -> Exit {
    Setup::new(Protocol::Http).start().await.unwrap()
}

#[tokio::test]
async fn an_honest_proxy_is_found_to_be_one() {
    let exit = exit().await;
    let load = Load::start(exit.address(), "", FEW).await.unwrap();
    load.answered(20, SOON).await.unwrap();
    let report = load.end().await.unwrap();
    assert_eq!((report.failed, report.doubled, report.gaps), (0, 0, 0), "{:?}", report.failures);
    assert_eq!((report.tunnels_whole, report.broken.len()), (3, 0), "{:?}", report.broken);
    assert!(report.numbers >= 6 && report.fine >= 20, "{report:?}");
    assert_eq!(report.carried(), exit.forwarded() + exit.tunnels());
}

#[tokio::test]
async fn tunnels_that_are_old_are_replaced() {
    let exit = exit().await;
    let plan = Plan { tunnel_life: Some(Duration::from_millis(20)), ..FEW };
    let load = Load::start(exit.address(), "", plan).await.unwrap();
    let more = || async { (load.report().tunnels_whole > 6).then_some(()) };
    eventually("further tunnels", SOON, more).await.unwrap();
    let report = load.end().await.unwrap();
    assert_eq!(report.tunnels_opened, report.tunnels_whole, "{:?}", report.broken);
}

#[tokio::test]
async fn a_proxy_that_ends_breaks_tunnels_and_fails_requests() {
    let exit = exit().await;
    let load = Load::start(exit.address(), "", FEW).await.unwrap();
    exit.behave(Behaviour::Refuse).await;
    let ended = Instant::now();
    let seen = || async {
        let report = load.report();
        (report.broken.len() == 3 && !report.failed_after(ended).is_empty()).then_some(())
    };
    eventually("failures", SOON, seen).await.unwrap();
}

#[test]
fn numbers_are_to_come_in_order_and_once() {
    let mut report = Report::default();
    let mut expected = 0;
    for number in [0, 1, 1, 2, 5, 3, 6] {
        expected = report.number(expected, number);
    }
    assert_eq!((report.numbers, report.doubled, report.gaps), (4, 2, 2));
}
