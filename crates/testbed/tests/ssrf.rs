//! No client gets this node, or an exit by its word, to talk to what is not on the public Internet.
//!
//! Rows of the threat model, section A2 (and U10, which asks for the same of services beside us):
//!
//! | row | test |
//! |---|---|
//! | 12 classes of addresses | `addresses::every_class_of_address_is_refused_at_every_door` |
//! | 12 no SYN | `addresses::nothing_is_dialled_on_the_way_to_a_refusal`; `dial`: `guard::tests` |
//! | 12 allow list with CIDR and port | `own::a_rule_opens_its_network_and_its_port_only`; `policy/targets.rs` |
//! | 12b, U10 our own ports | `own::our_own_ports_stay_shut_in_an_allowed_network` |
//! | 12b, U10 services beside us | `own::services_beside_the_node_are_out_of_reach` |
//! | 13 shared addresses | `addresses::every_class_of_address_is_refused_at_every_door` |
//! | 14 IPv4 inside IPv6 | `addresses::every_class_of_address_is_refused_at_every_door` |
//! | 15 odd spellings | `spellings::odd_spellings_of_addresses_are_no_targets` |
//! | 16 names with forbidden addresses | `names::a_name_of_this_machine_is_refused_by_its_address` |
//! | 16 rebinding | `dial`: `dial::tests::rebinding` |
//! | 17 names for this machine | `names::localhost_has_many_names` |
//! | 17 one name, one decision | `names::a_rule_counts_for_every_spelling_of_a_name` |
//! | 17 what is no name at all | `spellings::what_is_no_host_is_no_target` |
//! | 18 inner authority | comes with interception |
//! | 19 URLs given to the API | comes with whatever fetches them |
//! | 20 names that the exit resolves | `names::what_an_exit_resolves_is_up_to_the_exit` |
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ssrf {
    mod addresses;
    mod names;
    mod own;
    pub(crate) mod scene;
    mod spellings;
    mod trap;
}
