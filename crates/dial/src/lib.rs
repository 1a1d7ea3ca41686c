#![doc = include_str!("../README.md")]

mod dial;
mod settings;
mod http_connect;
mod socks5;
mod socks4;
mod direct;
mod entered;
pub mod guard;
mod resolve;
mod tcp;
mod tls;
mod stream;
mod origin;
mod error;

pub use dial::{Dialer, How};
pub use entered::Bounds;
pub use error::{BadAnswer, DialError, TrustError};
pub use guard::{AddressClass, Forbidden, Guard};
pub use http_connect::proxy_authorization;
pub use origin::{Handshake, OriginTrust, Secured, secure};
pub use settings::Settings;
pub use stream::{Stream, Transport};
pub use tls::TlsTrust;
