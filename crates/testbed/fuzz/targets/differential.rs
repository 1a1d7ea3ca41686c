//! A stream of requests, read three times: what we accept, everybody reads as the same requests.
//!
//! A refusal of ours is always fine. Of a stream that we accept as a whole, `httparse` with lenient
//! framing must see the same requests, and hyper must have served them; of one we stop in, all must
//! agree on those before.
#![no_main]

use fuzz::exchange::{End, Reading};
use fuzz::{lenient, served, strict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let ours = strict::read(bytes);
    if ours.requests.is_empty() {
        return;
    }
    let theirs = lenient::read(bytes);
    agree(&ours, &theirs, "httparse");
    for (ours, theirs) in ours.requests.iter().zip(&theirs.requests) {
        assert_eq!(ours.target, theirs.target, "httparse");
    }
    if ours.end == End::Whole {
        assert_eq!((theirs.end, theirs.requests.len()), (End::Whole, ours.requests.len()));
    }
    let hyper = served::read(bytes);
    agree(&ours, &hyper, "hyper");
    if ours.end == End::Whole {
        assert!(hyper.requests.len() <= ours.requests.len(), "hyper: {:?}", hyper.requests);
        let missing = ours.requests.get(hyper.requests.len());
        // It does not read a `Connection` that is not ASCII, and closes where `keep-alive` is in it.
        let has_closed = hyper.end == End::Closed && !bytes.is_ascii();
        let is_refused = missing.is_some_and(|missing| is_not_for_hyper(&missing.target));
        assert!(missing.is_none() || has_closed || is_refused, "hyper stopped");
    }
});

/// Requests that both have read are the same.
fn agree(ours: &Reading, theirs: &Reading, who: &str) {
    for (ours, theirs) in ours.requests.iter().zip(&theirs.requests) {
        assert_eq!((&ours.method, &ours.body), (&theirs.method, &theirs.body), "{who}");
    }
}

/// hyper refuses targets that are no URI; we leave them to whoever looks at the target.
fn is_not_for_hyper(target: &str) -> bool {
    target.parse::<http::Uri>().is_err()
}
