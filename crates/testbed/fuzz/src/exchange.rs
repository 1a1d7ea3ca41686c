//! What a reader of a stream of requests has found in it.

/// One request that has been read to its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// As sent; empty where the reader does not keep it that way.
    pub target: String,
    /// The content; of a CONNECT there is none, whatever follows.
    pub body: Vec<u8>,
}

/// Why a reader stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing is left.
    Whole,
    /// The connection does not go on behind the last request (`close`, CONNECT); bytes may be left.
    Closed,
    /// The stream ends within a request.
    Cut,
    /// A fault.
    Refused,
}

/// All of it.
pub struct Reading {
    pub requests: Vec<Request>,
    pub end: End,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.target, self.body.escape_ascii().to_string())
    }
}

impl Reading {
    /// How reading ends behind a request that has been read.
    pub fn behind(rest: &[u8], goes_on: bool) -> Option<End> {
        match (rest.is_empty(), goes_on) {
            (true, _) => Some(End::Whole),
            (false, false) => Some(End::Closed),
            (false, true) => None,
        }
    }
}
