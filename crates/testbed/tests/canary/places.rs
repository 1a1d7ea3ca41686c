//! Where a secret could come to light, and what it could look like there.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use testbed::client::{Answer, Client};
use testbed::clock::eventually;
use testbed::world::World;

/// What every secret of these tests begins with.
const MARKER: &str = "canary-";

/// Looks for secrets, and remembers where it found them.
pub(crate) struct Watch {
    api: SocketAddr,
    token: String,
    forms: Vec<Vec<u8>>,
    found: Vec<String>,
}

impl Watch {
    /// Knows the marker in every form: as it is, in base64 at each offset, and in hexadecimal.
    pub(crate) fn new(api: SocketAddr) -> Self {
        let mut forms = vec![MARKER.as_bytes().to_vec(), "canary%2D".as_bytes().to_vec()];
        for pad in ["", "x", "xx"] {
            let encoded = STANDARD.encode(format!("{pad}{MARKER}"));
            // Only the characters that do not depend on what stands before and behind.
            let (from, to) = ((pad.len() * 4).div_ceil(3), (pad.len() + MARKER.len()) * 4 / 3);
            forms.push(encoded.as_bytes()[from..to].to_vec());
        }
        let mut watch = Self { api, token: String::new(), forms, found: Vec::new() };
        let key = URL_SAFE_NO_PAD.decode(super::SECRET_KEY).unwrap();
        watch.forms.push(key);
        watch.hexadecimal(MARKER.as_bytes());
        watch
    }

    fn hexadecimal(&mut self, bytes: &[u8]) {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let text: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
        self.forms.push(text.to_uppercase().into_bytes());
        self.forms.push(text.into_bytes());
    }

    /// A further secret, which does not have the marker.
    pub(crate) fn secret(&mut self, text: &str) {
        assert!(text.len() >= 20, "too short to be told from chance: {text}");
        self.forms.push(text.as_bytes().to_vec());
        self.hexadecimal(text.as_bytes());
    }

    /// A P-256 key in PEM (PKCS #8), of which 36 bytes are those of every such key, the next 32 are
    /// secret, and the rest is public.
    pub(crate) fn key(&mut self, pem: &str) {
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let bytes = STANDARD.decode(&text).unwrap()[36..68].to_vec();
        // In two pieces, because a line ends in between.
        self.forms.extend([&text[48..64], &text[64..88]].map(|piece| piece.as_bytes().to_vec()));
        self.hexadecimal(&bytes);
        self.forms.push(bytes);
    }

    /// Looks at `bytes`, which are from `place`.
    pub(crate) fn look(&mut self, place: &str, bytes: &[u8]) {
        let mut begins = [false; 256];
        self.forms.iter().for_each(|form| begins[usize::from(form[0])] = true);
        let form_at = |at: usize| self.forms.iter().find(|form| bytes[at..].starts_with(form));
        let mut places = (0..bytes.len()).filter(|at| begins[usize::from(bytes[*at])]);
        let Some((at, form)) = places.find_map(|at| Some((at, form_at(at)?))) else { return };
        let around = &bytes[at.saturating_sub(120)..bytes.len().min(at + form.len() + 40)];
        self.found.push(format!("{place}: {}", String::from_utf8_lossy(around)));
    }

    /// Looks at an answer, head and body.
    pub(crate) fn answer(&mut self, place: &str, answer: &Answer) {
        self.look(&format!("head of {place}"), &answer.head.raw);
        self.look(place, &answer.body);
    }

    /// Fails if anything was found.
    pub(crate) fn heard_nothing(&self) {
        assert!(self.found.is_empty(), "secrets came to light: {:#?}", self.found);
    }

    /// Looks at every line.
    pub(crate) fn log(&mut self, log: &[String]) {
        for line in log {
            self.look("log", line.as_bytes());
        }
    }

