//! Who is asking, and may they: login, source address, and what the project allows as a target.

use std::net::IpAddr;
use std::sync::Arc;

use dial::{Dialer, Guard};
use http1::Fields;
use model::project::ProjectSpec;
use model::target::{Host, Target};
use rotation::{ProjectEntry, Roster, Wish, username};
use tokio::time::Instant;

use crate::error::RelayError;
use crate::headers;
use crate::intercept::Inside;
use crate::login::{self, Presented};
use crate::relay::Relay;

/// A client that has been let in, and what it wishes for.
#[derive(Clone)]
pub(crate) struct Admitted {
    pub(crate) project: Arc<ProjectEntry>,
    pub(crate) wish: Arc<Wish>,
}

/// The outcome of the last login on a kept connection: as long as the client repeats the same
/// bytes and the roster is the same, the answer is too.
pub(crate) struct Remembered {
    presented: Box<[u8]>,
    roster: Arc<Roster>,
    admitted: Admitted,
}

/// What is known of the client when a request is admitted.
pub(crate) struct Caller<'a> {
    pub(crate) roster: &'a Arc<Roster>,
    pub(crate) source: IpAddr,
}

/// Admits an HTTP request by its `Proxy-Authorization`, or by its source address where it has none.
pub(crate) fn by_fields(
    relay: &Relay,
    caller: &Caller<'_>,
    fields: &Fields,
    remembered: &mut Option<Box<Remembered>>,
) -> Result<Admitted, RelayError> {
    let mut sent = fields.get_all("proxy-authorization");
    let presented = sent.next().unwrap_or_default();
    if sent.next().is_some() {
        return Err(RelayError::BadRequest("more than one Proxy-Authorization"));
    }
    let known = remembered.as_ref().filter(|known| {
        *known.presented == *presented && Arc::ptr_eq(&known.roster, caller.roster)
    });
    let mut admitted = if let Some(known) = known {
        known.admitted.clone()
    } else {
        let admitted = by_login(relay, caller, login::basic(presented)?.as_ref())?;
        *remembered = Some(Box::new(Remembered {
            presented: presented.into(),
            roster: Arc::clone(caller.roster),
            admitted: admitted.clone(),
        }));
        admitted
    };
    set_parameters(&mut admitted.wish, fields)?;
    Ok(admitted)
}

/// Admits a request out of an intercepted tunnel, whose client has been admitted before: as long as
/// it could come in like that, which ends the tunnel otherwise.
pub(crate) fn inside(
    caller: &Caller<'_>,
    inside: &Inside,
    fields: &Fields,
) -> Result<Admitted, RelayError> {
    let project = caller.roster.project(inside.project);
    let project = project.ok_or(RelayError::Forbidden("the project is gone"))?;
    let mut wish = Arc::clone(&inside.wish);
    set_parameters(&mut wish, fields)?;
    Ok(Admitted { project: Arc::clone(project), wish })
}

/// Takes the wishes of fields `Octoprox-KEY`.
fn set_parameters(wish: &mut Arc<Wish>, fields: &Fields) -> Result<(), RelayError> {
    for (name, value) in fields.iter() {
        if let Some(key) = headers::parameter(name) {
            set_parameter(Arc::make_mut(wish), key, value)?;
        }
    }
    wish.check().map_err(|source| RelayError::BadParameter(source.to_string()))
}

fn set_parameter(wish: &mut Wish, key: &str, value: &[u8]) -> Result<(), RelayError> {
    let value = std::str::from_utf8(value).map_err(|source| {
        RelayError::BadParameter(format!("not UTF-8 after byte {}", source.valid_up_to()))
    })?;
    wish.set(&key.to_ascii_lowercase(), value)
        .map_err(|source| RelayError::BadParameter(source.to_string()))
}

/// Admits a client by what it presented, or by its source address.
pub(crate) fn by_login(
    relay: &Relay,
    caller: &Caller<'_>,
    presented: Option<&Presented>,
) -> Result<Admitted, RelayError> {
    let now = Instant::now();
    let open_to = caller.roster.by_source(caller.source);
    let Some(presented) = presented else {
        let project = open_to.ok_or(RelayError::Unauthenticated)?;
        return Ok(Admitted { project: Arc::clone(project), wish: Arc::default() });
    };
    if let Some(retry_after) = relay.throttle().wait(caller.source, now) {
        return Err(RelayError::LoginThrottled { retry_after });
    }
    if let Some(admitted) = relay.logins().get(caller.roster, presented) {
        return Ok(admitted);
    }
    let knows = |project: &ProjectEntry, password: &str| {
        project.spec.password.matches(&relay.login_key().digest(password.as_bytes()))
    };
    let is_open = |project: &ProjectEntry| open_to.is_some_and(|open| open.id == project.id);
    let read = username::read(caller.roster, &presented.username, &presented.password);
    let (is_right, admitted) = match read {
        Ok(username::Login { project, password, wish }) => {
            let knows = knows(&project, password);
            let admitted = Admitted { project, wish: wish.into() };
            if knows {
                relay.logins().put(caller.roster, presented.clone(), &admitted);
            }
            (knows || is_open(&admitted.project), Ok(admitted))
        }
        // What is wrong is told to those alone who may know that there is such an account.
        Err(username::BadUsername::Parameter(why)) => {
            let owner = login::owner(caller.roster, &presented.username);
            let is_right = |owner: &ProjectEntry| {
                let mut passwords = presented.passwords(owner.spec.dialect);
                passwords.any(|password| knows(owner, password)) || is_open(owner)
            };
            (owner.is_some_and(is_right), Err(RelayError::BadParameter(why.to_string())))
        }
        Err(username::BadUsername::UnknownAccount) => {
            // The work of a comparison all the same, so that time does not tell who exists.
            let _ = relay.login_key().digest(presented.password.as_bytes());
            (false, Err(RelayError::Unauthenticated))
        }
    };
    if is_right {
        return admitted;
    }
    relay.throttle().failed(caller.source, now);
    Err(RelayError::Unauthenticated)
}

/// Which doors a target has to pass besides the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// A tunnel: only to the ports that the project allows.
    Tunnel,
    /// A plain request: any port.
    Plain,
}

/// Whether the project lets its clients go there: domain rules are the roster's to judge, here it
/// is ports and addresses. Only literal addresses can be judged here; what a name turns out to be
/// is judged by whoever resolves it.
pub(crate) fn check_target(
    dialer: &Dialer,
    spec: &ProjectSpec,
    target: &Target,
    door: Door,
) -> Result<(), RelayError> {
    let is_judged = match &target.host {
        Host::Ip(_) => true,
        Host::Name(name) => dial::guard::is_localhost(name),
    };
    if is_judged {
        let own = dialer.own_addresses();
        let guard = Guard { allow: &spec.allow_targets, own: &own };
        guard.check_target(target).map_err(|source| RelayError::ForbiddenAddress { source })?;
    }
    let exempt = match target.host {
        Host::Ip(address) => {
            spec.allow_targets.iter().any(|rule| rule.allows(address, target.port))
        }
        Host::Name(_) => false,
    };
    let ports = &spec.connect_ports;
    if door == Door::Tunnel && !exempt && !ports.is_empty() && !ports.contains(&target.port) {
        return Err(RelayError::Forbidden("the project does not allow tunnels to this port"));
    }
    Ok(())
}
