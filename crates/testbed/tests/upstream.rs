//! What exits do wrong, each on its own and to the end: what the client is told, what the exit got
//! to see, and what became of the request.
//!
//! | row | test |
//! |---|---|
//! | U01 one login, ours | `logins::an_exit_sees_one_login_and_it_is_ours` |
//! | U02 closes, resets, hangs | `broken::an_exit_that_is_no_good_costs_less_than_its_timeout`; under load: `failover.rs` |
//! | U03 what follows a 200 to CONNECT | `answers::a_tunnel_begins_right_behind_the_head` |
//! | U03 nothing follows | `answers::a_tunnel_through_which_nothing_comes_is_open` |
//! | U04 407, 403, 429, 302 | `answers::a_refusal_is_never_relayed`, `answers::the_next_exit_is_tried`; `failover/nothing_left.rs` |
//! | U05 slow head | `answers::a_head_that_comes_byte_by_byte_is_waited_for` |
//! | U05 large head, chatter | `answers::a_head_that_is_too_much_is_a_502` |
//! | U06 bad certificate | `certificates::an_exit_that_cannot_prove_its_name_sees_no_login` |
//! | U07 dies within a body | `broken::a_megabyte_that_an_http_exit_dropped_is_sent_nowhere_else`, and `a_socks`; by the hundred: `failover/once.rs` |
//! | U08 odd passwords, IPv6 | `logins::every_password_arrives_as_it_was_given`, `logins::an_exit_may_have_an_ipv6_address` |
//! | U09 SOCKS5 gone wrong | `socks::an_exit_that_does_not_speak_socks_is_a_502`; long names: `socks::a_name_that_socks_cannot_carry_is_refused_before` |
//! | U10 services beside us | `ssrf/own.rs` |
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod upstream {
    mod answers;
    mod broken;
    mod certificates;
    mod logins;
    pub(crate) mod scene;
    mod scripted;
    mod socks;
}
