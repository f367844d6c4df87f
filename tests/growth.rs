//! A database that was grown is the same every time, its numbers agree, and a real one is left alone.

use arvlite_api::cli::demo;
use arvlite_api::global_id::encode;
use arvlite_db::growth::{Growth, grow};
use arvlite_db::models::Company;
use serde_json::json;

use crate::support::process::{arvlite, ended};
use crate::support::{TestApp, noon};

async fn grown(companies: i64, contents: i64, view_sessions: i64) -> TestApp {
    let app = TestApp::start().await;
    let growth = Growth {
        companies,
        contents,
        view_sessions,
        until: noon(),
        hashed_password: String::new(),
        files_of: Vec::new(),
    };
    grow(&app.app.db, &growth, &mut |_| {}).await.unwrap();
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_scale_is_the_same_rows() {
    let (one, other) = (grown(3, 60, 500).await, grown(3, 60, 500).await);
    for table in one.tables().await {
        let digest = format!("SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t");
        let (one, other): (Vec<String>, Vec<String>) = (one.column(&digest).await, other.column(&digest).await);
        assert_eq!(one, other, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_numbers_agree() {
    let app = grown(300, 600, 4000).await;
    let counts = app.row_counts().await;
    for (table, rows) in [("companies", 300), ("ar_content", 600), ("videos", 1800), ("ar_view_sessions", 4000)] {
        assert_eq!(counts[table], rows, "{table}");
    }
    for (what, odd) in [
        (
            "orders whose counter is not the number of their views",
            "SELECT count(*) FROM ar_content c
             WHERE views_count <> (SELECT count(*) FROM ar_view_sessions s WHERE s.ar_content_id = c.id)",
        ),
        (
            "views from before the order or of another video",
            "SELECT count(*) FROM ar_view_sessions s JOIN ar_content c ON c.id = s.ar_content_id
             JOIN videos v ON v.id = s.video_id
             WHERE s.started_at < c.created_at OR s.project_id <> c.project_id OR v.ar_content_id <> c.id",
        ),
        (
            "projects that stayed when their company was deleted",
            "SELECT count(*) FROM projects p JOIN companies c ON c.id = p.company_id
             WHERE c.deleted_at IS NOT NULL AND p.deletion_id IS DISTINCT FROM c.deletion_id",
        ),
        (
            "viewers whose first view is not their first",
            "SELECT count(*) FROM (SELECT v.*,
                row_number() OVER (PARTITION BY company_id, viewer ORDER BY id) = 1 AS company,
                row_number() OVER (PARTITION BY company_id, viewer, project_id ORDER BY id) = 1 AS project,
                row_number() OVER (PARTITION BY company_id, viewer, ar_content_id ORDER BY id) = 1 AS content
                FROM ar_view_sessions v) v
             WHERE (first_in_company, first_in_project, first_in_ar_content) <> (company, project, content)",
        ),
        (
            "viewers who look on two days",
            "SELECT count(*) FROM (SELECT FROM ar_view_sessions GROUP BY company_id, viewer
                HAVING count(DISTINCT (started_at AT TIME ZONE 'UTC')::date) > 1 OR viewer IS NULL) v",
        ),
    ] {
        let odd: i64 = app.column(odd).await[0];
        assert_eq!(odd, 0, "{what}");
    }
    // Whoever writes next comes after what was grown, and the log of views can be read.
    let studio = app.studio("Newcomer").await;
    assert!(studio.company.id > 300);
    let admin = app.admin().await;
    let events = "query ($id: ID!) { viewEvents(scope: { companyId: $id }, first: 100) { nodes { __typename } } }";
    let seen: i64 = app.column("SELECT max(company_id) FROM view_events").await[0];
    let told = admin.ask(events, json!({ "id": encode::<Company>(seen).0 })).await;
    assert!(!told["viewEvents"]["nodes"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_that_no_demo_made_are_left_alone() {
    let app = TestApp::start().await;
    app.studio("Real").await;
    let url = app.app.config.database_url.clone().unwrap();
    let before = app.row_counts().await;
    let folder = tempfile::tempdir().unwrap();
    let demo = |words: &str| {
        let mut demo = arvlite(&["demo", "--fill-only"]);
        demo.arg("--data-dir").arg(folder.path()).env("DATABASE_URL", &url).args(words.split_whitespace());
        demo
    };
    let (code, _, words) = ended(&mut demo("--scale 1")).await;
    assert!(code == 1 && words.contains("--among-others") && words.contains("1 companies"), "{words}");
    assert_eq!(app.row_counts().await, before);

    let (code, _, words) = ended(&mut demo("--scale 1 --among-others")).await;
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("ar_view_sessions") && words.contains(" rows "), "{words}");
    let companies: i64 = app.column("SELECT count(*) FROM companies").await[0];
    assert_eq!(companies, 1 + 2 + 1);
    // Every file of a new studio is there, and growing again changes nothing.
    let keys: Vec<String> = app.column("SELECT key FROM media").await;
    let missing: Vec<&String> = keys.iter().filter(|key| !folder.path().join("media").join(key).is_file()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let grown = app.row_counts().await;
    assert_eq!(ended(&mut demo("--scale 1")).await.0, 0);
    assert_eq!(app.row_counts().await, grown);
    let other = ended(&mut demo("--scale 2")).await;
    assert!(other.0 == 1 && other.2.contains("scale of 1 before"), "{}", other.2);
    assert_eq!(demo::fill(&app.app).await.unwrap().len(), 2);
}
