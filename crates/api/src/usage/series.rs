//! `GET /api/v1/projects/{project}/usage/series`, and the same of all projects together.

use axum::Json;
use axum::extract::{Path, State as Shared};
use jiff::Timestamp;
use model::place::Country;
use model::{ConnectorId, Host, ProjectId, ProxyId};
use serde::{Deserialize, Serialize};
use store::usage::{self, About, Series};
use utoipa::{IntoParams, ToSchema};

use super::point::SeriesPoint;
use crate::caller::Viewer;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::{Asked, parsed};
use crate::state::State;

/// Points that a series has at most, and those that it has unless a step is asked for.
const MOST_POINTS: i64 = 5_000;
const USUAL_POINTS: i64 = 300;
/// Series of one answer at most.
const MOST_SERIES: u32 = 12;
/// What a point can sum up, in seconds.
const STEPS: [u32; 7] = [60, 300, 900, 3_600, 21_600, 86_400, 604_800];

/// Which time is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// From when on, RFC 3339; a day ago if absent.
    from: Option<String>,
    /// Until when, RFC 3339; now if absent.
    until: Option<String>,
    /// `auto` (if absent), or the seconds that one point sums up: 60, 300, 900, 3600, 21600, 86400,
    /// 604800. Old usage is kept in longer steps, and is shown in no shorter ones.
    step: Option<String>,
}

/// What is wanted of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `project` (if absent), `connectors`, `proxies`, `hosts` or `countries`: one series each, of
    /// the busiest twelve. `proxies` goes with `proxy_id`.
    level: Option<String>,
    /// This connector alone.
    connector_id: Option<String>,
    /// This proxy alone. It has no outcomes, status classes or percentiles.
    proxy_id: Option<String>,
    /// This host alone. In each minute the 50 busiest are told apart; `others` are the rest.
    host: Option<String>,
    /// Requests that left from this country alone; `unknown`: from none that is known.
    country: Option<String>,
}

/// What went through over time, on all nodes together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageSeries {
    from: String,
    until: String,
    /// What one point sums up.
    step_seconds: u32,
    /// The busiest first.
    series: Vec<SeriesItem>,
}

/// One thing over time.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct SeriesItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    connector_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_id: Option<String>,
    /// `others`: those that are not told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// `unknown`: where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// The sum of all points.
    totals: SeriesPoint,
    /// In order; none where there was nothing.
    points: Vec<SeriesPoint>,
}

/// What of a project.
enum Asks {
    Series(About, Option<String>),
    Proxy(ConnectorId, ProxyId),
}

/// Shows what a project used over time. At the level of the project each request counts once; at
/// those of connectors and proxies each attempt does, while outcomes, statuses and percentiles are
/// those of requests. What is shown is some seconds old.
#[utoipa::path(get, path = "/projects/{project}/usage/series", tag = "usage",
    operation_id = "get_usage_series", params(("project" = String, Path), Wanted, Range),
    responses((status = 200, body = UsageSeries), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
    Asked(range): Asked<Range>,
) -> Answer<Json<UsageSeries>> {
    let project = existing(&state, &project).await?;
    let (about, subject) = match asks(&state, project, &wanted).await? {
        Asks::Series(about, subject) => (about, subject),
        Asks::Proxy(connector, proxy) => {
            let wanted = range.wanted(&state, Some(project), (About::Project, None))?;
            let series = usage::proxy_series(&state.store, (connector, proxy), &wanted).await?;
            let item = SeriesItem {
                connector_id: Some(connector.to_string()),
                proxy_id: Some(proxy.to_string()),
                ..SeriesItem::of(About::Project, &series)
            };
            return Ok(Json(UsageSeries::of(&wanted, vec![item])));
        }
    };
    let wanted = range.wanted(&state, Some(project), (about, subject))?;
    answer(&state, &wanted).await
}

/// Shows what all projects together used over time.
#[utoipa::path(get, path = "/usage/series", tag = "usage", operation_id = "get_fleet_usage_series",
    params(Range), responses((status = 200, body = UsageSeries), (status = 422, body = Problem)))]
pub(crate) async fn get_fleet(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Asked(range): Asked<Range>,
) -> Answer<Json<UsageSeries>> {
    let wanted = range.wanted(&state, None, (About::Fleet, None))?;
    answer(&state, &wanted).await
}

async fn answer(state: &State, wanted: &usage::Wanted) -> Answer<Json<UsageSeries>> {
    let found = usage::series(&state.store, wanted).await?;
    let items = found.iter().map(|series| SeriesItem::of(wanted.about, series)).collect();
    Ok(Json(UsageSeries::of(wanted, items)))
}

