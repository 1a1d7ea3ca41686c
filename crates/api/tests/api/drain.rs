//! Who may drain a node, and what is said to the others.

use serde_json::json;

use crate::world::World;

const NODE: &str = "/api/v1/cluster/nodes/node-1";

#[tokio::test]
async fn a_node_is_drained_by_an_administrator_who_knows_its_name() {
    let world = World::new().await;
    let (drain, undrain) = (format!("{NODE}/drain"), format!("{NODE}/undrain"));
    for user in ["editor", "viewer"] {
        assert_eq!(world.post(user, &drain, &json!({})).await.status, 403);
        assert_eq!(world.post(user, &undrain, &json!({})).await.status, 403);
    }
    let nobody = "/api/v1/cluster/nodes/node-2/drain";
    assert_eq!(world.post("admin", nobody, &json!({})).await.status, 404);
    let last = world.post("admin", &drain, &json!({})).await;
    assert_eq!(last.status, 409, "{last:?}");
    assert!(!*world.cluster.drained().borrow());

    // The node itself does as it is told.
    let (cluster, mut drained) = (world.cluster.clone(), world.cluster.drained());
    let node = async {
        drained.wait_for(|drained| *drained).await.unwrap();
        cluster.turn(cluster::MemberState::Draining);
        drained.wait_for(|drained| !*drained).await.unwrap();
        cluster.turn(cluster::MemberState::Ready);
    };
    let operator = async {
        let answer = world.post("admin", &format!("{drain}?force=true"), &json!({})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("draining")));
        let shown = world.get("viewer", "/api/v1/cluster").await.json();
        assert_eq!(shown["members"][0]["state"], "draining");
        let answer = world.post("admin", &undrain, &json!({})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("ready")));
    };
    tokio::join!(node, operator);
    let log = world.get("admin", "/api/v1/audit?noun=node").await.json();
    let ops: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| &entry["op"]).collect();
    assert_eq!(ops, ["undrained", "drained"]);
}
