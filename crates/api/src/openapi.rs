//! The document that describes every route, and the list of routes it is made from.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;
use crate::{
    auth, captures, certificates, cluster, connectors, credentials, projects, proxies, usage, users,
};

/// Every route under `/api/v1`, and what describes them.
pub(crate) fn described() -> (Router<State>, OpenApi) {
    let table = OpenApiRouter::new()
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::first::status))
        .routes(routes!(auth::first::setup))
        .routes(routes!(auth::first::set_password))
        .routes(routes!(users::me::get))
        .routes(routes!(users::me::change_password))
        .routes(routes!(users::endpoints::list, users::endpoints::create))
        .routes(routes!(users::endpoints::get, users::endpoints::update, users::endpoints::delete))
        .routes(routes!(users::endpoints::invite))
        .routes(routes!(projects::endpoints::list, projects::endpoints::create))
        .routes(routes!(
            projects::endpoints::get,
            projects::endpoints::update,
            projects::endpoints::delete
        ))
        .routes(routes!(projects::trial::post))
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
        .routes(routes!(proxies::upload::upload))
        .routes(routes!(proxies::quarantine::put, proxies::quarantine::delete))
        .routes(routes!(captures::endpoints::list, captures::endpoints::clear))
        .routes(routes!(captures::endpoints::get))
        .routes(routes!(captures::archive::download))
        .routes(routes!(captures::stream::watch))
        .routes(routes!(certificates::downloads::pem))
        .routes(routes!(certificates::downloads::der))
        .routes(routes!(certificates::downloads::crt))
        .routes(routes!(certificates::downloads::mobileconfig))
        .routes(routes!(certificates::endpoints::list, certificates::endpoints::create))
        .routes(routes!(certificates::endpoints::delete))
        .routes(routes!(usage::get))
        .routes(routes!(cluster::get));
    let (router, mut document) = OpenApiRouter::new().nest("/api/v1", table).split_for_parts();
    describe(&mut document);
    (router, document)
}

fn describe(document: &mut OpenApi) {
    document.info.title = "Octoprox".into();
    document.info.version = "1".into();
    document.info.description =
        Some("Projects, credentials, connectors, proxies and users of an installation.".to_owned());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let required = utoipa::openapi::SecurityRequirement::new("bearer", Vec::<String>::new());
    document.security = Some(vec![required]);
}
