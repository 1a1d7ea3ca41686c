//! A project that wants browsers, on a node that was built without any.

use model::exchange::Blame;
use model::interception::Mode;

use crate::world::{LOGIN, World, project};

#[tokio::test]
async fn where_there_is_no_browser_nothing_goes_on_without() {
    for mode in [Mode::MatchUa, Mode::OverrideUa] {
        let mut spec = project();
        spec.interception.mode = mode;
        let mut world = World::new(spec, Vec::new()).await;
        let mut client = world.client().await;
        client
            .send(format!("CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1:443\r\n{LOGIN}\r\n"))
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 503, "{answer:?}");
        let status = answer.field("Proxy-Status").unwrap();
        assert!(status.contains("error=proxy_configuration_error"), "{status}");
        assert!(answer.text().contains("built without the browsers"), "{answer:?}");
        assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Node));
    }
}
