//! Which proxies of a project somebody wants.

use std::collections::HashMap;

use model::{ProjectId, Proxy, ProxyId};
use serde::{Deserialize, Serialize};
use store::proxies::Window;
use store::{Listed, Page, proxies};
use utoipa::{IntoParams, ToSchema};

use crate::page::Paging;
use crate::problem::{Answer, Problem};
use crate::proxies::standing::Standing;
use crate::query::parsed;
use crate::state::State;

/// Which proxies are wanted: those that fit every part.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    connector_id: Option<String>,
    protocol: Option<String>,
    country: Option<String>,
    tag: Option<String>,
    enabled: Option<bool>,
    /// `disabled`, `quarantined`, `unknown`, `initializing`, `healthy`, `degraded`, `unhealthy`, `draining`
    /// or `terminating`, as far as the node that answers knows.
    status: Option<String>,
    /// Part of the host.
    search: Option<String>,
}

/// The same, as a part of a body: what is misspelt must not widen it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProxyFilter {
    #[serde(default)]
    connector_id: Option<String>,
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    enabled: Option<bool>,
    /// `disabled`, `quarantined`, `unknown`, `initializing`, `healthy`, `degraded`, `unhealthy`, `draining`
    /// or `terminating`, as far as the node that answers knows.
    #[serde(default)]
    status: Option<String>,
    /// Part of the host.
    #[serde(default)]
    search: Option<String>,
}

/// How a list of proxies is sorted, and where in it to begin.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sorting {
    /// `created`, `host`, `country` or `connector`; with a `-` before it the other way round.
    sort: Option<String>,
    /// Rows to leave out at the beginning, instead of `after`.
    offset: Option<u32>,
}

/// What has been understood of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    pub(crate) filter: proxies::Filter,
    /// What the database does not know.
    pub(crate) standing: Option<Standing>,
}

impl From<ProxyFilter> for Wanted {
    fn from(filter: ProxyFilter) -> Self {
        let ProxyFilter { connector_id, protocol, country, tag, enabled, status, search } = filter;
        Self { connector_id, protocol, country, tag, enabled, status, search }
    }
}

impl Wanted {
    /// `before` stands before the names of its fields where they are mistakes: `?`, or `/filter/`.
    pub(super) fn choice(self, before: &str) -> Answer<Choice> {
        let at = |field: &str| format!("{before}{field}");
        let filter = proxies::Filter {
            connector: parsed(&at("connector_id"), self.connector_id.as_deref())?,
            protocol: parsed(&at("protocol"), self.protocol.as_deref())?,
            country: parsed(&at("country"), self.country.as_deref())?,
            tag: self.tag.map(Into::into),
            enabled: self.enabled,
            search: self.search,
        };
        let standing = parsed(&at("status"), self.status.as_deref())?;
        let mut choice = Choice { filter, standing };
        if choice.standing == Some(Standing::Disabled) && choice.filter.enabled.is_none() {
            choice.filter.enabled = Some(false);
            choice.standing = None;
        }
        Ok(choice)
    }

    pub(super) fn is_everything(&self) -> bool {
        let Self { connector_id, protocol, country, tag, enabled, status, search } = self;
        let texts = [connector_id, protocol, country, tag, status, search];
        texts.iter().all(|text| text.is_none()) && enabled.is_none()
    }
}

impl Sorting {
    /// `None`: in the order of creation, page by page.
    pub(super) fn window(&self, paging: &Paging) -> Answer<Option<Window>> {
        if self.sort.is_none() && self.offset.is_none() {
            return Ok(None);
        }
        let Page { after, limit } = paging.page()?;
        if after.is_some() {
            return Err(Problem::mistake("?after", "must not be there with sort or offset"));
        }
        let order = parsed("?sort", self.sort.as_deref())?.unwrap_or_default();
        Ok(Some(Window { order, offset: self.offset.unwrap_or(0), limit }))
    }
}

impl Choice {
    /// All that fit, in the order of their creation.
    pub(super) async fn ids(&self, state: &State, project: ProjectId) -> Answer<Vec<ProxyId>> {
        let Self { filter, standing } = self;
        let mut ids = proxies::ids(&state.store, project, filter).await?;
        let Some(wanted) = standing else { return Ok(ids) };
        let off = match (wanted, filter.enabled) {
            (Standing::Disabled, Some(true)) => return Ok(Vec::new()),
            (Standing::Disabled, _) => return Ok(ids),
            (_, Some(false)) => return Ok(Vec::new()),
            (_, Some(true)) => Vec::new(),
            (_, None) => {
                let off = proxies::Filter { enabled: Some(false), ..filter.clone() };
                proxies::ids(&state.store, project, &off).await?
            }
        };
        let seen = Standing::of_all(state, project);
        let standing = |id: &ProxyId| match seen.get(id) {
            _ if off.binary_search(id).is_ok() => Standing::Disabled,
            Some(standing) => *standing,
            None => Standing::Unknown,
        };
        ids.retain(|id| standing(id) == *wanted);
        Ok(ids)
    }

    /// A page of those that fit.
    pub(super) async fn page(
        &self,
        state: &State,
        project: ProjectId,
        page: &Page,
    ) -> Answer<Listed<Proxy>> {
        if self.standing.is_none() {
            return Ok(proxies::list(&state.store, project, &self.filter, page).await?);
        }
        let ids = self.ids(state, project).await?;
        let from = page.after.map_or(0, |after| ids.partition_point(|id| id.uuid() <= after));
        let to = ids.len().min(from + page.limit as usize);
        let items = proxies::of(&state.store, project, &ids[from..to]).await?;
        let next = (to < ids.len()).then(|| ids[to - 1].uuid());
        Ok(Listed { items, next, total: ids.len() as u64 })
    }

    /// Part of those that fit, in any order.
    pub(super) async fn window(
        &self,
        state: &State,
        project: ProjectId,
        window: Window,
    ) -> Answer<Listed<Proxy>> {
        if self.standing.is_none() {
            return Ok(proxies::window(&state.store, project, &self.filter, window).await?);
        }
        let fitting = self.ids(state, project).await?;
        let mut ids = proxies::sorted(&state.store, project, &self.filter, window.order).await?;
        ids.retain(|id| fitting.binary_search(id).is_ok());
        let from = ids.len().min(window.offset as usize);
        let some = &ids[from..ids.len().min(from + window.limit as usize)];
        let mut items = proxies::of(&state.store, project, some).await?;
        let places: HashMap<_, _> =
            some.iter().zip(0..).map(|(id, place): (_, u32)| (*id, place)).collect();
        items.sort_by_key(|proxy| places.get(&proxy.id).copied());
        Ok(Listed { items, next: None, total: ids.len() as u64 })
    }
}
