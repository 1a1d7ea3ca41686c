//! What the endpoints of all nouns have in common: identifiers in a path, rows as answers.

use std::str::FromStr;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use model::{ProjectId, Version};
use serde::Serialize;
use uuid::Uuid;

use crate::problem::{Answer, Problem};
use crate::version::etag;

/// Reads an identifier in a path. One that cannot be is one that there is not.
pub(crate) fn id<T: FromStr>(noun: &str, text: &str) -> Answer<T> {
    text.parse().ok().ok_or_else(|| Problem::not_found(noun))
}

/// Reads the identifiers in the path of a noun that belongs to a project.
pub(crate) fn key<T: FromStr>(
    noun: &str,
    (project, text): &(String, String),
) -> Answer<(ProjectId, T)> {
    Ok((id("project", project)?, id(noun, text)?))
}

/// When a row was created: its identifier knows.
pub(crate) fn created_at(id: Uuid) -> Option<String> {
    let (seconds, _nanoseconds) = id.get_timestamp()?.to_unix();
    let at = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(at.to_string())
}

/// A row with the entity tag of its version.
pub(crate) fn shown(version: Version, view: impl Serialize) -> Response {
    ([(header::ETAG, etag(version))], Json(view)).into_response()
}

/// A row that has just been created, as it is `shown`, and where it is from now on.
pub(crate) fn created(location: String, shown: Response) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, location)], shown).into_response()
}
