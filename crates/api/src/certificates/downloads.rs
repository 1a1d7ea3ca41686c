//! `/api/v1/mitm/ca`: the roots as devices take them. No login: a certificate is no secret.

use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use store::roots::{self, Shown};
use utoipa::IntoParams;

use crate::certificates::{profile, read};
use crate::problem::{Answer, Problem};
use crate::query::Asked;
use crate::state::State;

/// Android knows a certificate by this type, and others do too.
const DER: &str = "application/x-x509-ca-cert";

/// Which root is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The fingerprint of a root; absent: the newest.
    fingerprint: Option<String>,
}

/// All roots in one PEM text, the newest first.
#[utoipa::path(get, path = "/mitm/ca", tag = "mitm", operation_id = "download_roots",
    responses((status = 200, body = String, content_type = "application/x-pem-file"),
        (status = 404, body = Problem)), security(()))]
pub(crate) async fn pem(Shared(state): Shared<State>) -> Answer<Response> {
    let pem: String = newest_first(&state).await?.into_iter().map(|r| r.certificate_pem).collect();
    Ok(attachment("application/x-pem-file", "pem", pem))
}

/// One root as DER.
#[utoipa::path(get, path = "/mitm/ca.der", tag = "mitm", operation_id = "download_root_der",
    params(Which), responses((status = 200, body = Vec<u8>, content_type = DER),
        (status = 404, body = Problem)), security(()))]
pub(crate) async fn der(
    Shared(state): Shared<State>,
    Asked(which): Asked<Which>,
) -> Answer<Response> {
    one(&state, which, "der").await
}

/// The same under the name that Android looks for.
#[utoipa::path(get, path = "/mitm/ca.crt", tag = "mitm", operation_id = "download_root_crt",
    params(Which), responses((status = 200, body = Vec<u8>, content_type = DER),
        (status = 404, body = Problem)), security(()))]
pub(crate) async fn crt(
    Shared(state): Shared<State>,
    Asked(which): Asked<Which>,
) -> Answer<Response> {
    one(&state, which, "crt").await
}

/// All roots as a profile for Apple devices.
#[utoipa::path(get, path = "/mitm/ca.mobileconfig", tag = "mitm",
    operation_id = "download_roots_profile",
    responses((status = 200, body = String, content_type = profile::KIND),
        (status = 404, body = Problem)), security(()))]
pub(crate) async fn mobileconfig(Shared(state): Shared<State>) -> Answer<Response> {
    let roots = newest_first(&state).await?;
    let certificates = roots.iter().map(read).collect::<Answer<Vec<_>>>()?;
    Ok(attachment(profile::KIND, "mobileconfig", profile::write(&certificates)))
}

/// All roots, of which there is at least one.
async fn newest_first(state: &State) -> Answer<Vec<Shown>> {
    let mut roots = roots::list(&state.store).await?;
    if roots.is_empty() {
        return Err(Problem::not_found("root"));
    }
    roots.reverse();
    Ok(roots)
}

async fn one(state: &State, which: Which, ending: &str) -> Answer<Response> {
    let wanted = |root: &&Shown| which.fingerprint.as_ref().is_none_or(|f| *f == root.fingerprint);
    let roots = newest_first(state).await?;
    let root = roots.iter().find(wanted).ok_or_else(|| Problem::not_found("root"))?;
    Ok(attachment(DER, ending, read(root)?.der().to_vec()))
}

fn attachment(kind: &'static str, ending: &str, content: impl Into<Body>) -> Response {
    let name = format!("attachment; filename=\"octoprox-ca.{ending}\"");
    let fields = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        // There may be another one tomorrow.
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (fields, content.into()).into_response()
}
