//! Clients of HTTP/2 that go away, stand still, or ask for much at once.

use std::time::Duration;

use model::exchange::Blame;
use relay::Settings;
use tokio::time::timeout;

use crate::intercepted::intercepting;
use crate::secure::{Site, Speaks};
use crate::wire::{self, END, END_HEADERS, Wire, frame};
use crate::world::{SOON, World};

const CANCEL: [u8; 4] = 8_u32.to_be_bytes();

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, waiting).await.expect(what);
}

/// A target that is silent within its answer.
const EVENTS: &str = "headers $ +eh 0x88; data $ t:event";

#[tokio::test]
async fn what_a_client_takes_back_ends_at_once_and_at_the_target_too() {
    for (script, method) in [("held", "GET"), ("held", "POST"), (EVENTS, "GET"), (EVENTS, "POST")] {
        let site = Site::rogue(&[script]).await;
        let mut world = World::new(intercepting(&site), Vec::new()).await;
        let mut wire = Wire::new(&world, &site, &[]).await;
        let head = wire::head(method, "/", &site.authority());
        if method == "GET" {
            wire.ask(1, &head).await;
        } else {
            wire.send(&frame(wire::HEADERS, END_HEADERS, 1, &head)).await;
            wire.send(&frame(wire::DATA, END, 1, b"body")).await;
        }
        until("asked", || site.requests() == 1).await;
        if script == EVENTS {
            wire.until(|frame| frame.kind == wire::DATA).await.unwrap();
        }
        wire.send(&frame(wire::RESET, 0, 1, &CANCEL)).await;
        // The record is left when the task ends, which is long before anything is too late.
        let seen = &world.exchanges(1).await[0];
        let received = if script == EVENTS { (200, 5) } else { (0, 0) };
        assert_eq!((seen.status, seen.bytes_received), received, "{method} {script}");
        assert_eq!(seen.blame, Some(Blame::Client));
        site.release();
        until("reset", || site.resets() == 1).await;
        // Others of the connection go on.
        wire.send(&frame(wire::PING, 0, 0, wire::PINGED)).await;
        assert!(wire.until(|frame| frame.is(wire::PING, wire::ACK)).await.is_some());
    }
}

#[tokio::test]
async fn a_connection_that_is_gone_takes_all_its_streams_along() {
    let site = Site::rogue(&[EVENTS]).await;
    let mut world = World::new(intercepting(&site), Vec::new()).await;
    let mut wire = Wire::new(&world, &site, &[]).await;
    for stream in [1, 3, 5] {
        wire.ask(stream, &wire::head("GET", "/", &site.authority())).await;
        wire.until(|frame| frame.kind == wire::DATA).await.unwrap();
    }
    drop(wire);
    let seen = world.exchanges(3).await;
    assert!(seen.iter().all(|seen| seen.status == 200 && seen.blame == Some(Blame::Client)));
    until("reset", || site.resets() == 3).await;
}

#[tokio::test]
async fn a_body_that_is_taken_back_midway_does_not_look_whole() {
    for target in [Speaks::Http1, Speaks::Both] {
        let http1 = Site::new(target).await;
        let rogue = Site::rogue(&["whole; headers $ +end +eh 0x88"]).await;
        let site = if target == Speaks::Both { rogue } else { http1 };
        let mut world = World::new(intercepting(&site), Vec::new()).await;
        let mut wire = Wire::new(&world, &site, &[]).await;
        let head = wire::head("POST", "/echo", &site.authority());
        wire.send(&frame(wire::HEADERS, END_HEADERS, 1, &head)).await;
        wire.send(&frame(wire::DATA, 0, 1, b"half of ")).await;
        until("asked", || site.requests() == 1).await;
        wire.send(&frame(wire::RESET, 0, 1, &CANCEL)).await;
        let seen = &world.exchanges(1).await[0];
        assert_eq!((seen.status, seen.blame), (0, Some(Blame::Client)), "{target:?}");
        // A target that had taken it for whole would have been asked for no more, and answered.
        wire.ask(3, &wire::head("GET", "/hello", &site.authority())).await;
        let answer = wire.until(|frame| frame.kind == wire::HEADERS).await.unwrap();
        assert_eq!((answer.stream, answer.status()), (3, Some(200)));
    }
}

