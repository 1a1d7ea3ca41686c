//! The relay is strict and safe: raw bytes go in, and what comes out and what arrives is judged.
//!
//! Every row of the threats that a client or a target can send to the proxy port has its test. A
//! refusal is one answer of the node's own, with `Connection: close` and `Proxy-Status`, after which
//! nothing more is served; and smuggling is judged by what arrived: readers that trust different
//! fields must see the same one request in it, or none.
//!
//! | row | rule | tests |
//! |---|---|---|
//! | 1 | no login | `access::without_a_login_nothing_is_relayed` |
//! | 2 | bytes behind a refused CONNECT | `access::nothing_behind_a_refused_tunnel_is_served`, `a_tunnel_that_fails_ends_the_connection` |
//! | 3 | guessing | `access::guessing_is_stopped_after_ten_a_minute_for_that_source_alone` |
//! | 4 | who has an account | `access::time_does_not_tell_who_has_an_account`, `parameters_do_not_tell_who_has_an_account` |
//! | 5 | malformed credentials | `access::malformed_credentials_are_no_login` |
//! | 6 | lines in parameters | `access::parameters_do_not_become_lines` |
//! | 7 | `basic` in any case | `access::the_scheme_of_a_login_has_no_case` |
//! | 8 | ports of tunnels | `access::tunnels_lead_to_443_and_80_unless_more_is_allowed` |
//! | 9 | targets of tunnels | `access::a_tunnel_has_a_host_and_a_port_and_nothing_else` |
//! | 10 | the proxy itself | `access::the_node_is_no_target_of_its_own` |
//! | 21 | length and coding | `framing::length_and_coding_exclude_each_other` |
//! | 22 | other codings | `framing::the_coding_is_exactly_one_chunked`, `an_old_version_has_no_coding` |
//! | 23 | other lengths | `framing::the_length_is_one_plain_number` |
//! | 24 | chunks | `framing::chunks_are_to_the_letter`, `sound_chunks_arrive_without_their_extensions` |
//! | 25 | lines and names | `framing::lines_and_names_are_to_the_letter`, `empty_lines_in_front_are_nothing` |
//! | 26 | bodies nobody read | `answers::the_body_of_a_refused_request_is_not_read_as_one`, `a_body_that_nobody_read_is_not_read_as_a_request`, `what_stands_behind_an_answer_is_thrown_away` |
//! | 27 | upgrades | `answers::without_a_101_bytes_stay_http`, `a_101_that_nobody_asked_for_is_502` |
//! | 28 | versions | `framing::only_the_two_versions_are_spoken` |
//! | 29 | GET with a body | `framing::a_get_keeps_its_body` |
//! | 30 | URI and `Host` | `authority::host_is_made_anew_from_the_uri_of_a_plain_request`, `host_of_a_tunnel_names_its_target` |
//! | 31 | no, two, bad `Host` | `authority::there_is_one_host_and_it_is_one` |
//! | 32 | user info, fragment, controls | `authority::a_target_is_an_authority_and_a_path_and_nothing_else` |
//! | 33 | answers of targets | `answers::an_answer_that_can_be_read_in_two_ways_is_502`, `announcements_without_an_answer_are_502`, `an_answer_that_does_not_begin_is_502`, `a_body_that_is_wrong_from_the_start_is_502`, `an_answer_that_breaks_off_is_not_ended_in_good_order` |
//! | 34 | trailers | `answers::trailers_add_nothing_in_either_direction` |
//! | 35 | `Expect` | `authority::the_only_expectation_is_100_continue`, `a_100_comes_from_the_origin_and_then_the_body_goes` |
//! | 36 | the client's login | `hop_by_hop::a_clients_login_ends_here_and_an_exits_login_there` |
//! | 37 | the exit's login | `hop_by_hop::an_exits_login_is_told_to_nobody_else` |
//! | 38 | what `Connection` names | `hop_by_hop::connection_does_not_name_what_servers_rely_on`, `what_connection_names_is_gone_and_ours_is_not` |
//! | 39 | hop-by-hop fields | `hop_by_hop::hop_by_hop_fields_end_here_whether_listed_or_not`, `hop_by_hop_fields_of_an_answer_end_here_too` |
//! | 40 | an exit's 407 | `hop_by_hop::a_407_from_behind_is_never_passed_on`, `a_407_from_the_target_is_none_of_its_business` |
//! | 41 | who the client is | `hop_by_hop::nothing_tells_the_target_who_the_client_is` |
//! | 42 | PROXY protocol | `hop_by_hop::a_proxy_header_that_was_not_asked_for_is_refused` |
//! | 43 | versions of ours | `hop_by_hop::no_version_of_ours_is_told` |
//! | 44 | TRACE | `hop_by_hop::trace_is_refused_and_echoes_nothing` |
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "strict/readings.rs"]
mod readings;
#[path = "strict/stage.rs"]
mod stage;
#[path = "strict/script.rs"]
mod script;
#[path = "strict/access.rs"]
mod access;
#[path = "strict/framing.rs"]
mod framing;
#[path = "strict/authority.rs"]
mod authority;
#[path = "strict/answers.rs"]
mod answers;
#[path = "strict/hop_by_hop.rs"]
mod hop_by_hop;
