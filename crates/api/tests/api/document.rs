//! The document that the console's types are made of.

use std::path::Path;

use crate::world::World;

/// `make generate` writes it anew, and makes the types of it.
#[tokio::test]
async fn the_consoles_copy_of_the_document_is_up_to_date() {
    let document = World::empty().await.get("", "/api/openapi.json").await.json();
    let mut text = serde_json::to_string_pretty(&document).unwrap();
    text.push('\n');
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/api/openapi.json");
    if std::env::var_os("OCTOPROX_GENERATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let copy = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(copy == text, "{} is not up to date: make generate", path.display());
}
