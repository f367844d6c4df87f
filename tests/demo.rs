//! The demo is filled once, and its numbers agree.

use arvlite_api::cli::demo;
use arvlite_db::models::{ArContent, ArContentFilter, Company, ViewSession, ViewSessionFilter};
use arvlite_db::{ChildOf, Deleted, Entity, Page, Scope};
use serde_json::json;

use crate::support::TestApp;

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
        .column(
            "SELECT count(*) FROM ar_content WHERE client_id IS NOT NULL
             UNION ALL SELECT count(DISTINCT company_id) FROM notifications
             UNION ALL SELECT count(DISTINCT (company_id, status)) FROM email_queue",
        )
        .await;
    assert_eq!(filled, [9, 2, 6], "orders with a client, companies with notifications, statuses of their mail");
    let filled: Vec<i64> = app
        .column("SELECT count(*) FROM ar_content c JOIN folders f ON f.id = c.folder_id WHERE f.parent_id IS NOT NULL")
        .await;
    assert!(filled[0] > 3, "{filled:?} orders lie in folders of folders");

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
