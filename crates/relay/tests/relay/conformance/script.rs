//! Scripts, read: frames to send and things to wait for.

use crate::wire::{self, PREFACE};

/// A step of a script.
pub(super) enum Step {
    Send(Vec<u8>),
    Wait(&'static str),
}

/// The steps of a script against a site of that authority.
pub(super) fn steps(script: &'static str, authority: &str) -> Vec<Step> {
    let (script, greeting) = match script.strip_prefix("bare") {
        Some(rest) => (rest, Vec::new()),
        None => (script, [PREFACE, &wire::frame(wire::SETTINGS, 0, 0, b"")].concat()),
    };
    let said = script.split(';').map(str::trim).filter(|step| !step.is_empty());
    let mut steps = vec![Step::Send(greeting)];
    for step in said {
        steps.push(match step.strip_prefix('<') {
            Some(what) => Step::Wait(what),
            None => Step::Send(bytes(step, authority)),
        });
    }
    steps
}

/// The bytes of one step.
pub(crate) fn bytes(step: &str, authority: &str) -> Vec<u8> {
    let mut words = step.split_whitespace();
    let kind = words.next().unwrap();
    if kind == "raw" {
        return words.flat_map(|word| payload(word, authority)).collect();
    }
    let stream = words.next().unwrap();
    let words: Vec<&str> = words.collect();
    match stream.split_once("..") {
        None => one(kind_of(kind), stream.parse().unwrap(), &words, authority),
        Some((first, last)) => (first.parse().unwrap()..=last.parse().unwrap())
            .step_by(2)
            .flat_map(|stream| one(kind_of(kind), stream, &words, authority))
            .collect(),
    }
}

fn one(kind: u8, stream: u32, words: &[&str], authority: &str) -> Vec<u8> {
    let (mut flags, mut inside, mut length) = (0, Vec::new(), None);
    for word in words {
        if let Some(flag) = word.strip_prefix('+') {
            flags |= flag_of(flag);
        } else if let Some(said) = word.strip_prefix("len=") {
            length = Some(said.parse().unwrap());
        } else {
            inside.extend(payload(word, authority));
        }
    }
    wire::framed(length.unwrap_or(inside.len()), (kind, flags, stream), &inside)
}

fn kind_of(word: &str) -> u8 {
    const KINDS: [&str; 10] = [
        "data",
        "headers",
        "priority",
        "reset",
        "settings",
        "push",
        "ping",
        "goaway",
        "window",
        "continuation",
    ];
    let known = KINDS.iter().position(|kind| *kind == word);
    known.map_or_else(|| hex(word)[0], |kind| u8::try_from(kind).unwrap())
}

fn flag_of(word: &str) -> u8 {
    match word {
        "end" | "ack" => 1,
        "eh" => 4,
        "pad" => 8,
        "prio" => 0x20,
        other => hex(other)[0],
    }
}

fn payload(word: &str, authority: &str) -> Vec<u8> {
    let (kind, rest) = word.split_at(word.find([':', '*', '#']).map_or(word.len(), |at| at + 1));
    match kind {
        "get" => wire::head("GET", "/hello", authority),
        "head" => wire::head("HEAD", "/hello", authority),
        "post" => wire::head("POST", "/echo", authority),
        "f:" => field(0x00, rest, authority),
        "i:" => field(0x40, rest, authority),
        "n:" => field(0x10, rest, authority),
        "t:" => unescaped(rest, authority),
        "set:" => setting(rest),
        "#" => rest.parse::<u32>().unwrap().to_be_bytes().to_vec(),
        "*" => vec![0; rest.parse().unwrap()],
        "a*" => wire::field(0, b"x-large", &vec![b'a'; rest.parse().unwrap()]),
        "preface" => PREFACE.to_vec(),
        _ => hex(word),
    }
}

fn field(how: u8, text: &str, authority: &str) -> Vec<u8> {
    let (name, value) = text.split_once('=').unwrap();
    wire::field(how, &unescaped(name, authority), &unescaped(value, authority))
}

fn setting(text: &str) -> Vec<u8> {
    let (name, value) = text.split_once('=').unwrap();
    let (name, value): (u16, u32) = (name.parse().unwrap(), value.parse().unwrap());
    [&name.to_be_bytes()[..], &value.to_be_bytes()].concat()
}

/// `%20` and its like as bytes, and `@` as the authority of the site.
fn unescaped(text: &str, authority: &str) -> Vec<u8> {
    if text == "@" {
        return authority.as_bytes().to_vec();
    }
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.extend(hex(&piece[..2]));
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    bytes
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}
