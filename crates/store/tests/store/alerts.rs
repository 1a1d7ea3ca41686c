//! Alerts open once, last and end; webhooks are told of each, once, and what is secret stays so.

use std::time::Duration;

use model::alert::{AlertKind, Condition, Severity, Subject, SubjectKind};
use model::webhook::{DeliveryState, WebhookSpec};
use model::{ProjectId, Secret, Webhook};
use store::alerts::{self, Filter, Settled};
use store::fence::{self, Epoch};
use store::webhooks::outbox::{self, Attempted};
use store::{Page, Store, StoreError, webhooks};
use tokio::task::JoinSet;

use crate::world::{World, both, project};

const SECRET: &str = "whsec_Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LTEyMzQ1Njc4";

fn condition(kind: AlertKind, key: &str, project: Option<ProjectId>) -> Condition {
    Condition {
        kind,
        key: key.to_owned(),
        severity: Severity::Warning,
        project,
        subject: Subject {
            kind: SubjectKind::Connector,
            id: key.to_owned(),
            name: "list".to_owned(),
        },
        text: "80 % of it is used.".to_owned(),
        once_since: None,
    }
}

async fn hook(
    store: &Store,
    project: Option<ProjectId>,
    events: Option<Vec<AlertKind>>,
) -> Webhook {
    let spec = WebhookSpec {
        name: "pager".to_owned(),
        url: "https://hooks.example/x".to_owned(),
        events,
        enabled: true,
        secret: Secret::from(SECRET),
    };
    let mut change = store.change().await.unwrap();
    let webhook = webhooks::create(&mut change, project, spec).await.unwrap();
    change.commit().await.unwrap();
    webhook
}

async fn settle(
    store: &Store,
    epoch: &Epoch,
    found: &[Condition],
    over: &[model::AlertId],
) -> Settled {
    let mut fenced = store.fenced(epoch).await.unwrap();
    let settled = alerts::settle(&mut fenced, found, over).await.unwrap();
    fenced.commit().await.unwrap();
    settled
}

async fn told(store: &Store, webhook: &Webhook) -> Vec<(String, DeliveryState, u32)> {
    let listed = outbox::list(store, webhook.id, &Page::default()).await.unwrap();
    let row = |it: model::webhook::Delivery| (it.event, it.state, it.attempts);
    listed.items.into_iter().map(row).collect()
}

#[tokio::test]
async fn an_alert_opens_once_lasts_and_ends_and_each_webhook_is_told() {
    both(async |World { store, clock, .. }| {
        let (home, other) = (project(&store, "home").await.id, project(&store, "other").await.id);
        let all = hook(&store, None, None).await;
        let own = hook(&store, Some(home), Some(vec![AlertKind::CapNear])).await;
        let deaf = hook(&store, Some(home), Some(vec![AlertKind::NodeLost])).await;
        let foreign = hook(&store, Some(other), None).await;
        let epoch = fence::mint(&store, "alert_judge", "a").await.unwrap();
        let near = condition(AlertKind::CapNear, "x", Some(home));
        let first = settle(&store, &epoch, &[near.clone(), near.clone()], &[]).await;
        assert_eq!((first.opened.len(), first.resolved.len()), (1, 0));
        clock.set(clock.now() + Duration::from_secs(61));
        assert_eq!(
            settle(&store, &epoch, std::slice::from_ref(&near), &[]).await,
            Settled::default()
        );
        assert_eq!(
            settle(&store, &epoch, std::slice::from_ref(&near), &[]).await,
            Settled::default()
        );
        let open = alerts::open(&store).await.unwrap();
        assert_eq!((open.len(), open[0].count), (1, 2), "noted once a minute");
        assert_eq!(open[0].last_seen_at, clock.now());
        let over = settle(&store, &epoch, &[], &[open[0].id, open[0].id]).await;
        assert_eq!((over.opened.len(), over.resolved.len()), (0, 1));
        let pending = |event: &str| (event.to_owned(), DeliveryState::Pending, 0);
        for webhook in [&all, &own] {
            let expected = [pending("alert.resolved"), pending("alert.opened")];
            assert_eq!(told(&store, webhook).await, expected);
        }
        assert!(told(&store, &deaf).await.is_empty() && told(&store, &foreign).await.is_empty());

        // In the same period it does not open again; without one it does.
        let once = Condition { once_since: Some(open[0].opened_at), ..near.clone() };
        assert_eq!(settle(&store, &epoch, &[once], &[]).await, Settled::default());
        assert_eq!(settle(&store, &epoch, &[near], &[]).await.opened.len(), 1);
    })
    .await;
}

