//! HTTP/2 to the letter, as clients of an intercepting relay meet it: tables of what is sent and of
//! what may become of it, judged as RFC 9113 and RFC 7541 say.
//!
//! A script is a list of frames with `;` between them: kind, stream, `+flags`, and what is inside.
//! Unless it begins with `bare`, a preface and empty settings go ahead of it. `<` waits for
//! something. An outcome is a list of which one has to come; of a connection that is not said to end,
//! it is made sure that it lives.

use crate::secure::{Site, Speaks};
use crate::world::World;

#[path = "conformance/script.rs"]
pub(crate) mod script;
#[path = "conformance/judge.rs"]
mod judge;
#[path = "conformance/accepted.rs"]
mod accepted;
#[path = "conformance/framing.rs"]
mod framing;
#[path = "conformance/streams.rs"]
mod streams;
#[path = "conformance/definitions.rs"]
mod definitions;
#[path = "conformance/messages.rs"]
mod messages;
#[path = "conformance/compression.rs"]
mod compression;

/// With `~` it is what the library does although the letter wants something else: mostly, it gives
/// `PROTOCOL_ERROR` as the reason where there is a more exact one. (h2spec does not mind, because the
/// connection is closed all the same.)
///
/// Section, what is done, the script, what may come of it.
type Row = (&'static str, &'static str, &'static str, &'static str);

async fn check(rows: &[Row]) {
    let site = Site::new(Speaks::Http1).await;
    let spec = crate::intercepted::intercepting(&site);
    let world = World::new(spec, Vec::new()).await;
    let mut wrong = Vec::new();
    for row in rows {
        if let Err(what) = judge::outcome(&world, &site, row).await {
            wrong.push(format!("{} {}: {what}, not {}", row.0, row.1, row.3));
        }
    }
    assert!(wrong.is_empty(), "of {} rows:\n{}", rows.len(), wrong.join("\n"));
}

#[test]
fn there_are_as_many_rows_as_in_other_suites() {
    let tables = [
        accepted::ROWS,
        accepted::FIELDS,
        framing::ROWS,
        streams::ROWS,
        definitions::ROWS,
        definitions::WINDOWS,
        messages::ROWS,
        messages::MEANING,
        compression::ROWS,
    ];
    let count: usize = tables.iter().map(|rows| rows.len()).sum();
    assert!(count >= 147, "{count}");
}

#[tokio::test]
async fn what_is_sound_is_accepted() {
    check(accepted::ROWS).await;
    check(accepted::FIELDS).await;
}

#[tokio::test]
async fn frames_have_their_form() {
    check(framing::ROWS).await;
}

#[tokio::test]
async fn streams_have_their_states() {
    check(streams::ROWS).await;
}

#[tokio::test]
async fn each_kind_of_frame_has_its_rules() {
    check(definitions::ROWS).await;
}

#[tokio::test]
async fn windows_are_kept() {
    check(definitions::WINDOWS).await;
}

#[tokio::test]
async fn messages_have_their_form() {
    check(messages::ROWS).await;
}

#[tokio::test]
async fn messages_mean_one_thing() {
    check(messages::MEANING).await;
}

#[tokio::test]
async fn compression_has_no_second_reading() {
    check(compression::ROWS).await;
}
