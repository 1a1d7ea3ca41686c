//! The one error envelope: problem details (RFC 9457).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::version::etag;

/// What went wrong, as the client is told (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The reason phrase of the status.
    pub(crate) title: &'static str,
    /// What went wrong in this case, in one sentence.
    pub(crate) detail: String,
    /// Every mistake in the body or the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Mistake>,
    #[serde(skip)]
    #[schema(ignore)]
    fields: Vec<(header::HeaderName, HeaderValue)>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Mistake {
    /// Where: a JSON pointer into the body (RFC 6901), or `?name` for a query parameter.
    pub(crate) pointer: String,
    /// What is wrong there.
    pub(crate) detail: String,
}

pub(crate) type Answer<T> = Result<T, Problem>;

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or("Error"),
            detail: detail.into(),
            errors: Vec::new(),
            fields: Vec::new(),
        }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    /// Something that cannot go wrong did: people read what in the log.
    pub(crate) fn broken(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "{what} cannot be told");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on this node.")
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn invalid(errors: Vec<Mistake>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{} {}.", only.pointer, only.detail),
            many => format!("{} fields are not valid.", many.len()),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// The one mistake that there is.
    pub(crate) fn mistake(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Mistake { pointer: pointer.into(), detail: detail.into() }])
    }

    pub(crate) fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.with(header::RETRY_AFTER, HeaderValue::from(seconds))
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let fields = std::mem::take(&mut self.fields);
        let mut response = (status, Json(self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response.headers_mut().extend(fields);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(what),
            StoreError::Conflict { current } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "Somebody else has changed it since you read it: read it again.",
            )
            .with(header::ETAG, etag(current)),
            StoreError::Duplicate { field } => Self {
                errors: vec![Mistake {
                    pointer: format!("/{field}"),
                    detail: "is already taken".to_owned(),
                }],
                ..Self::new(StatusCode::CONFLICT, format!("The {field} is already taken."))
            },
            StoreError::InUse { by } => {
                Self::new(StatusCode::CONFLICT, format!("It is still used by a {by}."))
            }
            StoreError::Invalid { field, why } => Self::mistake(format!("/{field}"), why),
            StoreError::Unavailable(source) => {
                tracing::error!(error = %source, "the database is not available");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "The database is not available.")
                    .retry_after(1)
            }
            broken => {
                tracing::error!(error = %broken, "the database cannot be used");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The database cannot be used.")
            }
        }
    }
}
