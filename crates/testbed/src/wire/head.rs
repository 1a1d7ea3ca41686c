//! The head of a message as it stands there: start line, fields in order, and every byte.

use bytes::Bytes;

use super::Length;

/// The head of a request or an answer, as sent. Bytes that are not UTF-8 are replaced in the texts
/// and kept in [`Head::raw`].
#[derive(Debug, Clone)]
pub struct Head {
    /// Every byte, the empty line included.
    pub raw: Bytes,
    /// The first line.
    pub start: String,
    /// Names and values as sent and in order, blanks around the values left out.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// Reads a head; what is no field line becomes a field without a value.
    #[must_use]
    pub fn read(raw: Bytes) -> Self {
        let text = String::from_utf8_lossy(&raw).into_owned();
        let mut lines = text.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = lines.filter(|line| !line.is_empty()).map(field).collect();
        Self { raw, start, fields }
    }

    /// The first value of a field, whatever the case of its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a field that is a list has this word.
    #[must_use]
    pub fn lists(&self, name: &str, word: &str) -> bool {
        let words = self.all(name).flat_map(|value| value.split(','));
        words.into_iter().any(|found| found.trim().eq_ignore_ascii_case(word))
    }

    /// The method of a request.
    #[must_use]
    pub fn method(&self) -> &str {
        self.word(0)
    }

    /// The target of a request, in whatever form it came.
    #[must_use]
    pub fn target(&self) -> &str {
        self.word(1)
    }

    /// The status of an answer; 0 when this is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or(0)
    }

    fn word(&self, index: usize) -> &str {
        self.start.split(' ').nth(index).unwrap_or_default()
    }

    /// How the body of this request is framed.
    #[must_use]
    pub fn request_length(&self) -> Length {
        match self.framed() {
            Length::UntilClose => Length::Exactly(0),
            length => length,
        }
    }

    /// How the body of this answer to a request with `method` is framed.
    #[must_use]
    pub fn answer_length(&self, method: &str) -> Length {
        match self.status() {
            100..200 | 204 | 304 => Length::Exactly(0),
            200..300 if method == "CONNECT" => Length::Exactly(0),
            _ if method == "HEAD" => Length::Exactly(0),
            _ => self.framed(),
        }
    }

    fn framed(&self) -> Length {
        let length = self.get("content-length").and_then(|value| value.parse().ok());
        match length {
            _ if self.lists("transfer-encoding", "chunked") => Length::Chunked,
            Some(length) => Length::Exactly(length),
            None => Length::UntilClose,
        }
    }

    /// Whether the sender is ready for another message on the connection.
    #[must_use]
    pub fn keeps(&self) -> bool {
        let old = self.start.contains("HTTP/1.0");
        let named = |word| self.lists("connection", word) || self.lists("proxy-connection", word);
        if old { named("keep-alive") } else { !named("close") }
    }
}

fn field(line: &str) -> (String, String) {
    match line.split_once(':') {
        Some((name, value)) => (name.to_owned(), value.trim().to_owned()),
        None => (line.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &'static str) -> Head {
        Head::read(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn a_head_keeps_order_case_and_repetition() {
        let head = head("GET /a HTTP/1.1\r\nHost: x\r\nx-A:  1 \r\nX-a: 2\r\nodd\r\n\r\n");
        assert_eq!((head.method(), head.target()), ("GET", "/a"));
        assert_eq!(head.fields[1], ("x-A".to_owned(), "1".to_owned()));
        assert_eq!(head.all("X-A").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(head.fields[3], ("odd".to_owned(), String::new()));
        assert!(head.keeps());
    }

    #[test]
    fn a_body_is_framed_by_its_head_and_the_question() {
        let answer = head("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
        assert_eq!(answer.answer_length("GET"), Length::Exactly(5));
        assert_eq!(answer.answer_length("HEAD"), Length::Exactly(0));
        assert_eq!(answer.answer_length("CONNECT"), Length::Exactly(0));
        assert!(!answer.keeps());
        let chunked = head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(chunked.answer_length("GET"), Length::Chunked);
        assert_eq!(head("HTTP/1.1 200 OK\r\n\r\n").answer_length("GET"), Length::UntilClose);
        assert_eq!(head("GET / HTTP/1.1\r\n\r\n").request_length(), Length::Exactly(0));
    }
}
