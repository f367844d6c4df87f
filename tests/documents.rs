//! What people are shown to paste is true: every document of the README and of the page's examples runs.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Events, TestApp};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)).unwrap()
}

/// What stands between an opening and the next closing.
fn between<'t>(text: &'t str, opening: &'t str, closing: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(opening).skip(1).map(move |rest| rest.split(closing).next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_that_is_shown_runs_within_the_limits() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    app.playing(&studio.project, "1", &["one.mp4"]).await;
    let admin = app.admin().await;
    let (readme, examples) = (read("README.md"), read("api/graphiql/src/examples.ts"));
    // The README's documents name the first company by its id; the page fills it in.
    let company = arvlite_api::global_id::encode::<arvlite_db::models::Company>(studio.company.id);
    assert_eq!(company.as_str(), "AQEB");
    let shown: Vec<&str> = between(&readme, "```graphql\n", "```").chain(between(&examples, "query: `", "`")).collect();
    assert!(shown.len() >= 6, "{shown:?}");
    for document in shown {
        let variables = if document.contains("$companyId") { json!({ "companyId": company }) } else { json!({}) };
        let mut events = Events::open(&app.router, &admin, document, variables, None).await;
        let told = events.next().await.unwrap();
        assert_eq!((told.name.as_str(), told.data.get("errors")), ("next", None), "{document}\n{:#}", told.data);
        let payloads = told.data["data"].as_object().unwrap().values();
        let errors: Vec<&Value> = payloads.filter_map(|payload| payload["userErrors"].get(0)).collect();
        assert!(errors.is_empty(), "{document}\n{errors:?}");
    }
    let body = between(&readme, "-d '", "'").next().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let mut events = Events::open(&app.router, &admin, body["query"].as_str().unwrap(), json!({}), None).await;
    assert_eq!(events.next().await.unwrap().data["data"]["viewEvents"]["__typename"], "StreamCaughtUp");
    for operation in between(&readme, "-F operations='", "'") {
        let operation: Value = serde_json::from_str(operation).unwrap();
        let data = admin.ask(operation["query"].as_str().unwrap(), json!({})).await;
        assert_eq!(data["uploadFile"]["userErrors"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_asks_for_what_there_is() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let admin = app.admin().await;
    let page = read("examples/dashboard/index.html");
    let view = between(&page, "VIEW = `", "`").next().unwrap();
    let company = arvlite_api::global_id::encode::<arvlite_db::models::Company>(studio.company.id);
    let documents: Vec<&str> = between(&page, "(`", "`").collect();
    assert_eq!(documents.len(), 4, "{documents:?}");
    for document in documents {
        let variables = json!({ "scope": { "companyId": company } });
        let document = document.replace("${VIEW}", view);
        let mut events = Events::open(&app.router, &admin, &document, variables, None).await;
        let told = events.next().await.unwrap();
        assert_eq!((told.name.as_str(), told.data.get("errors")), ("next", None), "{document}\n{:#}", told.data);
    }
}