/// Whether it was this one that opened it.
async fn report(store: Store) -> bool {
    let condition = condition(AlertKind::ClusterDegraded, "redis", None);
    alerts::report(&store, &condition).await.unwrap().is_some()
}

#[tokio::test]
async fn of_nodes_that_report_at_once_one_opens_an_alert() {
    both(async |World { store, .. }| {
        let webhook = hook(&store, None, None).await;
        let mut reports = JoinSet::new();
        for _ in 0..12 {
            reports.spawn(report(store.clone()));
        }
        let opened = reports.join_all().await.into_iter().filter(|opened| *opened).count();
        assert_eq!((opened, told(&store, &webhook).await.len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn alerts_are_listed_by_what_they_are_and_forgotten_when_long_over() {
    both(async |World { store, clock, .. }| {
        let (home, other) = (project(&store, "home").await.id, project(&store, "other").await.id);
        let epoch = fence::mint(&store, "alert_judge", "a").await.unwrap();
        let found = [
            condition(AlertKind::CapNear, "a", Some(home)),
            condition(AlertKind::CapReached, "a", Some(other)),
            condition(AlertKind::NodeLost, "b", None),
        ];
        let opened = settle(&store, &epoch, &found, &[]).await.opened;
        settle(&store, &epoch, &[], &[opened[1].id]).await;
        let count = async |filter: Filter| {
            alerts::list(&store, &filter, &Page::default()).await.unwrap().total
        };
        let all = Filter::default;
        assert_eq!(count(all()).await, 3);
        assert_eq!(count(Filter { is_open: Some(true), ..all() }).await, 2);
        assert_eq!(count(Filter { is_open: Some(false), ..all() }).await, 1);
        assert_eq!(count(Filter { kind: Some(AlertKind::NodeLost), ..all() }).await, 1);
        assert_eq!(count(Filter { project: Some(home), ..all() }).await, 1);
        assert_eq!(count(Filter { of: Some(vec![home, other]), ..all() }).await, 2);
        assert_eq!(count(Filter { of: Some(vec![]), ..all() }).await, 0);
        let page = Page { after: None, limit: 2 };
        let newest = alerts::list(&store, &all(), &page).await.unwrap();
        assert_eq!((newest.items[0].id, newest.items.len()), (opened[2].id, 2));
        let page = Page { after: newest.next, limit: 2 };
        assert_eq!(alerts::list(&store, &all(), &page).await.unwrap().items[0].id, opened[0].id);

        let known = alerts::acknowledge(&store, opened[0].id, "anna").await.unwrap().unwrap();
        assert_eq!(known.acknowledged_by.as_deref(), Some("anna"));
        let again = alerts::acknowledge(&store, opened[0].id, "berta").await.unwrap().unwrap();
        assert_eq!(again.acknowledged_by.as_deref(), Some("anna"), "the first stays");

        clock.set(clock.now() + Duration::from_hours(1));
        let mut fenced = store.fenced(&epoch).await.unwrap();
        assert_eq!(alerts::forget(&mut fenced, clock.now(), 10).await.unwrap(), 1);
        fenced.commit().await.unwrap();
        assert_eq!(count(all()).await, 2, "what lasts stays");
    })
    .await;
}

#[tokio::test]
async fn what_is_to_be_told_waits_its_turn_and_a_former_holder_notes_nothing() {
    both(async |World { store, clock, .. }| {
        let (one, other) = (hook(&store, None, None).await, hook(&store, None, None).await);
        let epoch = fence::mint(&store, "alert_judge", "a").await.unwrap();
        let keys = ["a", "b", "c"];
        let found = keys.map(|key| condition(AlertKind::NodeLost, key, None));
        settle(&store, &epoch, &found, &[]).await;
        let due = outbox::due(&store, 2, 10).await.unwrap();
        assert_eq!(due.len(), 4, "two of each");
        let first = due.iter().find(|it| it.webhook == one.id).unwrap();
        let next_at = clock.now() + Duration::from_secs(5);
        let failed = Attempted {
            state: DeliveryState::Pending,
            next_at,
            status: Some(503),
            error: Some("status"),
        };
        let mut fenced = store.fenced(&epoch).await.unwrap();
        outbox::attempted(&mut fenced, first.id, &failed).await.unwrap();
        fenced.commit().await.unwrap();
        let left = outbox::due(&store, 10, 10).await.unwrap();
        assert_eq!((left.len(), left.iter().any(|it| it.id == first.id)), (5, false));
        clock.set(clock.now() + Duration::from_secs(5));
        assert_eq!(outbox::due(&store, 10, 10).await.unwrap().len(), 6);
        assert_eq!(outbox::next(&store).await.unwrap().unwrap(), first.created_at);

        let later = fence::mint(&store, "alert_judge", "b").await.unwrap();
        assert!(matches!(store.fenced(&epoch).await, Err(StoreError::Fenced)));
        let mut fenced = store.fenced(&later).await.unwrap();
        outbox::give_up(&mut fenced, other.id, "gone").await.unwrap();
        let mut change = fenced.change().await.unwrap();
        webhooks::disable(&mut change, other.id, "gone").await.unwrap();
        change.commit().await.unwrap();
        let off = webhooks::find(&store, other.id).await.unwrap().unwrap();
        assert_eq!((off.spec.enabled, off.disabled_because.as_deref()), (false, Some("gone")));
        assert!(told(&store, &other).await.iter().all(|it| it.1 == DeliveryState::Dead));
        assert_eq!(outbox::due(&store, 10, 10).await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_written_in_versions_and_its_secret_is_sealed() {
    both(async |World { store, files, .. }| {
        let home = project(&store, "home").await;
        let webhook = hook(&store, Some(home.id), None).await;
        assert_eq!(webhooks::find(&store, webhook.id).await.unwrap().unwrap(), webhook);
        let spec = WebhookSpec { name: "other".to_owned(), ..webhook.spec.clone() };
        let mut change = store.change().await.unwrap();
        let newer = webhooks::update(&mut change, &webhook, webhook.version, spec).await.unwrap();
        change.commit().await.unwrap();
        let mut change = store.change().await.unwrap();
        let stale =
            webhooks::update(&mut change, &webhook, webhook.version, webhook.spec.clone()).await;
        assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
        drop(change);
        let other = project(&store, "other").await.id;
        let count = async |of: Option<&[ProjectId]>| {
            webhooks::list(&store, of, &Page::default()).await.unwrap().total
        };
        assert_eq!((count(None).await, count(Some(&[home.id])).await), (1, 1));
        assert_eq!((count(Some(&[other])).await, count(Some(&[])).await), (0, 0));
        let mut bytes = Vec::new();
        crate::safety::gather(&files, &mut bytes);
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("hooks.example") && !holds(SECRET));
        let mut change = store.change().await.unwrap();
        webhooks::delete(&mut change, webhook.id, newer.version).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(webhooks::find(&store, webhook.id).await.unwrap(), None);
    })
    .await;
}
