//! Every key that begins alike, a bounded number of them, without stopping Redis.

use crate::connection::{Connection, Patience};
use crate::error::Result;

/// Keys looked at in one question.
const AT_ONCE: u32 = 1_000;

/// Keys that begin with `prefix`, `most` of them or a few more.
pub(super) async fn keys(
    connection: &Connection,
    prefix: &str,
    most: usize,
) -> Result<Vec<String>> {
    let (mut found, mut cursor) = (Vec::new(), 0_u64);
    loop {
        let mut asking = redis::cmd("SCAN");
        asking.arg(cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(AT_ONCE);
        let (next, some): (u64, Vec<String>) =
            connection.ask(Patience::Background, &asking).await?;
        found.extend(some);
        if next == 0 || found.len() >= most {
            return Ok(found);
        }
        cursor = next;
    }
}
