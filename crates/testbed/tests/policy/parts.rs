//! What these tests have in common: a node, an origin and exits, and questions to them.

use serde_json::{Value, json};
use testbed::client::{Answer, Client, login};
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::world::{PASSWORD, Project, World, lines};

use model::proxy::Protocol;

/// A node, an origin, and honest exits that lead to it whatever they are asked for.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) origin: Origin,
    pub(crate) exits: Vec<Exit>,
}

impl Stage {
    /// A stage with so many exits.
    pub(crate) async fn set(exits: usize) -> Self {
        let origin = Origin::start().await.unwrap();
        let mut list = Vec::new();
        for _ in 0..exits {
            let exit = Setup::new(Protocol::Http).leading_to(&origin);
            list.push(exit.start().await.unwrap());
        }
        Self { world: World::start(&[]).await.unwrap(), origin, exits: list }
    }

    /// A project with a connector over all exits.
    pub(crate) async fn project(&self, name: &str, changes: Value) -> Project {
        let exits: Vec<_> = self.exits.iter().collect();
        self.world.project_over(name, changes, &exits).await.unwrap()
    }

    /// A project with a connector for each exit, each with these settings.
    pub(crate) async fn connectors<const N: usize>(
        &self,
        name: &str,
        settings: [Value; N],
    ) -> Project {
        let project = self.world.project(name, json!({})).await.unwrap();
        for (number, settings) in settings.into_iter().enumerate() {
            let name = format!("c{number}");
            let made = self.world.connector(&project, &name, settings).await.unwrap();
            let list = lines(&[&self.exits[number]]);
            let report = self.world.upload(&project, &made, &list).await.unwrap();
            assert_eq!(report["created"], 1);
        }
        self.world.in_force().await.unwrap();
        project
    }

    /// Asks for `http://target.test/echo`.
    pub(crate) async fn get(&self, project: &Project, parameters: &str) -> Answer {
        self.plain(project, parameters, "http://target.test/echo").await
    }

    /// Asks for any URL.
    pub(crate) async fn plain(&self, project: &Project, parameters: &str, url: &str) -> Answer {
        let fields = login(&format!("{}{parameters}", project.username), PASSWORD);
        self.world.client().await.unwrap().ask("GET", url, &fields).await.unwrap()
    }

    /// Asks for a tunnel to any target.
    pub(crate) async fn tunnel(&self, project: &Project, target: &str) -> (Answer, Client) {
        let fields = login(&project.username, PASSWORD);
        let mut client = self.world.client().await.unwrap();
        let answer = client.tunnel(target, &fields).await.unwrap();
        (answer, client)
    }

    /// Which of the exits carried the request, by its number.
    pub(crate) fn carried_by(&self, answer: &Answer) -> usize {
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let peer = answer.json().unwrap()["peer"].as_str().unwrap().to_owned();
        let source = |exit: &Exit| exit.source().to_string() == peer.split(':').next().unwrap();
        self.exits.iter().position(source).unwrap()
    }

    /// How often each of the exits carried one of `count` requests.
    pub(crate) async fn shares(
        &self,
        project: &Project,
        parameters: &str,
        count: usize,
    ) -> Vec<usize> {
        let mut shares = vec![0; self.exits.len()];
        for _ in 0..count {
            shares[self.carried_by(&self.get(project, parameters).await)] += 1;
        }
        shares
    }
}

/// Checks an answer of the node's own: its status, that it ends the connection, and that it says
/// in plain text what is wrong. Returns the sentence.
pub(crate) fn refused(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status(), status, "{}", answer.text());
    assert_eq!(answer.head.get("content-type"), Some("text/plain"));
    assert_eq!(answer.head.get("connection"), Some("close"));
    let proxy_status = answer.head.get("proxy-status").unwrap();
    assert!(proxy_status.starts_with("octoprox; error="), "{proxy_status}");
    assert!(answer.complete && answer.text().trim().len() > 10, "{}", answer.text());
    answer.text()
}

/// The seconds of `Retry-After`.
pub(crate) fn retry_after(answer: &Answer) -> u64 {
    answer.head.get("retry-after").expect("no Retry-After").parse().unwrap()
}
