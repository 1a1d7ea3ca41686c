//! Clients that send slowly, too much, or all at once cost themselves and nobody else.
//!
//! Rows of the threat model, section A5:
//!
//! | row | test |
//! |---|---|
//! | 45 slow head | `heads::a_head_that_does_not_end_is_answered_408`, `heads::a_silent_client_is_closed` |
//! | 45 slow handshake | `heads::a_slow_socks_handshake_is_closed` |
//! | 46 slow body | `bodies::a_body_that_stands_still_is_given_up` |
//! | 46 slow reader | `bodies::a_client_that_does_not_read_is_given_up` |
//! | 46 dripping | `bodies::clients_that_drip_are_cut_off_and_rare_events_are_not` |
//! | 47 giant head | `heads::a_large_head_is_answered_431`, `heads::heads_without_end_take_no_memory` |
//! | 47 many fields | `heads::more_than_a_hundred_fields_are_answered_431` |
//! | 47 long URL | `heads::a_long_target_is_answered_414` |
//! | 48 flood, by number | `flood::a_full_node_closes_whoever_comes_next` |
//! | 48 flood, by its limit | `flood::a_node_with_few_descriptors_is_not_brought_down_by_a_flood` |
//! | 48 flood, by descriptors | `flood::a_node_without_descriptors_survives_and_recovers` |
//! | 45-48 at once | `crowd::ten_thousand_half_heads_and_a_thousand_slow_readers_harm_nobody` |
//! | 48 one user | `relay`: `overload::a_project_has_so_many_requests_under_way_and_no_more` |
//! | 49 memory | `relay`: `overload::a_node_short_of_memory_gives_up_one_thing_after_another`; `memory::a_roster_too_large_for_its_memory_is_noticed` |
//! | 50 idle tunnels | `policy/answers.rs`; `relay`: `tunnels::a_silent_tunnel_is_closed_after_its_idle_time` |
//! | W15 the API | `api::ten_thousand_questions_to_the_api_harm_no_tunnel` |
//! | 55 a panic in one request | needs one: there is none that a client could cause |
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod exhaustion {
    mod api;
    mod bodies;
    mod crowd;
    mod flood;
    mod heads;
    mod latencies;
    mod memory;
    pub(crate) mod stage;
}
