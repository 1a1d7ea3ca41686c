//! The dialer against exits on real sockets.

mod exits;
mod http;
mod socks4;
mod socks5;
mod tls;
mod direct;
mod rebinding;
