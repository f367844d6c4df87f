//! HTTP as it goes over the wire: one connection a request, nothing read into it or left out of it.

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;

/// Somebody who asks a server.
#[derive(Clone)]
pub struct Http {
    pub address: String,
    pub token: Option<String>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

/// A request whose body is still to come.
pub struct Begun(TcpStream);

const BOUNDARY: &str = "a-line-that-is-in-no-file";

impl Http {
    pub fn new(address: &str, token: Option<&str>) -> Self {
        Self { address: address.to_owned(), token: token.map(str::to_owned) }
    }

    /// Sends the head of a request whose body has this length.
    pub async fn begin(&self, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> io::Result<Begun> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(token) = &self.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        head.push_str(&format!("Content-Length: {length}\r\n\r\n"));
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.write_all(head.as_bytes()).await?;
        Ok(Begun(stream))
    }

    /// Sends a request; an error if the server goes away before it has answered.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
        self.begin(method, path, headers, body.len()).await?.finish(body).await
    }

    /// Reads what is at an address; none if the server is not there.
    pub async fn get(&self, path: &str) -> Option<Reply> {
        self.send("GET", path, &[], b"").await.ok()
    }

    /// Sends a body to `/graphql`, as JSON.
    pub async fn post(&self, body: &[u8], headers: &[(&str, &str)]) -> io::Result<Reply> {
        let json = [("Content-Type", "application/json"), ("Accept", "application/graphql-response+json")];
        self.send("POST", "/graphql", &[&json, headers].concat(), body).await
    }

    /// Asks.
    pub async fn try_ask(&self, document: &str, variables: Value) -> Reply {
        self.post(json!({ "query": document, "variables": variables }).to_string().as_bytes(), &[]).await.unwrap()
    }

    /// Asks, and panics if anything is wrong.
    pub async fn ask(&self, document: &str, variables: Value) -> Value {
        let reply = self.try_ask(document, variables).await;
        let answer = reply.json();
        assert!(reply.status == 200 && answer.get("errors").is_none(), "{} {answer:#}", reply.status);
        answer["data"].clone()
    }

    /// Sends a file, as `curl -F operations=… -F map=… -F 0=@…` does.
    pub async fn upload(&self, company: &Value, kind: &str, name: &str, declared: &str, bytes: &[u8]) -> Reply {
        let document = "mutation ($input: UploadFileInput!) { uploadFile(input: $input) \
            { upload { id status media { url } } userErrors { code field message } } }";
        let variables = json!({ "input": { "companyId": company, "kind": kind, "file": null } });
        let operations = json!({ "query": document, "variables": variables }).to_string();
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{operations}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{{\"0\":[\"variables.input.file\"]}}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"0\"; filename=\"{name}\"\r\n\
             Content-Type: {declared}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let kind_of_body = format!("multipart/form-data; boundary={BOUNDARY}");
        let headers = [("Content-Type", kind_of_body.as_str()), ("GraphQL-Require-Preflight", "1")];
        self.send("POST", "/graphql", &headers, &body).await.unwrap()
    }
}

impl Begun {
    /// Waits until the server says that it reads the body (`Expect: 100-continue`).
    pub async fn continues(&mut self) {
        let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut told = vec![0; expected.len()];
        timeout(PATIENCE, self.0.read_exact(&mut told)).await.expect("the server reads on").unwrap();
        assert_eq!(String::from_utf8_lossy(&told), String::from_utf8_lossy(expected));
    }

    /// Sends the body and reads the answer.
    pub async fn finish(mut self, body: &[u8]) -> io::Result<Reply> {
        // A server that refuses may close before it has read everything; its answer is there nevertheless.
        let sent = self.0.write_all(body).await;
        let mut read = Vec::new();
        let received = timeout(PATIENCE, self.0.read_to_end(&mut read)).await.expect("an answer in time");
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
            sent.and(received)?;
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let body = read.split_off(end + 4);
        let head = String::from_utf8(read).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let reply = Reply { status, head, body };
        let whole = reply.header("content-length").is_none_or(|length| length == reply.body.len().to_string());
        if whole { Ok(reply) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as a text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}{}", self.head, self.text()))
    }
}

/// One of the photos and videos that the demo ships.
pub fn shipped(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo").join(name)).unwrap()
}