    /// Looks at all files of a folder and those below it, and tells how many of them hold the name
    /// of the project, which is no secret.
    pub(crate) fn files(&mut self, folder: &Path) -> usize {
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                count += self.files(&path);
            } else if path.is_file()
                && let Ok(bytes) = std::fs::read(&path)
            {
                self.look(&path.display().to_string(), &bytes);
                count +=
                    usize::from(String::from_utf8_lossy(&bytes).contains(super::trouble::NAME));
            }
        }
        count
    }

    /// Asks the API for anything, with the token of whoever has logged in.
    pub(crate) async fn call(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> Answer {
        let mut client = Client::connect(self.api).await.unwrap();
        let (api, token, length) = (self.api, &self.token, body.len());
        let fields = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n");
        let login = format!("Authorization: Bearer {token}\r\n");
        client.send(format!("{head}{fields}{login}\r\n{body}")).await.unwrap();
        client.answer(method).await.unwrap()
    }

    /// The same, and looks at the answer.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Answer {
        let answer = self.call(method, path, kind, body).await;
        self.answer(&format!("{method} {path}, answered {}", answer.status()), &answer);
        answer
    }

    /// Logs in, and returns both tokens.
    pub(crate) async fn login(&mut self, (username, password): (&str, &str)) -> (String, String) {
        let body = json!({ "username": username, "password": password }).to_string();
        let path = "/api/v1/auth/login";
        let answer = self.call("POST", path, "application/json", &body).await.json().unwrap();
        let token = |name: &str| answer[name].as_str().unwrap().to_owned();
        self.token = token("access_token");
        (token("access_token"), token("refresh_token"))
    }

    /// Reads every page that there is: those without a login, and each GET that the description of
    /// the API has, with the first thing of each kind.
    pub(crate) async fn every_page(&mut self, world: &World) {
        let fixed = ["/metrics", "/health", "/health/detailed", "/echo", "/", "/api/docs"];
        for path in fixed.into_iter().chain(["/setup", "/set-password", "/no/such/page"]) {
            self.ask("GET", path, "text/plain", "").await;
        }
        // Shown once, where it is made, and never again.
        let key = r#"{"name":"a key"}"#;
        let made = self.call("POST", "/api/v1/api-keys", "application/json", key).await.json();
        self.secret(made.unwrap()["key"].as_str().unwrap());
        let alert = || async {
            let listed = world.control.get("/api/v1/alerts").await.ok()?;
            (listed["total"].as_u64()? > 0).then_some(())
        };
        eventually("the cap is told", Duration::from_mins(1), alert).await.unwrap();
        let path = "/api/openapi.json";
        let document = self.ask("GET", path, "text/plain", "").await.json().unwrap();
        let mut read = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            // What is recorded of exchanges holds what clients say on purpose, a path with a canary
            // in it too, and a stream of it has no end: the tests of `capture` and of interception
            // look for secrets there. This project records nothing. Streams of what happens are
            // watched all the time.
            if methods.get("get").is_none()
                || path.contains("/captures/")
                || path.contains("/live/")
            {
                continue;
            }
            let Some(path) = filled_in(world, path).await else { panic!("{path} is unknown") };
            let answer = self.ask("GET", &path, "text/plain", "").await;
            assert_eq!(answer.status(), 200, "{path}: {}", answer.text());
            read += 1;
        }
        assert!(read >= 12, "only {read} pages");
    }
}

/// The path with the first of each kind in the place of its parameters.
async fn filled_in(world: &World, path: &str) -> Option<String> {
    let mut done = String::new();
    for part in path.split('/').skip(1) {
        if part.starts_with('{') {
            let list = world.control.get(&done).await.ok()?;
            done = format!("{done}/{}", list["items"][0]["id"].as_str()?);
        } else {
            done = format!("{done}/{part}");
        }
    }
    Some(done)
}

#[test]
fn the_watch_knows_a_secret_in_every_form() {
    for hidden in [
        "password=canary-1".to_owned(),
        STANDARD.encode("a:canary-1"),
        STANDARD.encode("ab:canary-1"),
        STANDARD.encode("abc:canary-1"),
        "x'00 63616E6172792D31'".to_owned(),
        "..?q=canary%2D1".to_owned(),
        "0123456789abcdefghij-token".to_owned(),
    ] {
        let mut watch = Watch::new(SocketAddr::from(([127, 0, 0, 1], 0)));
        watch.secret("0123456789abcdefghij");
        watch.look("nowhere", b"a canary, 0123456789");
        assert!(watch.found.is_empty(), "{:?}", watch.found);
        watch.look("a text", hidden.as_bytes());
        assert_eq!(watch.found.len(), 1, "{hidden}");
    }
}

#[test]
fn the_watch_knows_a_key_and_not_its_certificate() {
    let authority = testbed::tls::Authority::new().unwrap();
    let (key, certificate) = (authority.key_pem(), authority.pem());
    let mut watch = Watch::new(SocketAddr::from(([127, 0, 0, 1], 0)));
    watch.key(&key);
    watch.look("a certificate", certificate.as_bytes());
    assert!(watch.found.is_empty(), "{:?}", watch.found);
    let lines = key.lines().skip(1).take(2).map(|line| line.as_bytes().to_vec());
    let der =
        STANDARD.decode(key.lines().filter(|line| !line.starts_with('-')).collect::<String>());
    for hidden in lines.chain(der) {
        watch.found.clear();
        watch.look("a key", &hidden);
        assert_eq!(watch.found.len(), 1, "{}", String::from_utf8_lossy(&hidden));
    }
}
