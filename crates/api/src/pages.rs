//! The few pages there are besides the API: first set-up, invitations, the reference of the API.

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header;

use crate::problem::Problem;

pub(crate) async fn home() -> Redirect {
    Redirect::temporary("/api/docs")
}

pub(crate) async fn docs() -> Html<&'static str> {
    Html(include_str!("pages/docs.html"))
}

pub(crate) async fn setup() -> Html<&'static str> {
    Html(include_str!("pages/setup.html"))
}

pub(crate) async fn set_password() -> Html<&'static str> {
    Html(include_str!("pages/set_password.html"))
}

pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "docs.js" => ("text/javascript; charset=utf-8", include_str!("pages/docs.js")),
        "form.js" => ("text/javascript; charset=utf-8", include_str!("pages/form.js")),
        "pages.css" => ("text/css; charset=utf-8", include_str!("pages/pages.css")),
        _ => return Problem::not_found("page").into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
