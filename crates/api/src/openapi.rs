//! The document that describes every route, and the list of routes it is made from.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;
use crate::{
    alerts, api_keys, audit, auth, backup, captures, certificates, changes, cluster, connectors,
    credentials, exchanges, feedback, log_filter, projects, proxies, sessions, usage, users,
    webhooks,
};

/// Every route under `/api/v1`, and what describes them.
pub(crate) fn described() -> (Router<State>, OpenApi) {
    let table = people().merge(projects()).merge(proxies()).merge(installation());
    let table = table.merge(live()).merge(alarms());
    let (router, mut document) = OpenApiRouter::new().nest("/api/v1", table).split_for_parts();
    describe(&mut document);
    (router, document)
}

/// Who may do something, and what they did.
fn people() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::browser::create, auth::browser::end))
        .routes(routes!(auth::first::status))
        .routes(routes!(auth::first::setup))
        .routes(routes!(auth::first::set_password))
        .routes(routes!(users::me::get))
        .routes(routes!(users::me::change_password))
        .routes(routes!(users::endpoints::list, users::endpoints::create))
        .routes(routes!(users::endpoints::get, users::endpoints::update, users::endpoints::delete))
        .routes(routes!(users::endpoints::invite))
        .routes(routes!(audit::list))
        .routes(routes!(log_filter::get, log_filter::put))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::get, api_keys::delete))
}

fn projects() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(projects::endpoints::list, projects::endpoints::create))
        .routes(routes!(
            projects::endpoints::get,
            projects::endpoints::update,
            projects::endpoints::delete
        ))
        .routes(routes!(projects::trial::post))
        .routes(routes!(sessions::endpoints::list, sessions::endpoints::clear))
        .routes(routes!(sessions::endpoints::delete))
        .routes(routes!(credentials::endpoints::list, credentials::endpoints::create))
        .routes(routes!(
            credentials::endpoints::get,
            credentials::endpoints::update,
            credentials::endpoints::delete
        ))
        .routes(routes!(connectors::endpoints::list, connectors::endpoints::create))
        .routes(routes!(
            connectors::endpoints::get,
            connectors::endpoints::update,
            connectors::endpoints::delete
        ))
        .routes(routes!(captures::endpoints::list, captures::endpoints::clear))
        .routes(routes!(captures::endpoints::get))
        .routes(routes!(captures::archive::download))
        .routes(routes!(captures::stream::watch))
        .merge(usage::routes())
}

fn proxies() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(
            proxies::endpoints::list,
            proxies::endpoints::create,
            proxies::endpoints::delete_matching
        ))
        .routes(routes!(
            proxies::endpoints::get,
            proxies::endpoints::update,
            proxies::endpoints::delete
        ))
        .routes(routes!(proxies::summary::get))
        .routes(routes!(proxies::bulk::post))
        .routes(routes!(proxies::test::many))
        .routes(routes!(proxies::test::one))
        .routes(routes!(proxies::upload::upload))
        .routes(routes!(proxies::table::download))
        .routes(routes!(proxies::quarantine::put, proxies::quarantine::delete))
}

fn installation() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(certificates::downloads::pem))
        .routes(routes!(certificates::downloads::der))
        .routes(routes!(certificates::downloads::crt))
        .routes(routes!(certificates::downloads::mobileconfig))
        .routes(routes!(certificates::endpoints::list, certificates::endpoints::create))
        .routes(routes!(certificates::endpoints::delete))
        .routes(routes!(backup::export))
        .routes(routes!(backup::import))
        .routes(routes!(cluster::get))
        .routes(routes!(cluster::drain::post))
        .routes(routes!(cluster::drain::undo))
}

/// What happens now, or would.
fn live() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(exchanges::endpoints::list))
        .routes(routes!(exchanges::endpoints::get))
        .routes(routes!(exchanges::stream::watch))
        .routes(routes!(changes::watch))
        .routes(routes!(cluster::stream::watch))
        .routes(routes!(projects::explain::post))
        .routes(routes!(feedback::post))
}

/// What people should know of, and who tells them.
fn alarms() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::get))
        .routes(routes!(alerts::acknowledge))
        .routes(routes!(webhooks::endpoints::list, webhooks::endpoints::create))
        .routes(routes!(
            webhooks::endpoints::get,
            webhooks::endpoints::update,
            webhooks::endpoints::delete
        ))
        .routes(routes!(webhooks::endpoints::test))
        .routes(routes!(webhooks::endpoints::deliveries))
}

fn describe(document: &mut OpenApi) {
    document.info.title = "Octoprox".into();
    document.info.version = "1".into();
    document.info.description =
        Some("Projects, credentials, connectors, proxies and users of an installation.".to_owned());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("octoprox")));
    components.add_security_scheme("cookie", cookie);
    let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).build();
    components.add_security_scheme("proxy_login", SecurityScheme::Http(basic));
    let either = ["bearer", "cookie"];
    let either = either.map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
    document.security = Some(either.to_vec());
}
