//! `GET /api/v1/projects/{project}/proxies.csv`

use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use compact_str::CompactString;
use futures_util::stream;
use http::header;
use model::{ProjectId, Proxy, ProxyId};
use store::proxies::Filter;
use store::{Page, StoreError, proxies};

use crate::caller::Viewer;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::proxies::wanted::Wanted;
use crate::query::Asked;
use crate::state::State;

const HEAD: &str = "id,connector_id,protocol,host,port,username,enabled,country,state,city,asn,isp,\
                    network,tags,status\r\n";
/// Rows that are read at a time.
const ROWS: u32 = 1000;

/// Downloads the proxies of a project as a table (CSV, RFC 4180), without passwords. A cell that a
/// spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/projects/{project}/proxies.csv", tag = "proxies",
    operation_id = "export_proxies", params(("project" = String, Path), Wanted),
    responses((status = 200, content_type = "text/csv", body = String),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn download(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Response> {
    let project = existing(&state, &project).await?;
    let choice = wanted.choice("?")?;
    // What proxies are at the moment would let pages overlap.
    let chosen = match choice.standing {
        Some(_) => Some(choice.ids(&state, project).await?.into_iter()),
        None => None,
    };
    let writing = Writing { state, project, filter: choice.filter, chosen, next: Next::Head };
    let pieces = stream::try_unfold(writing, async |mut writing| {
        let piece = writing.piece().await?;
        Ok::<_, StoreError>(piece.map(|piece| (piece, writing)))
    });
    let fields = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"proxies.csv\""),
    ];
    Ok((fields, Body::from_stream(pieces)).into_response())
}

/// A table that is being written.
struct Writing {
    state: State,
    project: ProjectId,
    filter: Filter,
    /// Those that are still to come, where it is known which.
    chosen: Option<std::vec::IntoIter<ProxyId>>,
    next: Next,
}

enum Next {
    Head,
    Rows(Page),
    Nothing,
}

impl Writing {
    async fn piece(&mut self) -> Result<Option<String>, StoreError> {
        let page = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Head => {
                self.next = Next::Rows(Page { after: None, limit: ROWS });
                return Ok(Some(HEAD.to_owned()));
            }
            Next::Rows(page) => page,
            Next::Nothing => return Ok(None),
        };
        let (items, more) = self.rows(&page).await?;
        if let Some(page) = more {
            self.next = Next::Rows(page);
        }
        let mut text = String::new();
        for proxy in &items {
            row(&self.state, proxy, &mut text);
        }
        Ok(Some(text))
    }

    /// The next rows, and where those behind them begin, if there are any.
    async fn rows(&mut self, page: &Page) -> Result<(Vec<Proxy>, Option<Page>), StoreError> {
        let (store, project) = (&self.state.store, self.project);
        let following = |after| Page { after, limit: ROWS };
        let Some(chosen) = &mut self.chosen else {
            let listed = proxies::list(store, project, &self.filter, page).await?;
            return Ok((listed.items, listed.next.map(|next| following(Some(next)))));
        };
        let some: Vec<_> = chosen.by_ref().take(ROWS as usize).collect();
        let items = proxies::of(store, project, &some).await?;
        Ok((items, (chosen.len() > 0).then(|| following(None))))
    }
}

fn row(state: &State, proxy: &Proxy, out: &mut String) {
    let (endpoint, place) = (&proxy.spec.endpoint, &proxy.spec.place);
    let text = |text: &Option<CompactString>| text.as_ref().map(ToString::to_string);
    let tags: Vec<_> = proxy.spec.tags.iter().map(CompactString::as_str).collect();
    let health = state.live.health(proxy.id);
    let cells = [
        Some(proxy.id.to_string()),
        Some(proxy.connector.to_string()),
        Some(endpoint.protocol.to_string()),
        Some(endpoint.host.to_string()),
        Some(endpoint.port.to_string()),
        endpoint.login.as_ref().map(|login| login.username.clone()),
        Some(proxy.spec.enabled.to_string()),
        place.country.map(|country| country.to_string()),
        text(&place.state),
        text(&place.city),
        place.asn.map(|asn| asn.to_string()),
        text(&place.isp),
        place.kind.map(|kind| kind.to_string()),
        Some(tags.join(" ")),
        health.map(|health| health.status.as_str().to_owned()),
    ];
    for (at, value) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        cell(&value.unwrap_or_default(), out);
    }
    out.push_str("\r\n");
}

/// Writes a cell so that every reader takes it for text (OWASP, CSV injection).
fn cell(value: &str, out: &mut String) {
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !is_formula && !value.contains([',', '"', '\r', '\n']) {
        out.push_str(value);
        return;
    }
    out.push('"');
    if is_formula {
        out.push('\'');
    }
    out.push_str(&value.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_the_table() {
        for (value, written) in [
            ("plain", "plain"),
            ("=cmd()", "\"'=cmd()\""),
            ("@a,b", "\"'@a,b\""),
            ("a \"b\"\r\n", "\"a \"\"b\"\"\r\n\""),
            ("", ""),
        ] {
            let mut out = String::new();
            cell(value, &mut out);
            assert_eq!(out, written);
        }
    }
}
