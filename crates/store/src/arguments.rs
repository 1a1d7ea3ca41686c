//! Arguments of a statement, before it is known which database they go to.

use sqlx::{Arguments as _, Database, Encode, Type};

/// One argument. A null has a type too: Postgres wants to know it.
#[derive(Debug, Clone)]
pub(crate) enum Argument {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Bool(bool),
}

/// Arguments in the order of `$1`, `$2`, ..
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => {
        vec![$( $crate::arguments::Argument::from($argument) ),*]
    };
}
pub(crate) use arguments;

/// The arguments in the form of one database.
pub(crate) fn pack<DB>(arguments: Vec<Argument>) -> Result<DB::Arguments, sqlx::Error>
where
    DB: Database,
    for<'q> Option<String>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<i64>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<Vec<u8>>: Encode<'q, DB> + Type<DB>,
    for<'q> bool: Encode<'q, DB> + Type<DB>,
{
    let mut packed = DB::Arguments::default();
    for argument in arguments {
        let added = match argument {
            Argument::Text(text) => packed.add(text),
            Argument::Int(number) => packed.add(number),
            Argument::Bytes(bytes) => packed.add(bytes),
            Argument::Bool(truth) => packed.add(truth),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(packed)
}

// === impl Argument ===

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Argument {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Argument {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Argument {
    /// Counts that outgrow the databases' integers (9.2 · 10^18) stop there.
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<Vec<u8>> for Argument {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl From<Option<Vec<u8>>> for Argument {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<bool> for Argument {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Option<bool>> for Argument {
    /// For filters, which compare it as a number and want nulls.
    fn from(truth: Option<bool>) -> Self {
        Self::Int(truth.map(i64::from))
    }
}

macro_rules! ids {
    ($($id:ident)*) => { $(
        impl From<model::$id> for Argument {
            fn from(id: model::$id) -> Self {
                Self::Text(Some(id.to_string()))
            }
        }

        impl From<Option<model::$id>> for Argument {
            fn from(id: Option<model::$id>) -> Self {
                Self::Text(id.map(|id| id.to_string()))
            }
        }
    )* };
}

ids!(ProjectId CredentialId ConnectorId ProxyId UserId AlertId WebhookId DeliveryId);

impl From<model::Version> for Argument {
    fn from(version: model::Version) -> Self {
        Self::from(version.0)
    }
}

impl From<model::Revision> for Argument {
    fn from(revision: model::Revision) -> Self {
        Self::from(revision.0)
    }
}

impl From<jiff::Timestamp> for Argument {
    fn from(at: jiff::Timestamp) -> Self {
        Self::Int(Some(at.as_millisecond()))
    }
}
