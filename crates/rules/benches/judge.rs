//! What it costs to judge an answer, and to compile rules: `cargo bench -p rules`.

use std::hint::black_box;
use std::io::Write;

use divan::Bencher;
use flate2::Compression;
use flate2::write::GzEncoder;
use model::ban::{Actions, BanRule, Signs};
use model::{BanRule as Rule, Host};
use rules::{Bans, Sample};

fn main() {
    divan::main();
}

fn rule(signs: Signs) -> Rule {
    BanRule {
        name: "rule".into(),
        enabled: true,
        domains: Vec::new(),
        signs,
        actions: Actions::default(),
        dry_run: false,
        max_share: 33,
    }
}

fn body(pattern: &str) -> Rule {
    rule(Signs { body: Some(pattern.into()), ..Signs::default() })
}

/// Rules as somebody has them: by status, by field, and five by text.
fn usual() -> Vec<Rule> {
    let mut rules = vec![
        rule(Signs { status: vec![(403, 403), (429, 429)], ..Signs::default() }),
        rule(Signs { header: Some(("cf-mitigated".into(), String::new())), ..Signs::default() }),
    ];
    rules.extend(
        [
            "(?i)<title>just a moment",
            "(?i)are you (a )?(human|robot)",
            r"Reference #[0-9a-f.]+",
            r"https://[a-z-]+\.captcha-delivery\.example/",
            "(?i)access (to this page )?(has been )?denied",
        ]
        .map(body),
    );
    rules
}

/// 48 KiB of a page without any sign.
fn page() -> Vec<u8> {
    let mut text = Vec::new();
    let mut n = 0_u32;
    while text.len() < 48 * 1024 {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        writeln!(text, "<li class=\"item\"><a href=\"/goods/{n}\">Thing {}</a>", n >> 7).ok();
    }
    text
}

fn judge(bencher: Bencher<'_, '_>, rules: &[Rule], coding: &str, content: Vec<u8>) {
    let bans = Bans::compile(rules).unwrap_or_default();
    let fields = [("Content-Encoding".to_owned(), coding.to_owned())];
    let (Ok(sample), Ok(host)) = (Sample::new(200, &fields, content), Host::parse("a.example"))
    else {
        return;
    };
    bencher.bench_local(|| black_box(bans.judge(&host, &sample.answer()).undecided));
}

#[divan::bench]
fn by_the_head(bencher: Bencher<'_, '_>) {
    judge(bencher, &usual()[..2], "identity", page());
}

#[divan::bench]
fn by_plain_text(bencher: Bencher<'_, '_>) {
    judge(bencher, &usual(), "identity", page());
}

#[divan::bench]
fn by_gzipped_text(bencher: Bencher<'_, '_>) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&page()).ok();
    judge(bencher, &usual(), "gzip", encoder.finish().unwrap_or_default());
}

#[divan::bench]
fn of_a_bomb(bencher: Bencher<'_, '_>) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&vec![0; 10 << 20]).ok();
    judge(bencher, &usual(), "gzip", encoder.finish().unwrap_or_default());
}

#[divan::bench]
fn compile_seven_rules(bencher: Bencher<'_, '_>) {
    let rules = usual();
    bencher.bench_local(|| black_box(Bans::compile(&rules).is_ok()));
}

#[divan::bench]
fn compile_the_largest_expression(bencher: Bencher<'_, '_>) {
    // The longest run of any letters that is let through.
    let longest = |n: &usize| Bans::compile(&[body(&format!(r"\w{{{n}}}"))]).is_ok();
    let most = (1..100).take_while(longest).last().unwrap_or(1);
    let rules = [body(&format!(r"\w{{{most}}}"))];
    bencher.bench_local(|| black_box(Bans::compile(&rules).is_ok()));
    writeln!(std::io::stderr(), "letters: {most}").ok();
}
