//! The protocol of Redis (RESP 2), as far as commands and their replies need it.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// A command as it is sent.
pub(super) fn command(words: &[&str]) -> Vec<u8> {
    let head = format!("*{}\r\n", words.len());
    let bulk = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
    words.iter().fold(head, |text, word| text + &bulk(word)).into_bytes()
}

/// Reads a reply. Lists are read without recursion: what is still to come is counted.
pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Value> {
    let mut open: Vec<(usize, Vec<Value>)> = Vec::new();
    loop {
        let mut value = match one(from).await? {
            One::Value(value) => value,
            One::List(0) => Value::Array(Vec::new()),
            One::List(length) => {
                open.push((length, Vec::new()));
                continue;
            }
        };
        loop {
            let Some((length, items)) = open.last_mut() else { return Ok(value) };
            items.push(value);
            if items.len() < *length {
                break;
            }
            value = Value::Array(open.pop().map(|(_, items)| items).unwrap_or_default());
        }
    }
}

enum One {
    Value(Value),
    List(usize),
}

async fn one(from: &mut (impl AsyncBufRead + Unpin)) -> Result<One> {
    let mut line = String::new();
    from.read_line(&mut line).await?;
    let line = line.strip_suffix("\r\n").context("redis closed the connection")?;
    let (kind, rest) = line.split_at_checked(1).context("an empty reply")?;
    Ok(match kind {
        "+" => One::Value(rest.into()),
        "-" => bail!("redis: {rest}"),
        ":" => One::Value(rest.parse::<i64>()?.into()),
        "$" | "*" if rest == "-1" => One::Value(Value::Null),
        "$" => {
            let mut bytes = vec![0; rest.parse::<usize>()? + 2];
            from.read_exact(&mut bytes).await?;
            ensure!(bytes.ends_with(b"\r\n"), "a string without its end");
            bytes.truncate(bytes.len() - 2);
            One::Value(String::from_utf8_lossy(&bytes).into())
        }
        "*" => One::List(rest.parse()?),
        _ => bail!("no reply of RESP 2: {line}"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn replies_of_every_kind_are_read() {
        let cases: [(&str, Value); 6] = [
            ("+OK\r\n", json!("OK")),
            (":-3\r\n", json!(-3)),
            ("$4\r\na\r\nb\r\n", json!("a\r\nb")),
            ("$-1\r\n", Value::Null),
            ("*0\r\n", json!([])),
            ("*3\r\n$1\r\n0\r\n*2\r\n:1\r\n*0\r\n+x\r\n", json!(["0", [1, []], "x"])),
        ];
        for (text, expected) in cases {
            assert_eq!(read(&mut text.as_bytes()).await.unwrap(), expected, "{text:?}");
        }
        for bad in ["", "-ERR no\r\n", "+OK", "*1\r\n", "$3\r\nab\r\n", "?\r\n"] {
            assert!(read(&mut bad.as_bytes()).await.is_err(), "{bad:?}");
        }
        assert_eq!(command(&["GET", "é"]), "*2\r\n$3\r\nGET\r\n$2\r\né\r\n".as_bytes());
    }
}