#[tokio::test]
async fn a_hundred_streams_at_once_are_all_answered() {
    for target in [Speaks::Http1, Speaks::Both] {
        let site = Site::new(target).await;
        let world = World::new(intercepting(&site), Vec::new()).await;
        let mut wire = Wire::new(&world, &site, &[]).await;
        let head = wire::head("POST", "/echo", &site.authority());
        for stream in (1..200).step_by(2) {
            wire.send(&frame(wire::HEADERS, END_HEADERS, stream, &head)).await;
        }
        for stream in (1..200).step_by(2) {
            wire.send(&frame(wire::DATA, END, stream, &stream.to_be_bytes())).await;
        }
        let mut answered = std::collections::BTreeMap::<u32, Vec<u8>>::new();
        let mut ended = 0;
        while ended < 100 {
            let came = wire.next().await.unwrap();
            match came.kind {
                wire::HEADERS => assert_eq!(came.status().unwrap_or(200), 200),
                wire::DATA => answered.entry(came.stream).or_default().extend(&came.payload),
                wire::RESET => panic!("{target:?}: {came:?}"),
                _ => continue,
            }
            ended += usize::from(came.flags & END);
        }
        assert_eq!(answered.len(), 100);
        assert!(answered.iter().all(|(stream, body)| *body == stream.to_be_bytes()));
    }
}

#[tokio::test]
async fn a_stream_whose_window_stays_shut_is_given_up_and_others_go_on() {
    for target in [Speaks::Http1, Speaks::Both] {
        let site = Site::new(target).await;
        let settings =
            Settings { body_idle_timeout: Duration::from_millis(700), ..Settings::default() };
        let mut world = World::with(intercepting(&site), Vec::new(), settings).await;
        let mut wire = Wire::new(&world, &site, &[(4, 0)]).await;
        let head = wire::head("GET", "/hello", &site.authority());
        wire.ask(1, &head).await;
        wire.until(|frame| frame.kind == wire::HEADERS).await.unwrap();
        // Another one is read while the first one waits.
        wire.ask(3, &head).await;
        wire.send(&frame(wire::WINDOW, 0, 3, &100_u32.to_be_bytes())).await;
        let data = wire.until(|frame| frame.kind == wire::DATA).await.unwrap();
        assert_eq!((data.stream, &data.payload[..]), (3, &b"hello"[..]));
        let reset = wire.until(|frame| frame.kind == wire::RESET).await.unwrap();
        assert_eq!(reset.stream, 1);
        wire.ask(5, &head).await;
        wire.send(&frame(wire::WINDOW, 0, 5, &100_u32.to_be_bytes())).await;
        let data = wire.until(|frame| frame.kind == wire::DATA).await.unwrap();
        assert_eq!(data.stream, 5);
        let seen = world.exchanges(3).await;
        let blamed: Vec<_> = seen.iter().filter(|seen| seen.blame.is_some()).collect();
        assert_eq!((blamed.len(), blamed[0].blame), (1, Some(Blame::Client)));
    }
}

