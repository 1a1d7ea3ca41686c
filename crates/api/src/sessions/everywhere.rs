//! Sessions of all nodes: each knows those that it has served.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::IntoResponse;
use jiff::Timestamp;
use model::{ProjectId, ProxyId};
use serde::{Deserialize, Serialize};

use super::SessionView;
use crate::internal::{Node, octets};
use crate::live::{SessionSeen, SessionsWanted};
use crate::problem::{Answer, Problem};
use crate::relays::{Desk, PATIENCE, Told};
use crate::state::State;

/// Where nodes ask one another.
pub(crate) const DESK: Desk =
    Desk { path: "/internal/v1/sessions", about: "sessions", patience: PATIENCE };

/// What is asked of every node, or what it is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Question {
    #[serde(with = "text")]
    project: ProjectId,
    what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum What {
    /// Which there are: the first so many by name.
    Alive { wanted: SessionsWanted, limit: usize },
    /// These are to have other exits.
    Rotate(Vec<Bound>),
}

/// A session and the exit that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound {
    pub(crate) session: String,
    #[serde(with = "text")]
    pub(crate) exit: ProxyId,
}

/// Identifiers as they are written everywhere.
mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<T: Display, S: Serializer>(it: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(it)
    }

    pub(super) fn deserialize<'de, T, D: Deserializer<'de>>(from: D) -> Result<T, D::Error>
    where
        T: FromStr,
        T::Err: Display,
    {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// A session as one node has seen it, with times in milliseconds before or after the answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) session: String,
    #[serde(with = "text")]
    pub(crate) exit: ProxyId,
    connector: String,
    country: Option<String>,
    age: u64,
    idle: Option<u64>,
    left: Option<u64>,
    is_told: bool,
}

/// What the nodes have told: rows by the names of sessions, with the node of each.
pub(crate) struct Gathered {
    pub(crate) sessions: BTreeMap<String, Vec<(String, Row)>>,
    pub(crate) unanswered: Vec<String>,
}

/// What this node has to say to another one.
pub(crate) async fn tell(
    Shared(state): Shared<State>,
    _node: Node,
    body: Bytes,
) -> Answer<impl IntoResponse> {
    let here = |state: &State, question: Question| Ok(question.here(state));
    DESK.answer(state, body, here).await.map(octets)
}

impl Question {
    /// What this node has to say. It may take a while.
    fn here(&self, state: &State) -> Vec<Row> {
        match &self.what {
            What::Alive { wanted, limit } => {
                let mut seen = state.live.sessions(self.project, wanted);
                seen.sort_unstable_by(|a, b| a.session.cmp(&b.session));
                seen.truncate(*limit);
                seen.into_iter().map(Row::from).collect()
            }
            What::Rotate(sessions) => {
                for Bound { session, exit } in sessions {
                    state.live.rotate_session(self.project, session, *exit);
                }
                Vec::new()
            }
        }
    }
}

/// The sessions that any node has seen; complete only up to the last name of a node that has told as
/// many as it might.
pub(crate) async fn alive(
    state: &State,
    project: ProjectId,
    (wanted, limit): (&SessionsWanted, usize),
) -> Answer<Gathered> {
    let what = What::Alive { wanted: wanted.clone(), limit };
    let question = Question { project, what };
    let (mine, own) = (state.clone(), question.clone());
    let here = tokio::task::spawn_blocking(move || own.here(&mine));
    let (here, told) = tokio::join!(here, DESK.ask::<_, Row>(state, &question));
    let here = here.map_err(|error| Problem::broken("sessions", &error))?;
    let Told { mut answers, unanswered } = told;
    answers.push((state.cluster.instance_id().to_owned(), here));
    let mut sessions: BTreeMap<String, Vec<(String, Row)>> = BTreeMap::new();
    for (node, rows) in answers {
        for row in rows {
            sessions.entry(row.session.clone()).or_default().push((node.clone(), row));
        }
    }
    Ok(Gathered { sessions, unanswered })
}

/// Gives sessions other exits, on every node; how many of these get one, and who has not answered. Who
/// has not learns of it as of other marks.
pub(crate) async fn rotate(
    state: &State,
    project: ProjectId,
    sessions: Vec<Bound>,
) -> (usize, Vec<String>) {
    let moves = |bound: &Bound| state.live.rotate_session(project, &bound.session, bound.exit);
    // Those that have no other exit left keep theirs everywhere.
    let sessions: Vec<_> = sessions.into_iter().filter(moves).collect();
    let rotated = sessions.len();
    if sessions.is_empty() {
        return (0, Vec::new());
    }
    let question = Question { project, what: What::Rotate(sessions) };
    let told = DESK.ask::<_, Row>(state, &question).await;
    (rotated, told.unanswered)
}

impl Gathered {
    /// The first so many by name: what comes after them may not be all that there is.
    pub(crate) fn truncate(&mut self, most: usize) {
        if let Some(beyond) = self.sessions.keys().nth(most).cloned() {
            self.sessions.split_off(&beyond);
        }
    }
}

impl SessionView {
    /// Of what the nodes have told of one session: nodes that bound it apart agree a moment later, on
    /// what was bound first; until then the latest use counts.
    pub(crate) fn of(rows: &[(String, Row)], now: Timestamp) -> Option<Self> {
        let (_, row) = rows.iter().min_by_key(|(_, row)| row.idle.unwrap_or(u64::MAX))?;
        let same = || rows.iter().filter(|(_, other)| other.exit == row.exit).map(|(_, row)| row);
        let ago = |millis: u64| (now - Duration::from_millis(millis)).to_string();
        let age = same().map(|row| row.age).max().unwrap_or_default();
        let left = same().map(|row| row.left).max_by_key(|left| left.unwrap_or(u64::MAX));
        let mut nodes: Vec<String> = rows.iter().map(|(node, _)| node.clone()).collect();
        nodes.sort_unstable();
        Some(Self {
            session: row.session.clone(),
            exit: row.exit.to_string(),
            connector_id: row.connector.clone(),
            country: row.country.clone(),
            since: ago(age),
            last_used_at: row.idle.map(ago),
            expires_at: left.flatten().map(|left| (now + Duration::from_millis(left)).to_string()),
            shared: same().any(|row| row.is_told),
            nodes,
        })
    }
}

impl From<SessionSeen> for Row {
    fn from(seen: SessionSeen) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            session: seen.session,
            exit: seen.exit,
            connector: seen.connector.to_string(),
            country: seen.country.map(|country| country.to_string()),
            age: millis(seen.age),
            idle: seen.idle.map(millis),
            left: seen.left.map(millis),
            is_told: seen.is_told,
        }
    }
}
