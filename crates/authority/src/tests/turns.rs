//! Roots that take turns, and how many new leaves somebody gets.

use super::*;
use crate::{Authorities, Certificate, LEAVES_PER_MINUTE, Turn};

/// How often something is tried that chance decides.
const ROUNDS: u32 = 20;

/// A root as it is kept.
struct Kept {
    certificate: String,
    key: String,
    signs_from: i64,
}

impl Kept {
    fn new(signs_from: i64) -> Self {
        let root = Root::named_by_date(start()).unwrap();
        let (certificate, key) = (root.certificate_pem(), root.key_pem().to_string());
        Self { certificate, key, signs_from }
    }

    fn turn(&self) -> Turn<'_> {
        Turn {
            certificate_pem: &self.certificate,
            key_pem: &self.key,
            signs_from: Timestamp::from_second(self.signs_from).unwrap(),
        }
    }

    fn der(&self) -> CertificateDer<'static> {
        Certificate::from_pem(&self.certificate).unwrap().der().to_vec().into()
    }
}

fn signed_by(leaf: &CertifiedKey, root: &Kept) -> bool {
    leaf.cert[1] == root.der()
}

#[tokio::test]
async fn leaves_are_the_old_roots_until_the_turn_of_the_new_one() {
    let hand = Hand::new();
    let (old, new) = (Kept::new(START), Kept::new(START + 7 * DAY));
    let turns = [new.turn(), old.turn()];
    let authorities = Authorities::new(&turns, hand.clock()).unwrap();
    let (of_old, of_new) = (client(&old.der(), &hand), client(&new.der(), &hand));
    let name = "www.example.com";
    for second in [START - DAY, START, START + 7 * DAY - 1] {
        hand.set(second);
        let leaf = authorities.leaf(name).await.unwrap();
        assert!(signed_by(&leaf, &old), "{second}");
    }
    let before = authorities.leaf(name).await.unwrap();
    shake_hands(&serving(&before), &of_old, name).unwrap();
    assert!(Arc::ptr_eq(&before, &authorities.leaf(name).await.unwrap()), "it was kept");
    hand.set(START + 7 * DAY);
    let after = authorities.leaf(name).await.unwrap();
    assert!(signed_by(&after, &new));
    shake_hands(&serving(&after), &of_new, name).unwrap();
    assert!(refused_certificate(&shake_hands(&serving(&after), &of_old, name)));
    let keys = [&before, &after].map(|leaf| parse(&leaf.cert[0]).public_key().raw.to_vec());
    assert_eq!(keys[0], keys[1], "all leaves share one key");
}

#[tokio::test]
async fn roots_are_replaced_and_what_stays_keeps_its_leaves() {
    let hand = Hand::new();
    let authorities = Authorities::new(&[], hand.clock()).unwrap();
    let early = authorities.leaf("a.example").await;
    assert!(matches!(early, Err(AuthorityError::NoRoot)), "{early:?}");
    let (old, new) = (Kept::new(START), Kept::new(START + DAY));
    authorities.set_roots(&[old.turn()]).unwrap();
    let leaf = authorities.leaf("a.example").await.unwrap();
    authorities.set_roots(&[old.turn(), new.turn()]).unwrap();
    assert!(Arc::ptr_eq(&leaf, &authorities.leaf("a.example").await.unwrap()));
    let torn = Turn { key_pem: &new.key, ..old.turn() };
    let refused = authorities.clone().set_roots(&[torn]).unwrap_err();
    assert!(matches!(refused, AuthorityError::KeyMismatch), "{refused:?}");
    assert!(Arc::ptr_eq(&leaf, &authorities.leaf("a.example").await.unwrap()));
    authorities.set_roots(&[new.turn()]).unwrap();
    let only = authorities.leaf("a.example").await.unwrap();
    assert!(signed_by(&only, &new), "before its turn, since there is no other");
    // Of two turns that begin together the later in the list counts.
    let same = Kept::new(START + DAY);
    authorities.set_roots(&[new.turn(), same.turn()]).unwrap();
    hand.set(START + DAY);
    assert!(signed_by(&authorities.leaf("a.example").await.unwrap(), &same));
    let shown = format!("{authorities:?} {:?}", old.turn());
    assert!(!shown.contains("KEY") && shown.contains("lifetime"), "{shown}");
}

