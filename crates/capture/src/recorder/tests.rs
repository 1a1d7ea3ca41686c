//! Bounds, filters, watching.

use std::sync::Arc;

use jiff::Timestamp;
use model::exchange::Blame;
use model::{Inspection, ProjectId, ProxyId};

use super::{Limits, Recorder};
use crate::canaries::plain;
use crate::filter::Filter;
use crate::record::Record;
use crate::recorder::watch::{Seen, Watcher};

/// The microsecond at which all of them ended: the first number.
const BASE: u64 = 1_800_000_000_123_000;

fn recorder(limits: Limits) -> Recorder {
    Recorder::new(limits, Timestamp::from_second(1).unwrap())
}

fn record(project: ProjectId) -> Record {
    plain(project, "http://a.example/", 200)
}

fn ids(recorder: &Recorder, project: ProjectId) -> Vec<u64> {
    let records = recorder.list(project, &Filter::default(), None, usize::MAX);
    records.iter().map(|record| record.id).collect()
}

#[test]
fn chance_decides_what_is_recorded() {
    let inspection = |permille| Inspection { permille, ..Inspection::default() };
    let wanted = |permille| {
        (0..1000).filter(|chance| Recorder::wants(&inspection(permille), *chance)).count()
    };
    assert_eq!([0, 1, 250, 1000].map(wanted), [0, 1, 250, 1000]);
}

#[test]
fn a_project_keeps_as_many_as_it_wants_the_newest_first() {
    let (recorder, project) = (recorder(Limits::default()), ProjectId::new());
    let made: Vec<_> = (0..5).filter_map(|_| recorder.keep(3, record(project))).collect();
    assert_eq!(made, [BASE, BASE + 1, BASE + 2, BASE + 3, BASE + 4]);
    assert_eq!(ids(&recorder, project), [BASE + 4, BASE + 3, BASE + 2]);
    let second = recorder.list(project, &Filter::default(), Some(BASE + 4), 1);
    assert_eq!(second[0].id, BASE + 3);
    assert!(recorder.find(project, BASE + 1).is_none());
    assert_eq!(recorder.find(project, BASE + 2).map(|found| found.id), Some(BASE + 2));
    assert!(recorder.find(ProjectId::new(), BASE + 2).is_none(), "of another project");
    recorder.keep(1, record(project));
    assert_eq!(ids(&recorder, project), [BASE + 5]);
    assert_eq!((recorder.clear(project), recorder.bytes()), (1, 0));
    assert_eq!(recorder.clear(project), 0);
    recorder.keep(0, record(project));
    assert_eq!((ids(&recorder, project).len(), recorder.bytes()), (0, 0));
}

#[test]
fn bytes_are_bounded_for_a_project_and_for_the_node() {
    let one = record(ProjectId::new()).weight();
    let limits = Limits { project_bytes: 3 * one + 1, node_bytes: 5 * one + 1, projects: 10 };
    let recorder = recorder(limits);
    let (first, second) = (ProjectId::new(), ProjectId::new());
    for _ in 0..4 {
        recorder.keep(100, record(first));
    }
    assert_eq!((ids(&recorder, first).len(), recorder.bytes()), (3, 3 * one));
    for _ in 0..3 {
        recorder.keep(100, record(second));
    }
    // Of the node's, the oldest went, whose it ever was.
    assert_eq!(ids(&recorder, first), [BASE + 3, BASE + 2]);
    assert_eq!((ids(&recorder, second).len(), recorder.bytes()), (3, 5 * one));
    recorder.clear(first);
    recorder.clear(second);
    assert_eq!(recorder.bytes(), 0);
}

#[test]
fn projects_are_bounded_and_the_one_left_alone_goes_first() {
    let recorder = recorder(Limits { projects: 2, ..Limits::default() });
    let projects = [(); 4].map(|()| ProjectId::new());
    recorder.keep(9, record(projects[0]));
    recorder.keep(9, record(projects[1]));
    recorder.keep(9, record(projects[0]));
    recorder.keep(9, record(projects[2]));
    let kept = |project| ids(&recorder, project).len();
    assert_eq!(projects.map(kept), [2, 0, 1, 0]);
    // Whoever watches keeps his place.
    let _watchers = [0, 2].map(|n| recorder.watch(projects[n], None).unwrap());
    assert_eq!(recorder.keep(9, record(projects[3])), None);
    assert!(recorder.watch(projects[3], None).is_err());
    assert_eq!(projects.map(kept), [2, 0, 1, 0]);
}

#[test]
fn threads_that_keep_and_clear_at_once_leave_the_count_right() {
    let one = record(ProjectId::new()).weight();
    let limits = Limits { project_bytes: 20 * one, node_bytes: 30 * one, projects: 3 };
    let recorder = recorder(limits);
    let projects = [(); 4].map(|()| ProjectId::new());
    let keep_and_clear = |project| {
        for n in 0..500 {
            recorder.keep(50, record(project));
            if n % 50 == 0 {
                recorder.clear(project);
            }
        }
    };
    std::thread::scope(|scope| {
        for project in projects {
            let keep_and_clear = &keep_and_clear;
            scope.spawn(move || keep_and_clear(project));
        }
    });
    let left: usize = projects.iter().map(|project| ids(&recorder, *project).len()).sum();
    assert!(left <= 30, "{left}");
    assert_eq!(recorder.bytes(), left * one);
}

