//! Versions of rows as entity tags (RFC 9110 sections 8.8.3 and 13.1.1).

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use model::Version;

use crate::problem::{Answer, Problem};

/// The entity tag of a version.
pub(crate) fn etag(version: Version) -> HeaderValue {
    let text = format!("\"{version}\"");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version that a client says it has read: required, so that nobody overwrites what they have
/// not seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IfMatch {
    /// `*`: whatever it is.
    Any,
    /// This one.
    Version(Version),
}

impl IfMatch {
    /// The version to write against, when the row is of `current` now.
    pub(crate) fn against(self, current: Version) -> Version {
        match self {
            Self::Any => current,
            Self::Version(version) => version,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Answer<Self> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "Name the version that you have read: If-Match with its ETag.",
            ));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self::Any);
        }
        let number = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match number.and_then(|number| number.parse().ok()) {
            Some(version) => Ok(Self::Version(Version(version))),
            None => Err(Problem::bad_request("If-Match is not an ETag of this API.")),
        }
    }
}
