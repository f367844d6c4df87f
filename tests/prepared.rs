//! Statements stay prepared: asked again, nothing is parsed again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arvlite_db::models::Role;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::support::{TestApp, fresh_database};

/// Stands between the program and the server, and counts the server's orders to parse.
struct Counter {
    url: String,
    parsed: Arc<AtomicUsize>,
}

impl Counter {
    async fn before(url: &str) -> Self {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let Some(tokio_postgres::config::Host::Unix(folder)) = config.get_hosts().first().cloned() else {
            panic!("the tests' server listens on a socket")
        };
        let socket = folder.join(format!(".s.PGSQL.{}", config.get_ports().first().unwrap_or(&5432)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (user, name) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        let counter = Self {
            url: format!("postgres://{user}@{}/{name}?sslmode=disable", listener.local_addr().unwrap()),
            parsed: Arc::default(),
        };
        let parsed = Arc::clone(&counter.parsed);
        tokio::spawn(async move {
            while let Ok((program, _)) = listener.accept().await {
                tokio::spawn(pass_on(program, UnixStream::connect(&socket).await.unwrap(), Arc::clone(&parsed)));
            }
        });
        counter
    }

    fn parsed(&self) -> usize {
        self.parsed.load(Ordering::SeqCst)
    }
}

/// Passes messages on both ways. The first one has no letter; of the others 'P' is an order to parse.
async fn pass_on(program: TcpStream, server: UnixStream, parsed: Arc<AtomicUsize>) {
    let (mut from_program, mut to_program) = program.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_program).await });
    let mut is_first = true;
    loop {
        let mut message = if is_first { Vec::new() } else { vec![0] };
        is_first = false;
        if !message.is_empty() && from_program.read_exact(&mut message).await.is_err() {
            return;
        }
        let mut length = [0; 4];
        if from_program.read_exact(&mut length).await.is_err() {
            return;
        }
        parsed.fetch_add(usize::from(message.first() == Some(&b'P')), Ordering::SeqCst);
        let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
        from_program.read_exact(&mut rest).await.unwrap();
        message.extend_from_slice(&length);
        message.extend_from_slice(&rest);
        if to_server.write_all(&message).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_is_not_parsed_again() {
    let counter = Counter::before(&fresh_database().await).await;
    let app = TestApp::with_one_connection(&counter.url).await;
    let studio = app.studio("Studio").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4"]).await;
    app.window(&videos[1], -1, 1).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let tree = "{ companies(first: 5) { totalCount nodes { projects(first: 5) { nodes {
        arContents(first: 5, orderBy: { field: CREATED_AT, direction: DESC }, where: { orderNumber: { contains: \"1\" } }) {
            nodes { company { name } videos(first: 5) { nodes { filename media { url } } } schedules { totalCount } } } } } } }
        arContents(search: \"1\") { totalCount nodes { activeVideo { source } } } }";
    let phone = app.anonymous();
    let playback = "query ($id: UUID!) { arPlayback(uniqueId: $id) { video { url } } }";
    let start = "mutation ($id: UUID!, $session: UUID!) {
        viewSessionStart(input: { uniqueId: $id, sessionId: $session }) { viewToken } }";
    let mut parsed = Vec::new();
    for _ in 0..3 {
        let before = counter.parsed();
        viewer.ask(tree, json!({})).await;
        phone.ask(playback, json!({ "id": content.unique_id })).await;
        let session = uuid::Uuid::new_v4();
        let started = phone.ask(start, json!({ "id": content.unique_id, "session": session })).await;
        assert!(started["viewSessionStart"]["viewToken"].is_string(), "{started:#}");
        parsed.push(counter.parsed() - before);
    }
    assert!(parsed[0] > 0, "{parsed:?}");
    assert_eq!(parsed[2], 0, "{parsed:?}");
}