#[test]
fn filters_find_what_they_say() {
    let (recorder, project, exit) = (recorder(Limits::default()), ProjectId::new(), ProxyId::new());
    let at = |second| Timestamp::from_second(second).unwrap();
    let mut banned = plain(project, "http://shop.example/Cart?id=7", 403);
    banned.banned_by = Some("captcha".into());
    banned.session = Some("s1".into());
    let mut failed = plain(project, "http://api.shop.example/v1", 502);
    (failed.blame, failed.exit, failed.started_at) = (Some(Blame::Exit), Some(exit), at(50));
    for record in [banned, failed, plain(project, "http://other.test/", 200)] {
        recorder.keep(100, record);
    }
    let found = |filter: Filter| {
        let records = recorder.list(project, &filter, None, 100);
        let statuses = records.iter().map(|record| record.status);
        statuses.collect::<Vec<_>>()
    };
    let filter = Filter::default;
    let host = |text: &str| Filter { host: Some(text.parse().unwrap()), ..filter() };
    let status = |text: &str| Filter { status: Some(text.parse().unwrap()), ..filter() };
    for (filter, statuses) in [
        (filter(), vec![200, 502, 403]),
        (host("SHOP"), vec![502, 403]),
        (host("*.shop.example"), vec![502]),
        (host("=shop.example"), vec![403]),
        (status("4xx"), vec![403]),
        (status("502"), vec![502]),
        (Filter { method: Some("GET".into()), ..filter() }, vec![200, 502, 403]),
        (Filter { method: Some("POST".into()), ..filter() }, vec![]),
        (Filter { exit: Some(exit), ..filter() }, vec![502]),
        (Filter { session: Some("s1".into()), ..filter() }, vec![403]),
        (Filter { text: Some("cart?ID".into()), ..filter() }, vec![403]),
        (Filter { is_banned: true, ..filter() }, vec![403]),
        (Filter { is_failed: true, ..filter() }, vec![502]),
        (Filter { until: Some(at(51)), ..filter() }, vec![502]),
        (Filter { until: Some(at(50)), ..filter() }, vec![]),
        (Filter { since: Some(at(51)), ..filter() }, vec![200, 403]),
        (Filter { is_banned: true, is_failed: true, ..filter() }, vec![]),
    ] {
        assert_eq!(found(filter.clone()), statuses, "{filter:?}");
    }
    for text in ["", "0xx", "40", "4xxx", "abc", "4xy"] {
        assert!(text.parse::<crate::StatusFilter>().is_err(), "{text}");
    }
    for text in ["", "a b", "*.", "=a b"] {
        assert!(text.parse::<crate::HostFilter>().is_err(), "{text}");
    }
}

/// What a watcher has to see by now: identifiers, and how many it missed as negative numbers.
fn seen(watcher: &mut Watcher) -> Vec<i64> {
    let number = |seen| match seen {
        Seen::Record(record) => i64::try_from(record.id - BASE).unwrap(),
        Seen::Missed(missed) => -i64::try_from(missed).unwrap(),
    };
    std::iter::from_fn(|| watcher.look()).map(number).collect()
}

#[test]
fn a_watcher_sees_what_comes_and_is_told_what_it_missed() {
    let (recorder, project) = (recorder(Limits::default()), ProjectId::new());
    let keep = |count| assert!((0..count).all(|_| recorder.keep(3, record(project)).is_some()));
    keep(2);
    let mut late = recorder.watch(project, None).unwrap();
    let mut resumed = recorder.watch(project, Some(BASE)).unwrap();
    assert_eq!((seen(&mut late), seen(&mut resumed)), (vec![], vec![1]));
    keep(1);
    recorder.keep(3, record(ProjectId::new()));
    assert_eq!((seen(&mut late), seen(&mut resumed)), (vec![2], vec![2]));
    keep(5);
    assert_eq!(seen(&mut late), [-2, 6, 7, 8]);
    recorder.clear(project);
    assert_eq!((seen(&mut late), seen(&mut resumed)), (vec![], vec![-5]));
    keep(1);
    assert_eq!((seen(&mut late), seen(&mut resumed)), (vec![9], vec![9]));
}

#[tokio::test]
async fn a_waiting_watcher_is_woken() {
    let (recorder, project) = (Arc::new(recorder(Limits::default())), ProjectId::new());
    let mut watcher = recorder.watch(project, None).unwrap();
    let (seen, kept) = tokio::join!(watcher.next(), async {
        tokio::task::yield_now().await;
        recorder.keep(3, record(project))
    });
    let Seen::Record(record) = seen else { panic!("{seen:?}") };
    assert_eq!(Some(record.id), kept);
    assert_eq!(record.started_at.as_second(), 1_800_000_000);
}
