//! The API as a tool uses it: JSON there and back, with the token of whoever logged in.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::client::Client;

/// A caller of one node's API.
#[derive(Debug, Clone)]
pub struct Control {
    address: SocketAddr,
    token: Option<String>,
}

/// What the API answered.
#[derive(Debug)]
pub struct Called {
    /// The status.
    pub status: u16,
    /// The version of what it answered with.
    pub etag: Option<String>,
    /// The body; `null` when there was none.
    pub body: Value,
}

impl Control {
    /// A caller without a token.
    #[must_use]
    pub fn stranger(address: SocketAddr) -> Self {
        Self { address, token: None }
    }

    /// A caller who has logged in.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn login(address: SocketAddr, (username, password): (&str, &str)) -> Result<Self> {
        let login = json!({ "username": username, "password": password });
        let answer = Self::stranger(address).post("/api/v1/auth/login", &login).await?;
        let token = answer["access_token"].as_str().context("no access_token in the answer")?;
        Ok(Self { address, token: Some(token.to_owned()) })
    }

    /// What it shows, once it has logged in.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Calls with any method, on a connection of its own. `fields` are sent along, each ended by
    /// CRLF.
    ///
    /// # Errors
    /// When no answer comes, or one that is neither empty nor JSON.
    pub async fn call(
        &self,
        (method, path): (&str, &str),
        fields: &str,
        body: Option<&Value>,
    ) -> Result<Called> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let kind = if text.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        self.send((method, path), &format!("{fields}{kind}"), text.as_bytes()).await
    }

    async fn send(
        &self,
        (method, path): (&str, &str),
        fields: &str,
        body: &[u8],
    ) -> Result<Called> {
        let token = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let token = token.unwrap_or_default();
        let length = match body.len() {
            0 => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        let start = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        let head = format!("{start}{fields}{token}{length}Connection: close\r\n\r\n");
        let mut client = Client::connect(self.address).await?;
        client.send(head).await?;
        client.send(body).await?;
        let answer = client.answer(method).await?;
        ensure!(answer.complete, "the answer to {method} {path} was cut off");
        let body = if answer.body.is_empty() { Value::Null } else { answer.json()? };
        let etag = answer.head.get("etag").map(str::to_owned);
        Ok(Called { status: answer.status(), etag, body })
    }

    /// Reads.
    ///
    /// # Errors
    /// When the answer is not 2xx.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.done(("GET", path), None).await
    }

    /// Creates.
    ///
    /// # Errors
    /// When the answer is not 2xx.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.done(("POST", path), Some(body)).await
    }

    /// Sends a list as it is, and returns what the API says about it.
    ///
    /// # Errors
    /// When the answer is not 2xx.
    pub async fn upload(&self, path: &str, list: &str) -> Result<Value> {
        let what = ("POST", path);
        let kind = "Content-Type: text/plain\r\n";
        succeeded(what, self.send(what, kind, list.as_bytes()).await?)
    }

    /// Changes what is there, whatever its version.
    ///
    /// # Errors
    /// When the answer is not 2xx.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.whatever_version(("PATCH", path), Some(body)).await
    }

    /// Deletes what is there, whatever its version.
    ///
    /// # Errors
    /// When the answer is not 2xx.
    pub async fn delete(&self, path: &str) -> Result<Value> {
        self.whatever_version(("DELETE", path), None).await
    }

    async fn whatever_version(&self, what: (&str, &str), body: Option<&Value>) -> Result<Value> {
        let now = self.call(("GET", what.1), "", None).await?;
        let Some(etag) = &now.etag else { bail!("{} has no ETag: {now:?}", what.1) };
        let fields = format!("If-Match: {etag}\r\n");
        succeeded(what, self.call(what, &fields, body).await?)
    }

    async fn done(&self, what: (&str, &str), body: Option<&Value>) -> Result<Value> {
        succeeded(what, self.call(what, "", body).await?)
    }
}

fn succeeded((method, path): (&str, &str), called: Called) -> Result<Value> {
    let Called { status, body, .. } = called;
    ensure!((200..300).contains(&status), "{method} {path} was answered {status}: {body}");
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[tokio::test]
    async fn a_call_carries_token_and_json() {
        let origin = Origin::start().await.unwrap();
        let control = Control { address: origin.address(), token: Some("abc".to_owned()) };
        let echo = control.post("/echo", &json!({ "a": 1 })).await.unwrap();
        assert_eq!(echo["body"]["sha256"], crate::origin::sha256(br#"{"a":1}"#));
        let head = origin.requests()[0].head.clone();
        assert_eq!(head.get("authorization"), Some("Bearer abc"));
        assert_eq!(head.get("content-type"), Some("application/json"));
        let called =
            control.call(("GET", "/status/204"), "If-Match: \"3\"\r\n", None).await.unwrap();
        assert_eq!((called.status, called.body), (204, Value::Null));
        assert_eq!(origin.requests()[1].head.get("if-match"), Some("\"3\""));
        let failed = control.get("/nowhere").await.unwrap_err().to_string();
        assert!(failed.contains("no JSON") || failed.contains("404"), "{failed}");
    }
}
