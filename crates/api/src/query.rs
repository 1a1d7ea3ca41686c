//! Queries, read strictly enough to say what is wrong with them.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{Answer, Problem};

/// The parameters of a query that an endpoint knows.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(Problem::bad_request(rejection.body_text())),
        }
    }
}

/// A parameter that is written as text, if it is there.
pub(crate) fn parsed<T: FromStr>(pointer: &str, text: Option<&str>) -> Answer<Option<T>>
where
    T::Err: Display,
{
    let value = text.map(str::parse).transpose();
    value.map_err(|error: T::Err| Problem::mistake(pointer, error.to_string()))
}
