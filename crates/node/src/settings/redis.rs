//! Where Redis is: read as those read it who connect.

use cluster::ClusterError;
use model::Secret;

use super::mistakes::Noted;
use super::reader::Reader;

/// `None`: this node is alone.
pub(super) fn read(reader: &mut Reader) -> Result<Option<Secret>, Noted> {
    let Some(url) = reader.optional("redis_url", |text, _| Some(Secret::from(text)))? else {
        return Ok(None);
    };
    match cluster::Settings::parse(&url) {
        Ok(_) => Ok(Some(url)),
        Err(ClusterError::BadUrl(what)) => Err(reader.wrong("redis_url", what)),
        Err(error) => Err(reader.wrong("redis_url", &error.to_string())),
    }
}