#[tokio::test]
async fn a_stream_that_drips_is_cut_off_and_no_other() {
    let site = Site::new(Speaks::Http1).await;
    let settings = Settings { min_body_rate: 1024, ..Settings::default() };
    let world = World::with(intercepting(&site), Vec::new(), settings).await;
    let mut wire = Wire::new(&world, &site, &[(4, 10)]).await;
    wire.agree().await;
    let (events, hello) = ("/events", "/hello");
    wire.ask(1, &wire::head("GET", events, &site.authority())).await;
    let post = wire::head("POST", "/echo", &site.authority());
    wire.send(&frame(wire::HEADERS, END_HEADERS, 3, &post)).await;
    wire.send(&frame(wire::DATA, 0, 3, &[7; 16_384]).repeat(12)).await;
    wire.send(&frame(wire::DATA, END, 3, b"")).await;
    // Ten bytes of the large answer at a time, and a small one whole in between.
    let mut others = 0;
    for stream in (5..).step_by(2) {
        wire.ask(stream, &wire::head("GET", hello, &site.authority())).await;
        let ends = |frame: &wire::Frame| {
            frame.kind == wire::RESET || frame.stream == stream && frame.is(wire::DATA, END)
        };
        let came = wire.until(ends).await.unwrap();
        if came.kind == wire::RESET {
            assert_eq!(came.stream, 3);
            break;
        }
        others += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
        wire.send(&frame(wire::WINDOW, 0, 3, &10_u32.to_be_bytes())).await;
    }
    assert!(others > 100, "cut off after {others}");
    // A stream of events that are rare is not slow.
    wire.send(&frame(wire::PING, 0, 0, wire::PINGED)).await;
    let came = wire.until(|frame| frame.stream == 1 || frame.is(wire::PING, wire::ACK)).await;
    assert_eq!(came.unwrap().kind, wire::PING);
    site.release();
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up_and_others_go_on() {
    let site = Site::new(Speaks::Both).await;
    let settings =
        Settings { body_idle_timeout: Duration::from_millis(700), ..Settings::default() };
    let world = World::with(intercepting(&site), Vec::new(), settings).await;
    let mut wire = Wire::new(&world, &site, &[]).await;
    let head = wire::head("POST", "/echo", &site.authority());
    wire.send(&frame(wire::HEADERS, END_HEADERS, 1, &head)).await;
    wire.send(&frame(wire::DATA, 0, 1, b"half of ")).await;
    wire.send(&frame(wire::HEADERS, END_HEADERS, 3, &head)).await;
    wire.send(&frame(wire::DATA, END, 3, b"all of it")).await;
    let data = wire.until(|frame| frame.kind == wire::DATA).await.unwrap();
    assert_eq!((data.stream, &data.payload[..]), (3, &b"all of it"[..]));
    let answer = wire.until(|frame| frame.kind == wire::HEADERS && frame.stream == 1).await;
    assert_eq!(answer.unwrap().status(), Some(408));
    // Nobody wants the rest of it.
    let reset = wire.until(|frame| frame.kind == wire::RESET).await.unwrap();
    assert_eq!((reset.stream, reset.code()), (1, Some(0)));
}

#[tokio::test]
async fn no_more_is_taken_from_a_client_than_the_target_takes() {
    for target in ["greets settings 0; held", "greets settings 0 set:4=0; held"] {
        let site = Site::rogue(&[target]).await;
        let world = World::new(intercepting(&site), Vec::new()).await;
        let mut wire = Wire::new(&world, &site, &[]).await;
        wire.agree().await;
        for stream in [1, 3, 5] {
            let head = wire::head("POST", "/", &site.authority());
            wire.send(&frame(wire::HEADERS, END_HEADERS, stream, &head)).await;
            wire.send(&frame(wire::DATA, 0, stream, &[7; 16_384]).repeat(15)).await;
        }
        until("asked", || site.requests() > 0).await;
        wire.send(&frame(wire::PING, 0, 0, wire::PINGED)).await;
        // What a target takes unasked, and what is on its way.
        let given = given(&mut wire).await;
        assert!(given < 3 * (65_535 + 100_000), "{given}");
        site.release();
    }
}

/// The room that streams are given until a ping is answered.
async fn given(wire: &mut Wire) -> u32 {
    let mut given = 0;
    loop {
        let came = wire.next().await.unwrap();
        match came.kind {
            wire::WINDOW if came.stream > 0 => given += came.code().unwrap(),
            wire::PING => return given,
            wire::RESET | wire::GOAWAY => panic!("{came:?}"),
            _ => {}
        }
    }
}
