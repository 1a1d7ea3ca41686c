//! What a new leaf costs, and one that is there.

use authority::{Authorities, Root, Turn};
use divan::Bencher;
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

fn main() {
    divan::main();
}

fn authorities() -> (Runtime, Authorities) {
    let now = Timestamp::from_second(1_772_323_200).unwrap_or_default();
    let root = Root::named_by_date(now).unwrap_or_else(|error| panic!("{error}"));
    let (certificate_pem, key_pem) = (root.certificate_pem(), root.key_pem());
    let turn = Turn { certificate_pem: &certificate_pem, key_pem: &key_pem, signs_from: now };
    let made = Authorities::with_budget(&[turn], move || now, u32::MAX);
    let runtime = Builder::new_current_thread().build();
    (
        runtime.unwrap_or_else(|error| panic!("{error}")),
        made.unwrap_or_else(|error| panic!("{error}")),
    )
}

/// A host that nobody has asked for.
#[divan::bench(sample_count = 200, sample_size = 20)]
fn unseen(bencher: Bencher<'_, '_>) {
    let (runtime, authorities) = authorities();
    let mut hosts = (0..).map(|n: u64| format!("host{n}.example.com"));
    bencher
        .with_inputs(|| hosts.next().unwrap_or_default())
        .bench_local_values(|host| runtime.block_on(authorities.leaf_for(&host, 1)).is_ok());
}

/// A host that has a leaf.
#[divan::bench]
fn seen(bencher: Bencher<'_, '_>) {
    let (runtime, authorities) = authorities();
    bencher.bench_local(|| runtime.block_on(authorities.leaf_for("www.example.com", 1)).is_ok());
}
