//! Exits that break cost a client nothing, as long as one is left and nothing is sent twice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failover {
    pub(crate) mod load;
    mod midway;
    mod once;
    mod nothing_left;
}

use failover::load::Load;
use model::proxy::Protocol;
use testbed::proxies::{Behaviour, Setup};
use testbed::world::logins;

const REQUESTS: usize = 1_000;

/// One honest exit among two that are broken in this way: all requests are answered, by the target.
async fn survive(protocol: Protocol, behaviour: Behaviour) {
    let setup = || Setup::new(protocol).account("account", "canary-exit-password");
    let broken = [
        setup().behaving(behaviour).start().await.unwrap(),
        setup().behaving(behaviour).start().await.unwrap(),
    ];
    let honest = setup().start().await.unwrap();
    let exits = [&broken[0], &honest, &broken[1]];
    let list: String =
        exits.iter().map(|exit| logins(exit, [("account", "canary-exit-password")])).collect();
    let load = Load::start(&list).await.unwrap();
    load.send(REQUESTS).await.unwrap();
    assert_eq!(load.origin.request_count(), REQUESTS, "each of them once");
    let source = honest.source_of("account").unwrap();
    assert!(load.origin.requests().iter().all(|request| request.peer.ip() == source));
    if behaviour != Behaviour::Refuse {
        assert!(broken.iter().all(|exit| exit.connections() > 0), "the broken ones were tried");
    }
}

macro_rules! survives {
    ($($name:ident: $protocol:ident $behaviour:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            survive(Protocol::$protocol, $behaviour).await;
        }
    )*};
}

survives! {
    exits_that_refuse_connections: Http Behaviour::Refuse;
    exits_that_hang: Http Behaviour::Hang;
    exits_that_close: Http Behaviour::Close;
    exits_that_answer_407: Http Behaviour::Answer(407);
    exits_that_refuse_our_login: Http Behaviour::RefuseLogin;
    exits_that_answer_403: Http Behaviour::Answer(403);
    exits_that_answer_502: Http Behaviour::Answer(502);
    exits_that_speak_garbage: Http Behaviour::Garbage;
    exits_that_reset: Http Behaviour::Reset;
    exits_that_answer_503: Http Behaviour::Answer(503);
    exits_that_answer_504: Http Behaviour::Answer(504);
    exits_that_answer_in_no_version: Http Behaviour::WrongVersion;
    exits_that_break_off_their_answer: Http Behaviour::ShortReply;
    exits_whose_heads_are_huge: Http Behaviour::HugeHead(200_000);
    socks_exits_that_refuse_connections: Socks5 Behaviour::Refuse;
    socks_exits_that_hang: Socks5 Behaviour::Hang;
    socks_exits_that_close: Socks5 Behaviour::Close;
    socks_exits_that_refuse_our_login: Socks5 Behaviour::RefuseLogin;
    socks_exits_that_fail: Socks5 Behaviour::Reply(1);
    socks_exits_that_say_the_target_refuses: Socks5 Behaviour::Reply(5);
    socks_exits_that_speak_garbage: Socks5 Behaviour::Garbage;
}