#[tokio::test]
async fn new_leaves_have_a_budget_and_kept_ones_are_free() {
    let hand = Hand::new();
    let root = Kept::new(START);
    let authorities = Authorities::new(&[root.turn()], hand.clock()).unwrap();
    for n in 0..LEAVES_PER_MINUTE {
        authorities.leaf_for(&format!("h{n}.example"), 1).await.unwrap();
    }
    for _ in 0..2 {
        let refused = authorities.leaf_for("more.example", 1).await;
        assert!(matches!(refused, Err(AuthorityError::TooMany { who: 1 })), "{refused:?}");
        authorities.leaf_for("h7.example", 1).await.unwrap();
    }
    let odd = authorities.leaf_for("a b", 1).await;
    assert!(matches!(odd, Err(AuthorityError::BadHost)), "{odd:?}");
    authorities.leaf_for("more.example", 2).await.unwrap();
    authorities.leaf_for("more.example", 1).await.unwrap();
    hand.set(START + 60);
    authorities.leaf_for("next.example", 1).await.unwrap();
    // What a turn brings is new again.
    let next = Kept::new(START + 120);
    authorities.set_roots(&[root.turn(), next.turn()]).unwrap();
    hand.set(START + 120);
    let leaf = authorities.leaf_for("h7.example", 1).await.unwrap();
    assert!(signed_by(&leaf, &next));
}

/// What 16 get who ask for one host at once, eight of them being `1` and eight `2`.
async fn asked_at_once(
    authorities: &Authorities,
    host: String,
) -> Vec<(u64, Result<Arc<CertifiedKey>, AuthorityError>)> {
    let together = Arc::new(Barrier::new(16));
    let mut askers = JoinSet::new();
    for who in [1, 2].into_iter().cycle().take(16) {
        let (authorities, together) = (authorities.clone(), Arc::clone(&together));
        let host = host.clone();
        askers.spawn(async move {
            together.wait().await;
            (who, authorities.leaf_for(&host, who).await)
        });
    }
    askers.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_refused_for_what_somebody_else_has_spent() {
    let root = Kept::new(START);
    let slow = || {
        std::thread::sleep(std::time::Duration::from_millis(2));
        start()
    };
    let authorities = Authorities::with_budget(&[root.turn()], slow, ROUNDS).unwrap();
    for n in 0..ROUNDS {
        authorities.leaf_for(&format!("spent{n}.example"), 1).await.unwrap();
    }
    // Who waits for whom is up to chance, so it is tried again and again.
    for n in 0..ROUNDS {
        for (who, got) in asked_at_once(&authorities, format!("wanted{n}.example")).await {
            let is_fine = got.is_ok() || matches!(got, Err(AuthorityError::TooMany { who: 1 }));
            assert!(is_fine && (who == 1 || got.is_ok()), "{who}: {got:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_tells_what_people_want_to_know() {
    let root = Root::named_by_date(start()).unwrap();
    let certificate = Certificate::from_pem(&root.certificate_pem()).unwrap();
    assert_eq!(certificate, root.certificate().unwrap());
    assert_eq!(certificate.subject(), "CN=Octoprox CA 2026-03-01T00:00:00Z");
    assert_eq!(certificate.der(), &root.certificate_der()[..]);
    assert_eq!(certificate.fingerprint().len(), 64);
    assert_eq!(certificate.not_before().as_second(), START - 3600);
    assert_eq!(certificate.not_after().as_second(), START + 3652 * DAY);
    let two = root.certificate_pem() + &root.certificate_pem();
    let refused = Certificate::from_pem(&two).unwrap_err();
    assert!(matches!(refused, AuthorityError::NotSingle { found: 2 }), "{refused:?}");
    let kept = Kept::new(START);
    let authorities = Authorities::new(&[kept.turn()], start).unwrap();
    let leaf = authorities.leaf("a.example").await.unwrap();
    let leaf = parse(&leaf.cert[0]);
    let curve = leaf.public_key().algorithm.parameters.as_ref().unwrap().as_oid();
    assert_eq!(curve.unwrap().to_id_string(), "1.2.840.10045.3.1.7");
}