async fn asks(state: &State, project: ProjectId, wanted: &Wanted) -> Answer<Asks> {
    let Wanted { level, connector_id, proxy_id, host, country } = wanted;
    let connector: Option<ConnectorId> = parsed("?connector_id", connector_id.as_deref())?;
    let about = match level.as_deref() {
        None | Some("project") => None,
        Some("connectors") => Some(About::Connector),
        Some("hosts") => Some(About::Host),
        Some("countries") => Some(About::Country),
        Some("proxies") if proxy_id.is_some() => None,
        Some("proxies") => return Err(Problem::mistake("?proxy_id", "goes with level=proxies")),
        Some(_) => {
            let detail = "must be one of: project, connectors, proxies, hosts, countries";
            return Err(Problem::mistake("?level", detail));
        }
    };
    let proxy: Option<ProxyId> = parsed("?proxy_id", proxy_id.as_deref())?;
    if let Some(proxy) = proxy {
        let connector = match connector {
            Some(connector) => connector,
            None => {
                store::proxies::find(&state.store, (project, proxy))
                    .await?
                    .ok_or_else(|| {
                        Problem::mistake("?proxy_id", "is not known; say connector_id, too")
                    })?
                    .connector
            }
        };
        return Ok(Asks::Proxy(connector, proxy));
    }
    let filter = match (connector, host.as_deref(), country.as_deref()) {
        (None, None, None) => (about.unwrap_or(About::Project), None),
        (Some(connector), None, None) => (About::Connector, Some(connector.to_string())),
        (None, Some(host), None) => (About::Host, Some(host_of(host)?)),
        (None, None, Some(country)) => (About::Country, Some(country_of(country)?)),
        _ => {
            let detail = "is one filter too many: choose one of connector_id, host, country";
            return Err(Problem::mistake("?host", detail));
        }
    };
    if about.is_some_and(|about| about != filter.0) {
        return Err(Problem::mistake("?level", "is another one than the filter's"));
    }
    Ok(Asks::Series(filter.0, filter.1))
}

fn host_of(text: &str) -> Answer<String> {
    if text == "others" {
        return Ok(String::new());
    }
    let host = Host::parse(text).map_err(|error| Problem::mistake("?host", error.to_string()))?;
    Ok(host.to_string())
}

fn country_of(text: &str) -> Answer<String> {
    let country = Some(text).filter(|text| *text != "unknown");
    let country: Option<Country> = parsed("?country", country)?;
    Ok(country.map(|country| country.to_string()).unwrap_or_default())
}

// === impl Range ===

impl Range {
    fn wanted(
        &self,
        state: &State,
        project: Option<ProjectId>,
        (about, subject): (About, Option<String>),
    ) -> Answer<usage::Wanted> {
        let now = state.clock.now();
        let until: Timestamp = parsed("?until", self.until.as_deref())?.unwrap_or(now);
        let day_before =
            || until.checked_sub(jiff::SignedDuration::from_hours(24)).unwrap_or(until);
        let from: Timestamp = parsed("?from", self.from.as_deref())?.unwrap_or_else(day_before);
        let seconds = until.as_second().saturating_sub(from.as_second());
        if seconds <= 0 {
            return Err(Problem::mistake("?until", "must be later than from"));
        }
        let asked = self.step.as_deref().filter(|step| *step != "auto");
        let asked: Option<u32> = parsed("?step", asked)?;
        if asked.is_some_and(|step| !STEPS.contains(&step)) {
            return Err(Problem::mistake("?step", "must be auto or one of the steps there are"));
        }
        let most = if asked.is_some() { MOST_POINTS } else { USUAL_POINTS };
        let least = usage::shortest_step(&state.store, from).max(asked.unwrap_or(60));
        let fits = |step: &u32| *step >= least && seconds / i64::from(*step) <= most;
        let step = STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1]);
        if seconds / i64::from(step) > MOST_POINTS {
            return Err(Problem::mistake("?from", "makes the range too long"));
        }
        Ok(usage::Wanted { project, about, subject, from, until, step, most: MOST_SERIES })
    }
}

// === impl UsageSeries ===

impl UsageSeries {
    fn of(wanted: &usage::Wanted, series: Vec<SeriesItem>) -> Self {
        let (from, until) = (wanted.from.to_string(), wanted.until.to_string());
        Self { from, until, step_seconds: wanted.step, series }
    }
}

impl SeriesItem {
    fn of(about: About, series: &Series) -> Self {
        let mut sum = model::Measures::default();
        for (_, measures) in &series.points {
            sum.add(measures);
        }
        let subject = |word: &str| {
            let name = Some(&series.subject).filter(|name| !name.is_empty());
            Some(name.cloned().unwrap_or_else(|| word.to_owned()))
        };
        let mut item = Self { totals: SeriesPoint::of(None, &sum), ..Self::default() };
        match about {
            About::Fleet | About::Project => {}
            About::Connector => item.connector_id = subject(""),
            About::Host => item.host = subject("others"),
            About::Country => item.country = subject("unknown"),
        }
        let points = series.points.iter();
        item.points = points.map(|(at, sum)| SeriesPoint::of(Some(*at), sum)).collect();
        item
    }
}
