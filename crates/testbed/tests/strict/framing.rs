//! Where a request and its body end: rows 21-25, 28 and 29.

use crate::stage::Stage;

/// Attacks of one kind: POSTs with these fields and bodies, and a request behind each.
async fn posts_are_refused(cases: &[(&str, &str)]) {
    let stage = Stage::set().await;
    let attack = |(fields, body): &(&str, &str)| {
        let post = stage.post(fields, body) + &stage.evil();
        (post, 400)
    };
    stage.all_refused(&cases.iter().map(attack).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn length_and_coding_exclude_each_other() {
    posts_are_refused(&[
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
        ("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        ("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello"),
        ("Content-Length: 5\r\nTransfer-Encoding:\r\n", "hello"),
        ("content-length: 5\r\ntRANSFER-eNCODING: chunked\r\n", "0\r\n\r\n"),
        ("Content-Length: 3\r\nTransfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        (
            "Connection: x\r\nContent-Length: 5\r\nX: y\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_coding_is_exactly_one_chunked() {
    posts_are_refused(
        &[
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked, gzip\r\n",
            "Transfer-Encoding: gzip\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: identity, chunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: ,chunked\r\n",
            "Transfer-Encoding: chunked,\r\n",
            "Transfer-Encoding: chunked, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunkedx\r\n",
            "Transfer-Encoding: chunked;q=1\r\n",
            "Transfer-Encoding: \"chunked\"\r\n",
            "Transfer-Encoding: 'chunked'\r\n",
            "Transfer-Encoding: [chunked]\r\n",
            "Transfer-Encoding: chun\u{212a}ed\r\n",
            "Transfer-Encoding: \u{a0}chunked\r\n",
            "Transfer-Encoding: \u{b}chunked\r\n",
            "Transfer-Encoding: chunked\u{c}\r\n",
            "Transfer-Encoding: \0chunked\r\n",
            "Transfer-Encoding:\r\n chunked\r\n",
            "Transfer-Encoding: x\r\n chunked\r\n",
            "X: y\r\n Transfer-Encoding: chunked\r\n",
            "X: y\rTransfer-Encoding: chunked\r\n",
            "X: y\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding\t: chunked\r\n",
            " Transfer-Encoding: chunked\r\n",
            "Transfer Encoding: chunked\r\n",
            "Transfer-Encoding\0: chunked\r\n",
            "Transfer-Encoding chunked\r\n",
        ]
        .map(|fields| (fields, "0\r\n\r\n")),
    )
    .await;
}

#[tokio::test]
async fn an_old_version_has_no_coding() {
    let stage = Stage::set().await;
    let attack = |fields: &str| {
        let post = stage.post(fields, "0\r\n\r\n").replacen("HTTP/1.1", "HTTP/1.0", 1);
        (post + &stage.evil(), 400)
    };
    let cases = [
        attack("Transfer-Encoding: chunked\r\n"),
        attack("Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n"),
        attack("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ];
    stage.all_refused(&cases).await;
}

#[tokio::test]
async fn the_length_is_one_plain_number() {
    posts_are_refused(
        &[
            "Content-Length: +5\r\n",
            "Content-Length: -5\r\n",
            "Content-Length: -0\r\n",
            "Content-Length: 05\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: 5_0\r\n",
            "Content-Length: 5.0\r\n",
            "Content-Length: 5e0\r\n",
            "Content-Length: five\r\n",
            "Content-Length: \u{ff15}\r\n",
            "Content-Length:\r\n",
            "Content-Length: ,\r\n",
            "Content-Length: 5,\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: 5, 6\r\n",
            "Content-Length: 5 5\r\n",
            "Content-Length: 5;5\r\n",
            "Content-Length: \"5\"\r\n",
            "Content-Length: 5\u{b}\r\n",
            "Content-Length: 5\0\r\n",
            "Content-Length: 18446744073709551621\r\n",
            "Content-Length: 10000000000000000000\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5\r\ncontent-length: 0\r\n",
            "Content-Length: 5\r\nContent-Length:\r\n",
            "Content-Length:\r\n 5\r\n",
            "Content-Length : 5\r\n",
            "Content-Length\r\n",
        ]
        .map(|fields| (fields, "hello")),
    )
    .await;
}

/// Bodies in chunks that are wrong somewhere; what was right in front of that may have left.
#[tokio::test]
async fn chunks_are_to_the_letter() {
    let stage = Stage::set().await;
    let long = "x".repeat(64 * 1024);
    let many = "1;abcdefghijklmn=opqrstuvwxyz\r\nx\r\n".repeat(1_000);
    for body in [
        "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "5_0\r\nhello\r\n0\r\n\r\n",
        "h\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        ";x\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\t\r\nhello\r\n0\r\n\r\n",
        "5 ;x\r\nhello\r\n0\r\n\r\n",
        "5,5\r\nhello\r\n0\r\n\r\n",
        "\u{ff15}\r\nhello\r\n0\r\n\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "3\r\nhello\r\n0\r\n\r\n",
        "0\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;a\0b\r\nhello\r\n0\r\n\r\n",
        "5;\u{7f}\r\nhello\r\n0\r\n\r\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\nX: y\r\n Z: w\r\n\r\n",
        "0\r\nX: y\nZ: w\r\n\r\n",
        "0\r\nX\r\n\r\n",
        &format!("5;{long}\r\nhello\r\n0\r\n\r\n"),
        &format!("{many}0\r\n\r\n"),
        &format!("0\r\nX: {long}\r\n\r\n"),
    ] {
        let case = body.chars().take(60).collect::<String>();
        let mark = stage.mark();
        let attack = stage.post("Transfer-Encoding: chunked\r\n", body) + &stage.evil();
        stage.say(attack).await.refusal(400, "http_request_error", &case);
        let heard = stage.heard_since(mark, &case).await;
        assert!(heard.requests.is_empty() || !heard.whole, "{case:?}: {}", heard.text);
        assert!(!heard.text.contains("evil"), "{case:?}: {}", heard.text);
    }
}

/// What a good body in chunks looks like to the origin: extensions are gone, sizes are ours.
#[tokio::test]
async fn sound_chunks_arrive_without_their_extensions() {
    let stage = Stage::set().await;
    for body in [
        "5\r\nhello\r\n0\r\n\r\n",
        "0005;a=b;c=\"d\"\r\nhello\r\n00\r\n\r\n",
        "2\r\nhe\r\n3;x\r\nllo\r\n0;last\r\n\r\n",
    ] {
        let mark = stage.mark();
        let fields = "Transfer-Encoding: CHUNKED\r\nConnection: close\r\n";
        let answer = stage.say(stage.post(fields, body)).await;
        assert_eq!(answer.statuses(), [200], "{}", answer.text());
        assert!(answer.text().contains("\"bytes\":5"), "{}", answer.text());
        let heard = stage.heard_since(mark, body).await;
        assert_eq!((heard.requests.len(), heard.whole), (1, true));
        assert!(!heard.text.contains(';'), "{}", heard.text);
    }
}

#[tokio::test]
async fn lines_and_names_are_to_the_letter() {
    let stage = Stage::set().await;
    let login = stage.login();
    let good = format!("Host: target.test\r\n{login}");
    let line = "GET http://target.test/echo HTTP/1.1";
    let mut cases = Vec::new();
    for fields in [
        "X : y\r\n",
        "X\t: y\r\n",
        " X: y\r\n",
        "\tX: y\r\n",
        "X\r\n",
        ": y\r\n",
        "X Y: z\r\n",
        "X(Y): z\r\n",
        "X\u{e9}: z\r\n",
        "X\0: y\r\n",
        "X: y\0z\r\n",
        "X: y\rz\r\n",
        "X: y\r\r\n",
        "X: y\n",
        "X: y\nZ: w\r\n",
        "X: y\r\n Z: w\r\n",
        "X: y\u{7f}\r\n",
        "X: \u{1b}[2J\r\n",
        "\rX: y\r\n",
        "\r\r\n",
        "\n",
    ] {
        cases.push(format!("{line}\r\n{good}{fields}\r\n"));
    }
    cases.extend([
        format!(" {line}\r\n{good}\r\n"),
        format!("\t{line}\r\n{good}\r\n"),
        format!("\0{line}\r\n{good}\r\n"),
        format!("\r{line}\r\n{good}\r\n"),
        format!("\n{line}\r\n{good}\r\n"),
        format!("{line}\n{good}\r\n"),
        format!("{line} \r\n{good}\r\n"),
        format!("{line}\r\r\n{good}\r\n"),
        format!("{line}\r\n X: y\r\n{good}\r\n"),
        format!("{line}\r\n{good}\n"),
        format!("GET  http://target.test/echo HTTP/1.1\r\n{good}\r\n"),
        format!("GET http://target.test/echo  HTTP/1.1\r\n{good}\r\n"),
        format!("GET\thttp://target.test/echo\tHTTP/1.1\r\n{good}\r\n"),
        format!("GET http://target.test/ec ho HTTP/1.1\r\n{good}\r\n"),
        format!("G(T http://target.test/echo HTTP/1.1\r\n{good}\r\n"),
        format!("G\u{c9}T http://target.test/echo HTTP/1.1\r\n{good}\r\n"),
        format!("\r\n {line}\r\n{good}\r\n"),
        format!("\r\n\n{line}\r\n{good}\r\n"),
    ]);
    let behind = stage.evil();
    let cases: Vec<_> = cases.into_iter().map(|case| (case + &behind, 400)).collect();
    stage.all_refused(&cases).await;
}

/// RFC 9112 section 2.2, for clients that end a body with one line too many.
#[tokio::test]
async fn empty_lines_in_front_are_nothing() {
    let stage = Stage::set().await;
    for lines in ["\r\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n"] {
        let mark = stage.mark();
        let twice = [stage.get("/echo", ""), stage.get("/echo", "Connection: close\r\n")];
        let said = stage.say(twice.map(|request| lines.to_owned() + &request).concat()).await;
        assert_eq!(said.statuses(), [200, 200], "{lines:?}: {}", said.text());
        assert_eq!(stage.heard_since(mark, lines).await.requests.len(), 2);
    }
}

#[tokio::test]
async fn only_the_two_versions_are_spoken() {
    let stage = Stage::set().await;
    let fields = format!("Host: target.test\r\n{}", stage.login());
    let case = |version: &str, status| {
        let line = format!("GET http://target.test/echo{version}");
        (format!("{line}\r\n{fields}\r\n{}", stage.evil()), status)
    };
    let cases = [
        case("", 400),
        case(" ", 400),
        case(" HTTP/0.9", 505),
        case(" HTTP/1.2", 505),
        case(" HTTP/2.0", 505),
        case(" HTTP/9.9", 505),
        case(" HTTP/1", 400),
        case(" HTTP/1.", 400),
        case(" HTTP/1.10", 400),
        case(" HTTP/01.1", 400),
        case(" HTTP/1,1", 400),
        case(" HTTP /1.1", 400),
        case(" http/1.1", 400),
        case(" HTTPS/1.1", 400),
        case(" RTSP/1.0", 400),
        case(" HTTP/1.1x", 400),
    ];
    stage.all_refused(&cases).await;
}

/// A body that looks like a request stays a body: whoever lost its length would serve it.
#[tokio::test]
async fn a_get_keeps_its_body() {
    let stage = Stage::set().await;
    for (fields, body) in [
        ("Content-Length: 11\r\n", "hello world"),
        ("Transfer-Encoding: chunked\r\n", "b\r\nhello world\r\n0\r\n\r\n"),
    ] {
        for method in ["GET", "DELETE", "OPTIONS", "HEAD", "PROPFIND"] {
            let case = format!("{method} {fields}");
            let mark = stage.mark();
            let fields = format!("{fields}Connection: close\r\n");
            let request = stage.post(&fields, body).replacen("POST", method, 1);
            let answer = stage.say(request).await;
            assert_eq!(answer.statuses(), [200], "{case}: {}", answer.text());
            let heard = stage.heard_since(mark, &case).await;
            assert_eq!(heard.requests, [format!("{method} /echo HTTP/1.1")]);
            assert!(heard.whole && heard.text.contains("hello world"), "{}", heard.text);
        }
    }
    let hidden = "GET /evil HTTP/1.1\r\nHost: target.test\r\n\r\n";
    let before = stage.origin.request_count();
    let fields = format!("Content-Length: {}\r\nConnection: close\r\n", hidden.len());
    let answer = stage.say(stage.post(&fields, hidden).replacen("POST", "GET", 1)).await;
    assert_eq!(answer.statuses(), [200]);
    assert!(answer.text().contains(&format!("\"bytes\":{}", hidden.len())), "{}", answer.text());
    assert_eq!(stage.origin.request_count(), before + 1);
}
