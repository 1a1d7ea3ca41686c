//! Logins that were right a moment ago, so that a client's next connection is not looked at as its
//! first was: a digest of its password, and the parameters in its username.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use foldhash::quality::RandomState;
use parking_lot::Mutex;
use rotation::{ProjectEntry, Roster, Wish};

use crate::admit::Admitted;
use crate::login::Presented;

/// Logins remembered at once by a core; one more, and it begins anew.
const MOST: usize = 1_024;

/// The logins of one core that were right.
#[derive(Default)]
pub(crate) struct Logins(Mutex<Known>);

/// None of it keeps an old configuration in memory.
#[derive(Default)]
struct Known {
    /// The configuration that they are right in.
    roster: Weak<Roster>,
    right: HashMap<Presented, (Weak<ProjectEntry>, Arc<Wish>), RandomState>,
}

impl Logins {
    /// What somebody is admitted to who presented the same in the same configuration.
    pub(crate) fn get(&self, roster: &Arc<Roster>, presented: &Presented) -> Option<Admitted> {
        let known = self.0.lock();
        if !known.are_of(roster) {
            return None;
        }
        let (project, wish) = known.right.get(presented)?;
        Some(Admitted { project: project.upgrade()?, wish: Arc::clone(wish) })
    }

    /// The password was right.
    pub(crate) fn put(&self, roster: &Arc<Roster>, presented: Presented, admitted: &Admitted) {
        let mut known = self.0.lock();
        if !known.are_of(roster) || known.right.len() >= MOST {
            known.right.clear();
            known.roster = Arc::downgrade(roster);
        }
        let Admitted { project, wish } = admitted;
        known.right.insert(presented, (Arc::downgrade(project), Arc::clone(wish)));
    }
}

impl Known {
    fn are_of(&self, roster: &Arc<Roster>) -> bool {
        // As long as the weak one is there, nothing else is at that address.
        Weak::as_ptr(&self.roster) == Arc::as_ptr(roster)
    }
}

#[cfg(test)]
mod tests {
    use model::login::LoginKey;
    use model::project::ProjectSpec;
    use model::{Configuration, Project, Revision, Version};
    use rotation::Ledger;
    use tokio::time::Instant;

    use super::*;

    /// A configuration of one project, and who is let into it.
    fn world() -> (Arc<Roster>, Admitted) {
        let password = LoginKey::new(&[7; 32]).digest(b"demo");
        let projects = vec![Project {
            id: "00000000-0000-7000-8000-000000000000".parse().unwrap(),
            version: Version::FIRST,
            revision: Revision(1),
            spec: ProjectSpec::new("demo".to_owned(), "demo".to_owned(), password),
        }];
        let rows = Configuration { projects, ..Configuration::default() };
        let roster = Roster::build(rows, &Roster::empty(), &Ledger::default(), Instant::now());
        let project = Arc::clone(roster.account("demo").unwrap());
        (Arc::new(roster), Admitted { project, wish: Arc::default() })
    }

    fn presented(password: &str) -> Presented {
        Presented { username: "demo".to_owned(), password: password.to_owned() }
    }

    #[test]
    fn a_login_is_known_as_long_as_the_configuration_is_the_same() {
        let (logins, (roster, admitted), (other, _)) = (Logins::default(), world(), world());
        logins.put(&roster, presented("right"), &admitted);
        let known = logins.get(&roster, &presented("right")).unwrap();
        assert!(Arc::ptr_eq(&known.project, &admitted.project));
        assert!(logins.get(&roster, &presented("wrong")).is_none());
        assert!(logins.get(&other, &presented("right")).is_none());
    }

    #[test]
    fn what_is_remembered_keeps_no_configuration() {
        let (logins, (roster, admitted)) = (Logins::default(), world());
        logins.put(&roster, presented("right"), &admitted);
        let (rows, project) = (Arc::downgrade(&roster), Arc::downgrade(&admitted.project));
        drop((roster, admitted));
        assert!(rows.upgrade().is_none() && project.upgrade().is_none());
    }

    #[test]
    fn many_logins_are_as_many_as_there_may_be() {
        let (logins, (roster, admitted)) = (Logins::default(), world());
        for number in 0..=MOST {
            logins.put(&roster, presented(&number.to_string()), &admitted);
        }
        assert!(logins.0.lock().right.len() <= MOST);
        assert!(logins.get(&roster, &presented(&MOST.to_string())).is_some());
    }
}
