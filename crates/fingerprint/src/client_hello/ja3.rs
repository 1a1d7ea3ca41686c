//! JA3 as Salesforce published it: everything in the order in which it was sent, GREASE left out.

use md5::{Digest, Md5};

use super::ClientHello;
use crate::grease;
use crate::hex::hex;

pub(super) fn text(hello: &ClientHello) -> String {
    let list = |values: &[u16]| joined(grease::without(values));
    let formats = joined(hello.point_formats.iter().copied());
    [
        hello.version.to_string(),
        list(&hello.ciphers),
        list(&hello.extensions),
        list(&hello.groups),
        formats,
    ]
    .join(",")
}

pub(super) fn hash(hello: &ClientHello) -> String {
    hex(&Md5::digest(text(hello)))
}

fn joined(values: impl Iterator<Item = impl ToString>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join("-")
}
