//! The demo is filled once, its numbers agree, and simulated viewers move them unless they are left out.

use arvlite_api::cli::demo;
use arvlite_db::models::{ArContent, ArContentFilter, Company, ViewSession, ViewSessionFilter};
use arvlite_db::{ChildOf, Deleted, Entity, Page, Scope};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::process::{DataDir, Http, PATIENCE, Server, Socket, arvlite, connect, sign_in};
use crate::support::{TestApp, empty_database};

async fn numbers(app: &TestApp) -> (i64, i64, i64) {
    let session = app.app.db.session(Scope::Everything);
    let contents = ArContent::count(&session, &ArContentFilter::default(), Deleted::Include).await.unwrap();
    let views = ViewSession::count(&session, &ViewSessionFilter::default(), Deleted::Include).await.unwrap();
    let all = ArContent::page(&session, &Page::first(1000)).await.unwrap();
    (contents, views, all.iter().map(|content| content.views_count).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_filled_once_and_its_numbers_agree() {
    let app = TestApp::start().await;
    let companies = demo::fill(&app.app).await.unwrap();
    assert_eq!(companies.iter().map(|company| company.slug.as_str()).collect::<Vec<_>>(), ["vertex-ar", "lumen"]);
    let (contents, views, counted) = numbers(&app).await;
    assert!(contents >= 24 && views >= 300, "{contents} orders, {views} views");
    assert_eq!(views, counted);

    let again = demo::fill(&app.app).await.unwrap();
    assert_eq!(again.len(), companies.len());
    assert_eq!(numbers(&app).await, (contents, views, counted));

    let filled: Vec<i64> = app
        .column("SELECT count(*) FROM ar_content c JOIN folders f ON f.id = c.folder_id WHERE f.parent_id IS NOT NULL")
        .await;
    assert!(filled[0] > 3, "{filled:?} orders lie in folders of folders");
    let counted = "SELECT count(*) FROM storage_folders f JOIN storage_connections c ON c.id = f.storage_connection_id
        WHERE c.provider = 'LOCAL' AND c.is_default AND (f.files_count, f.total_size_bytes) =
            (SELECT count(*), sum(size_bytes) FROM media m
             WHERE m.storage_connection_id = c.id AND m.key LIKE f.path || '/%')";
    assert_eq!(app.column::<i64>(counted).await, [4], "photos and videos of two studios are where their folders say");
    assert_eq!(app.column::<i64>("SELECT count(*) FROM media WHERE storage_connection_id IS NULL").await, [0]);

    let session = app.app.db.session(Scope::Everything);
    let ids: Vec<i64> = companies.iter().map(|company| company.id).collect();
    let first = <ArContent as ChildOf<Company>>::of_parents(&session, &ids, &Page::first(1)).await.unwrap();
    let admin = app.admin().await;
    for content in first {
        let data = admin
            .ask(
                "query ($id: UUID!) { arContent(uniqueId: $id) { status activeVideo { reason video { media { mimeType } } } } }",
                json!({ "id": content.unique_id }),
            )
            .await;
        assert_eq!(data["arContent"]["activeVideo"]["reason"], json!(null));
        assert_eq!(data["arContent"]["activeVideo"]["video"]["media"]["mimeType"], "video/mp4");
    }
}

/// Somebody who watches the views of a studio of the demo.
async fn watch(server: &Server) -> (Http, Socket) {
    let manager = sign_in(server, "manager@vertex.local", "demo-password").await;
    let data = manager.ask("{ companies(first: 1) { nodes { id } } }", json!({})).await;
    let scope = json!({ "scope": { "companyId": data["companies"]["nodes"][0]["id"] } });
    let document = "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename
        ... on ViewSessionStarted { viewSession { sessionId } } } }";
    let mut events = Socket::subscribed(&manager, document, scope).await;
    assert_eq!(events.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    (manager, events)
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_come_by_themselves_unless_they_are_left_out() {
    let (url, data_dir) = (empty_database().await, DataDir::new());
    let mut demo = arvlite(&["demo", "--listen", "127.0.0.1:0"]);
    let stored = connect(&url).await;
    let seen = async || -> Vec<String> {
        let seen = "SELECT DISTINCT view_session ->> 'session_id' FROM view_events";
        stored.query(seen, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };

    let server = Server::start(demo.arg("--no-traffic").env("DATABASE_URL", &url), &data_dir).await;
    let (manager, mut events) = watch(&server).await;
    let code = manager.ask("{ arContents(first: 1) { nodes { uniqueId } } }", json!({})).await;
    let session_id = Uuid::new_v4();
    let input = json!({ "uniqueId": code["arContents"]["nodes"][0]["uniqueId"], "sessionId": session_id });
    let start = "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { viewToken } }";
    server.http(None).ask(start, json!({ "input": input })).await;
    assert_eq!(events.next().await["viewEvents"]["viewSession"]["sessionId"], json!(session_id));
    assert_eq!(seen().await, [session_id.to_string()], "only the phone of this test came");
    server.kill().await;

    let mut demo = arvlite(&["demo", "--listen", "127.0.0.1:0"]);
    let server = Server::start(demo.env("DATABASE_URL", &url), &data_dir).await;
    let (_, mut events) = watch(&server).await;
    let somebody_came = async { while events.next().await["viewEvents"]["__typename"] != "ViewSessionStarted" {} };
    timeout(PATIENCE, somebody_came).await.expect("somebody comes by themselves");
    server.ask_to_stop().await;
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(seen().await.len() > 1);
}
