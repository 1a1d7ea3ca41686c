//! Who is meant by a request: rows 30-32 and 35.

use testbed::wire::Head;

use crate::stage::Stage;

#[tokio::test]
async fn host_is_made_anew_from_the_uri_of_a_plain_request() {
    let stage = Stage::set().await;
    for (uri, host, expected) in [
        ("http://target.test/echo", "target.test", "target.test"),
        ("http://target.test/echo", "other.test", "target.test"),
        ("http://target.test/echo", "target.test:81", "target.test"),
        ("http://target.test:80/echo", "target.test:80", "target.test"),
        ("http://target.test:8080/echo", "target.test", "target.test:8080"),
        ("http://TARGET.test./echo", "target.test", "target.test"),
        ("HTTP://target.test/echo", "127.0.0.1", "target.test"),
    ] {
        let case = format!("{uri} with {host}");
        let login = stage.login();
        let fields = format!("Host: {host}\r\n{login}Connection: close\r\n");
        let answer = stage.say(format!("GET {uri} HTTP/1.1\r\n{fields}\r\n")).await;
        assert_eq!(answer.statuses(), [200], "{case}: {}", answer.text());
        let requests = stage.origin.requests();
        let head: &Head = &requests.last().unwrap().head;
        assert_eq!(head.all("host").collect::<Vec<_>>(), [expected], "{case}");
        assert_eq!(head.target(), "/echo", "{case}");
    }
}

#[tokio::test]
async fn host_of_a_tunnel_names_its_target() {
    let stage = Stage::set().await;
    let login = stage.login();
    let case = |target: &str, host: &str| {
        let head = format!("CONNECT {target} HTTP/1.1\r\nHost: {host}\r\n{login}\r\n");
        (head + &stage.evil(), 400)
    };
    let cases = [
        case("target.test:80", "target.test:443"),
        case("target.test:443", "target.test:80"),
        case("target.test:80", "other.test:80"),
        case("target.test:80", "other.test"),
        case("target.test:80", "target.test.other:80"),
        case("target.test:80", "user@target.test:80"),
        case("127.0.0.1:80", "localhost:80"),
    ];
    stage.all_refused(&cases).await;
}

#[tokio::test]
async fn there_is_one_host_and_it_is_one() {
    let stage = Stage::set().await;
    let login = stage.login();
    let mut cases = Vec::new();
    for host in [
        "",
        "Host: target.test\r\nHost: target.test\r\n",
        "Host: target.test\r\nhOST: other.test\r\n",
        "Host:\r\n",
        "Host: target.test, other.test\r\n",
        "Host: target.test other.test\r\n",
        "Host: user@target.test\r\n",
        "Host: user:word@target.test\r\n",
        "Host: http://target.test\r\n",
        "Host: target.test/echo\r\n",
        "Host: target.test?x\r\n",
        "Host: target.test#x\r\n",
        "Host: target.test\\x\r\n",
        "Host: target.test:\r\n",
        "Host: target.test:port\r\n",
        "Host: target.test:65536\r\n",
        "Host: target.test:80:80\r\n",
        "Host: t\u{e4}rget.test\r\n",
        "Host: target.test\0\r\n",
        "Host: [::1\r\n",
        "Host: ::1\r\n",
        "Host: target..test\r\n",
        "Host: 0x7f.1\r\n",
        "Host:\r\n target.test\r\n",
        "Host : target.test\r\n",
    ] {
        for line in [
            "GET http://target.test/echo HTTP/1.1",
            "CONNECT target.test:80 HTTP/1.1",
            "GET /live HTTP/1.1",
        ] {
            cases.push((format!("{line}\r\n{host}{login}\r\n{}", stage.evil()), 400));
        }
    }
    stage.all_refused(&cases).await;
}

#[tokio::test]
async fn a_target_is_an_authority_and_a_path_and_nothing_else() {
    let stage = Stage::set().await;
    let fields = format!("Host: target.test\r\n{}", stage.login());
    let mut cases = Vec::new();
    for target in [
        "http://user@target.test/echo",
        "http://user:word@target.test/echo",
        "http://@target.test/echo",
        "http://other.test@target.test/echo",
        "http://target.test#@other.test/",
        "http://target.test/echo#part",
        "http://target.test?x#part",
        "http://target.test\\@other.test/echo",
        "http://target.test%2eother/echo",
        "http://t\u{e4}rget.test/echo",
        "http://target.test/\u{e4}cho",
        "http://target.test/ec\0ho",
        "http://target.test/ec\tho",
        "http://target.test/ec\u{7f}ho",
        "http://target.test/ec\rho",
        "http://",
        "http:///echo",
        "http://:80/echo",
        "http://target.test:/echo",
        "http://target.test:0/echo",
        "http://target.test:65536/echo",
        "http://target.test:+80/echo",
        "http://target.test:80:80/echo",
        "http://[::1/echo",
        "http://[target.test]/echo",
        "http://2130706433/echo",
        "http:target.test/echo",
        "http:/target.test/echo",
        "https://target.test/echo",
        "ftp://target.test/echo",
        "file:///etc/passwd",
        "//target.test/echo",
        "/echo",
        "*",
        "target.test:80",
    ] {
        cases.push((format!("GET {target} HTTP/1.1\r\n{fields}\r\n{}", stage.evil()), 400));
    }
    stage.all_refused(&cases).await;
}

#[tokio::test]
async fn the_only_expectation_is_100_continue() {
    let stage = Stage::set().await;
    let mut cases = Vec::new();
    for fields in [
        "Expect: 200-ok\r\n",
        "Expect:\r\n",
        "Expect: 100-continue, x\r\n",
        "Expect: 100-continue=1\r\n",
        "Expect: 100-continue\r\nExpect: x\r\n",
        "Expect: x\r\nExpect: 100-continue\r\n",
    ] {
        let fields = format!("Content-Length: 5\r\n{fields}");
        cases.push((stage.post(&fields, "hello") + &stage.evil(), 417));
        let connect = "CONNECT target.test:80 HTTP/1.1\r\nHost: target.test:80\r\n";
        let fields = fields.replacen("Content-Length: 5\r\n", "", 1);
        cases.push((format!("{connect}{}{fields}\r\n{}", stage.login(), stage.evil()), 417));
    }
    stage.all_refused(&cases).await;
}

/// The client waits with its body for the origin's 100, as it should.
#[tokio::test]
async fn a_100_comes_from_the_origin_and_then_the_body_goes() {
    let stage = Stage::set().await;
    for value in ["100-continue", "100-Continue"] {
        let mut client = stage.world.client().await.unwrap();
        let fields = format!("Content-Length: 5\r\nExpect: {value}\r\nConnection: close\r\n");
        client.send(stage.post(&fields, "")).await.unwrap();
        let first = client.wire.reader.head().await.unwrap().unwrap();
        assert_eq!(first.status(), 100);
        client.send("hello").await.unwrap();
        let answer = client.answer("POST").await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert_eq!(answer.json().unwrap()["body"]["bytes"], 5);
        client.closed().await.unwrap();
    }
}
