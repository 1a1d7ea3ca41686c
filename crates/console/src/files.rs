//! The files that `make web` leaves in `web/dist`.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path};

use rust_embed::RustEmbed;

use crate::coding::Coding;

/// The console's only page.
pub(crate) const PAGE: &str = "index.html";

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// A file, or what it is compressed to.
pub(crate) struct File {
    pub(crate) content: Cow<'static, [u8]>,
    /// Its entity tag (RFC 9110 section 8.8.3).
    pub(crate) tag: String,
}

/// The file of this name, unless it is the compressed form of another.
pub(crate) fn find(name: &str) -> Option<File> {
    let compressed = [Coding::Brotli, Coding::Gzip].map(Coding::suffix);
    let is_one = compressed.iter().any(|suffix| name.ends_with(suffix));
    if is_one { None } else { load(name) }
}

/// The file in its compressed form.
pub(crate) fn coded(name: &str, coding: Coding) -> Option<File> {
    load(&format!("{name}{}", coding.suffix()))
}

/// Whether there is a compressed form of it.
pub(crate) fn has(name: &str, coding: Coding) -> bool {
    coded(name, coding).is_some()
}

fn load(name: &str) -> Option<File> {
    if cfg!(debug_assertions) {
        return from_disk(name);
    }
    let file = Dist::get(name)?;
    let mut digest = [0; 16];
    digest.copy_from_slice(&file.metadata.sha256_hash()[..16]);
    let tag = format!("\"{:032x}\"", u128::from_be_bytes(digest));
    Some(File { content: file.data, tag })
}

/// As it is now, so that whoever works on the console need not compile the node again. The macro would
/// do so too, but not in a folder that was made after the macro was run.
fn from_disk(name: &str) -> Option<File> {
    let is_below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    let content = is_below.then(|| std::fs::read(dist.join(name)).ok())??;
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    Some(File { content: content.into(), tag: format!("\"{:016x}\"", hasher.finish()) })
}

/// The media type that the name of a file stands for.
pub(crate) fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "map" => "application/json",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
