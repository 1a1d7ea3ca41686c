//! Lists of proxies: the same entries however the list arrives, and no word of it in an error.
#![no_main]

use fuzz::cuts;
use libfuzzer_sys::fuzz_target;
use model::proxy::ProxySpec;
use provider::list::{self, Defaults, Format, LineError, Reader};

type Entry = (u64, Result<ProxySpec, LineError>);

/// Where the words of our own messages stand: text that a list shares with them is no leak.
const OURS: &[&str] = &[
    include_str!("../../../provider/src/error.rs"),
    include_str!("../../../provider/src/list/cells.rs"),
    include_str!("../../../provider/src/list/columns.rs"),
    include_str!("../../../provider/src/list/json.rs"),
    include_str!("../../../model/src/target.rs"),
    include_str!("../../../model/src/place.rs"),
];
/// Shorter texts may well be in both by chance.
const TELLING: usize = 6;

fuzz_target!(|bytes: &[u8]| {
    for format in [None, Some(Format::Lines), Some(Format::Csv), Some(Format::Json)] {
        let whole = read(&[bytes], format);
        for cut in cuts::of(bytes) {
            assert_eq!(read(&cut, format), whole, "{format:?} in {} pieces", cut.len());
        }
        let mut errors: Vec<LineError> = Vec::new();
        for (_, entry) in whole {
            match entry {
                Ok(spec) => check(&spec),
                Err(error) if errors.contains(&error) => {}
                Err(error) => errors.push(error),
            }
        }
        errors.iter().for_each(|error| tells_nothing(bytes, error));
    }
    for line in String::from_utf8_lossy(bytes).lines() {
        match list::parse_line(line, &Defaults::default()) {
            Ok(Some(spec)) => check(&spec),
            Ok(None) => {}
            Err(error) => tells_nothing(line.as_bytes(), &error),
        }
    }
});

fn read(pieces: &[&[u8]], format: Option<Format>) -> Vec<Entry> {
    let (mut reader, mut entries) = (Reader::new(format, Defaults::default()), Vec::new());
    for piece in pieces {
        reader.feed(piece, &mut entries);
    }
    reader.finish(&mut entries);
    entries
}

/// What an entry promises, and that its address is a line that is read as the same.
fn check(spec: &ProxySpec) {
    let endpoint = &spec.endpoint;
    assert_ne!(endpoint.port, 0);
    if let Some(login) = &endpoint.login {
        assert!((1..=255).contains(&login.username.len()));
        assert!(login.password.expose().len() <= 255);
        assert!(!login.username.contains(char::is_control));
        assert!(!login.password.expose().contains(char::is_control));
    }
    assert!(spec.tags.len() <= 32, "{} tags", spec.tags.len());
    let again = list::parse_line(&endpoint.address(), &Defaults::default());
    let again = again.ok().flatten().map(|again| again.endpoint.address());
    assert_eq!(again, Some(endpoint.address()));
}

fn tells_nothing(bytes: &[u8], error: &LineError) {
    for text in [error.to_string(), format!("{error:?}")] {
        for part in text.as_bytes().windows(TELLING).filter(|part| !part.contains(&b' ')) {
            let is_ours = || OURS.iter().any(|ours| contains(ours.as_bytes(), part));
            assert!(!contains(bytes, part) || is_ours(), "{text}");
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}
