//! What a project may say of the inside of tunnels, by chance.

use model::ban::{Actions, BanRule, Signs};
use model::interception::{Browser, Mode, Unknown};
use model::rewrite::{Block, FieldChange, UserAgent};
use model::{DomainRule, Inspection, Interception, Rewrites};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Bits, seconds, texts};

pub(super) type Inspected = (Interception, Vec<BanRule>, Rewrites, Inspection);

pub(super) fn inspected() -> impl Strategy<Value = Inspected> {
    let inspection = any::<(u16, u32, u32)>().prop_map(|(permille, keep, body_bytes)| Inspection {
        permille,
        keep,
        body_bytes,
    });
    (interception(), vec(ban(), 0..4), rewrites(), inspection)
}

fn domains() -> impl Strategy<Value = Vec<DomainRule>> {
    texts(&["example.com", "*.example.org", "=example.net", "*", "192.0.2.7"])
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,20}"
}

fn interception() -> impl Strategy<Value = Interception> {
    let words = (select(Mode::ALL), select(Browser::ALL), select(Unknown::ALL));
    (words, domains(), option::of(text()), domains()).prop_map(
        |((mode, browser, unknown), bypass, extra_roots, unverified)| Interception {
            mode,
            browser,
            unknown,
            bypass,
            extra_roots,
            unverified,
        },
    )
}

fn ban() -> impl Strategy<Value = BanRule> {
    let signs = (
        vec(any::<(u16, u16)>(), 0..3),
        option::of((text(), text())),
        option::of(text()),
        option::of(any::<(u64, u64)>()),
        option::of(text()),
    );
    let signs = signs.prop_map(|(status, header, redirect, size, body)| Signs {
        status,
        header,
        redirect,
        size,
        body,
    });
    let times = (option::of(seconds()), option::of(seconds()));
    let actions = (any::<Bits>(), times, option::of(text())).prop_map(
        |([retry, rotate_session, replay_unsafe], (mark, quarantine), tag)| Actions {
            retry,
            mark,
            quarantine,
            rotate_session,
            tag,
            replay_unsafe,
        },
    );
    (text(), any::<[bool; 2]>(), domains(), signs, actions, any::<u8>()).prop_map(
        |(name, [enabled, dry_run], domains, signs, actions, max_share)| BanRule {
            name,
            enabled,
            domains,
            signs,
            actions,
            dry_run,
            max_share,
        },
    )
}

fn rewrites() -> impl Strategy<Value = Rewrites> {
    let change = || {
        prop_oneof![
            (text(), text()).prop_map(|(name, value)| FieldChange::Set { name, value }),
            text().prop_map(|name| FieldChange::Remove { name }),
        ]
    };
    let user_agent = prop_oneof![
        Just(UserAgent::Keep),
        text().prop_map(UserAgent::Fixed),
        vec(text(), 0..3).prop_map(UserAgent::Session),
        vec(text(), 0..3).prop_map(UserAgent::Request),
    ];
    let block = (domains(), vec(text(), 0..3), vec(text(), 0..3))
        .prop_map(|(hosts, paths, content_types)| Block { hosts, paths, content_types });
    (vec(change(), 0..4), vec(change(), 0..4), user_agent, vec(block, 0..3)).prop_map(
        |(request, response, user_agent, block)| Rewrites { request, response, user_agent, block },
    )
}
