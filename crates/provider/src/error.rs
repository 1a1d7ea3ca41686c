//! `LineError`: what is wrong with an entry of a list, without a word of the entry.

use model::place::BadCountry;
use model::target::BadTarget;

/// Why an entry of a list is no proxy. No variant holds text of the entry, which may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A line, a CSV record or a JSON element beyond its limit.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The host is none, or the port is missing.
    #[error(transparent)]
    BadHost(#[from] BadTarget),
    /// Not 1-65535 in plain decimal digits.
    #[error("the port is not a number from 1 to 65535")]
    BadPort,
    /// An IPv6 address and a port cannot be told apart.
    #[error("an IPv6 address must stand in brackets before its port")]
    Unbracketed,
    /// The text before `://`, or in the column of the protocol.
    #[error("the protocol is none of http, https, socks4, socks4a, socks5, socks5h")]
    UnknownScheme,
    /// The user info of a URL cannot be decoded.
    #[error("the login has a % without two hexadecimal digits, or is not UTF-8 when decoded")]
    BadPercent,
    /// The login is beyond what RFC 1929 can carry, or holds control characters.
    #[error(
        "the login needs a user name of 1-255 bytes and a password of at most 255, without control characters"
    )]
    BadLogin,
    /// Two readings are possible.
    #[error("can be read in two ways: write it as scheme://user:password@host:port")]
    Ambiguous,
    /// The number of parts fits no form.
    #[error(
        "is in none of the known forms, such as host:port:user:password or scheme://user:password@host:port"
    )]
    BadShape,
    /// A path, a query or a fragment behind a URL's port.
    #[error("nothing but a slash may follow the port of a URL")]
    UrlPath,
    /// More text behind a proxy.
    #[error("only a # comment may follow the proxy")]
    Trailing,
    /// The country is no code.
    #[error("the country {0}")]
    BadCountry(#[from] BadCountry),
    /// A cell holds a value that its column cannot have.
    #[error("the value in column {column} is not one it may have")]
    BadColumn {
        /// The column, by its first name.
        column: &'static str,
    },
    /// No column of a CSV header says where the proxies are. Nothing of the document is read.
    #[error("the header has no column named host, ip, address, proxy or url")]
    NoHostColumn,
    /// Cells without a name in the header.
    #[error("the row has more cells than the header")]
    BadRow,
    /// Bytes that are not UTF-8.
    #[error("is not UTF-8 text")]
    NotUtf8,
    /// A JSON element, or what stands around it.
    #[error("{why}")]
    BadJson {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The list goes on beyond its limit. Nothing after this is read.
    #[error("more than {limit} entries")]
    TooMany {
        /// The limit.
        limit: u32,
    },
}
