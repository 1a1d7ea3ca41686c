//! Blame, and what may be tried again, where no socket is needed to show it.

use super::*;

fn system(code: i32) -> io::Error {
    io::Error::from_raw_os_error(code)
}

#[test]
fn when_this_node_lacks_something_another_exit_helps_only_against_a_wrong_source_address() {
    for (code, another) in [(24, false), (23, false), (105, false), (12, false), (99, true)] {
        let error = DialError::NoSocket(system(code));
        assert_eq!((error.blame(), error.may_try_another()), (Blame::Node, another), "{code}");
        assert_eq!(error.proxy_status_error(), "proxy_internal_error");
    }
}

#[test]
fn an_unreachable_address_says_why() {
    for (code, token) in [
        (111, "connection_refused"),
        (104, "connection_terminated"),
        (110, "connection_timeout"),
        (101, "destination_ip_unroutable"),
        (113, "destination_ip_unroutable"),
        (22, "destination_unavailable"),
    ] {
        assert_eq!(DialError::ExitUnreachable(system(code)).proxy_status_error(), token);
        assert_eq!(DialError::TargetUnreachable(system(code)).proxy_status_error(), token);
    }
}
