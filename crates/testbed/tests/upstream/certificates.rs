//! U06: https exits that cannot prove who they are.

use serde_json::json;
use testbed::client::login;
use testbed::tls::Authority;
use testbed::world::PASSWORD;

use super::scene::{Scene, is_ours};
use super::scripted::Scripted;

const OPENED: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

#[tokio::test]
async fn an_exit_that_cannot_prove_its_name_sees_no_login() {
    let scene = Scene::set().await;
    let (known, unknown) = (Authority::new().unwrap(), Authority::new().unwrap());
    for (name, authority, names, proves) in [
        ("honest", &known, &["127.0.0.1"][..], true),
        ("stranger", &unknown, &["127.0.0.1"], false),
        ("misnamed", &known, &["other.test", "127.0.0.2", "localhost"], false),
        ("nameless", &known, &[], false),
    ] {
        let exit = Scripted::secure(OPENED, authority.server(names).unwrap()).await;
        let settings = json!({ "max_retries": 0, "hedge": false });
        let project = scene.world.project(name, settings).await.unwrap();
        let believes = json!({ "ca_pem": known.pem() });
        let connector = scene.world.connector(&project, name, believes).await.unwrap();
        let list = format!("https://vend:s3cret@{}\n", exit.address);
        let report = scene.world.upload(&project, &connector, &list).await.unwrap();
        assert_eq!(report["created"], 1, "{report}");
        scene.world.in_force().await.unwrap();

        let (tunnel, mut inside, _) = scene.tunnel(&project).await;
        if proves {
            assert_eq!(tunnel.status(), 200, "{name}: {}", tunnel.text());
            inside.send("there and back").await.unwrap();
            assert_eq!(inside.wire.reader.exactly(14).await.unwrap(), &b"there and back"[..]);
            assert_eq!(exit.heard().len(), 1, "{name}");
            continue;
        }
        is_ours(&tunnel, 502);
        let status = tunnel.head.get("proxy-status").unwrap();
        assert!(status.contains("error=tls_certificate_error"), "{name}: {status}");
        let mut client = scene.world.client().await.unwrap();
        let fields = login(&project.username, PASSWORD);
        let plain = client.ask("GET", &scene.origin.url("/echo"), &fields).await.unwrap();
        is_ours(&plain, plain.status());
        assert!([502, 503].contains(&plain.status()), "{name}: {}", plain.text());
        assert!(exit.heard().is_empty(), "{name} was sent something: {:?}", exit.heard());
    }
}
