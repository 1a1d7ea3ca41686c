//! `/api/v1/system/log-filter`: what nodes log for a while.

use axum::Json;
use axum::extract::State as Shared;
use cluster::{Op, Signal};
use serde::{Deserialize, Serialize};
use store::log_filters::{self, LogFilter};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Admin;
use crate::check::{Check, DAY};
use crate::commit::commit;
use crate::problem::{Answer, Problem};
use crate::state::State;

/// What nodes are to log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogFilterSettings {
    /// A level, or directives such as `info,relay=debug`; `null`: what nodes were started with.
    filter: Option<String>,
    /// The node; `null`: all that have no filter of their own.
    #[serde(default)]
    instance_id: Option<String>,
    /// After so long nodes log again what they were started with: 1-86400.
    #[serde(default = "ten_minutes")]
    seconds: u64,
}

fn ten_minutes() -> u64 {
    600
}

/// What nodes log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogFilterView {
    /// The node that answers.
    instance_id: String,
    /// What that one logs now.
    filter: String,
    /// What is set for nodes, each within seconds. Those without a database are told through Redis.
    items: Vec<LogFilterItem>,
}

/// What is set for a node, or all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogFilterItem {
    /// `null`: for all nodes that have no filter of their own.
    instance_id: Option<String>,
    filter: String,
    until: String,
}

impl From<LogFilter> for LogFilterItem {
    fn from(set: LogFilter) -> Self {
        Self { instance_id: set.instance, filter: set.filter, until: set.until.to_string() }
    }
}

/// Shows what nodes log.
#[utoipa::path(get, path = "/system/log-filter", tag = "system", operation_id = "get_log_filter",
    responses((status = 200, body = LogFilterView)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Admin,
) -> Answer<Json<LogFilterView>> {
    let items = log_filters::list(&state.store).await?;
    Ok(Json(LogFilterView {
        instance_id: state.cluster.instance_id().to_owned(),
        filter: state.live.log_filter(),
        items: items.into_iter().map(LogFilterItem::from).collect(),
    }))
}

/// Sets what a node logs, or all of them, for a while.
#[utoipa::path(put, path = "/system/log-filter", tag = "system", operation_id = "set_log_filter",
    request_body = LogFilterSettings,
    responses((status = 200, body = LogFilterView), (status = 422, body = Problem)))]
pub(crate) async fn put(
    Shared(state): Shared<State>,
    caller: Admin,
    Body(settings): Body<LogFilterSettings>,
) -> Answer<Json<LogFilterView>> {
    let mut check = Check::default();
    let time = check.seconds("seconds", settings.seconds, (1, DAY));
    if let Some(instance) = &settings.instance_id {
        check.name("instance_id", instance);
    }
    if settings.filter.as_deref().is_some_and(|filter| !state.live.may_log(filter)) {
        check.fail("filter", "must be a level, or directives such as info,relay=debug");
    }
    check.text("filter", settings.filter.as_deref().unwrap_or_default(), 1000);
    check.done(())?;
    let until = state.clock.now() + time;
    let mut change = state.store.change().await?;
    let (instance, op) = (settings.instance_id, Op::Updated);
    match settings.filter {
        None => log_filters::clear(&mut change, instance.as_deref()).await?,
        Some(filter) => {
            let set = LogFilter { instance, filter, until };
            change.note(None::<&()>, Some(&LogFilterItem::from(set.clone())));
            log_filters::set(&mut change, set).await?;
        }
    }
    commit(&state, change, (Signal::LogFilterChanged, op), None).await?;
    get(Shared(state), caller).await
}
