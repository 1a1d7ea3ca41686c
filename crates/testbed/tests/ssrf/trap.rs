//! A port on every address of this machine that nobody may connect to.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

/// A listener behind which nobody stands: whoever connects, even for a moment, stays in its queue.
pub(crate) struct Trap {
    listener: TcpListener,
    /// The port.
    pub(crate) port: u16,
}

impl Trap {
    /// A free port, on IPv4 and IPv6 where there is both.
    pub(crate) fn set() -> Self {
        let both = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0));
        let listener = both.or_else(|_no_ipv6| TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)));
        let listener = listener.unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        // It is a trap: one connection through each family is noticed.
        let trap = Self { listener, port };
        drop(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap());
        assert!(trap.listener.accept().is_ok(), "the trap does not close");
        trap
    }

    /// Nobody has connected so far.
    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        match self.listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            other => panic!("somebody connected: {other:?}"),
        }
    }
}
