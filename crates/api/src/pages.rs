//! The pages there are besides the API: its reference, and the web console.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::response::{Html, IntoResponse, Response};
use console::Asked;
use http::{Method, header};

use crate::problem::Problem;

pub(crate) async fn docs() -> Html<&'static str> {
    Html(include_str!("pages/docs.html"))
}

pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "docs.js" => ("text/javascript; charset=utf-8", include_str!("pages/docs.js")),
        "pages.css" => ("text/css; charset=utf-8", include_str!("pages/pages.css")),
        _ => return Problem::not_found("page").into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// What no route is for: an address of the console, where a browser asks.
pub(crate) async fn console(request: Request) -> Response {
    let path = request.uri().path();
    let of_machines = ["/api/", "/internal/", "/pages/"];
    let is_page = !of_machines.iter().any(|prefix| path.starts_with(prefix));
    if !is_page || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::not_found("page").into_response();
    }
    let field = |name| request.headers().get(name);
    let answer = console::answer(Asked {
        method: request.method(),
        path,
        accept_encoding: field(header::ACCEPT_ENCODING),
        if_none_match: field(header::IF_NONE_MATCH),
    });
    answer.map(|content| match content {
        Cow::Borrowed(bytes) => Body::from(Bytes::from_static(bytes)),
        Cow::Owned(bytes) => Body::from(bytes),
    })
}
