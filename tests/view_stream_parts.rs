//! Parts of the log of views: who follows a company, a project or an order, or only some kinds of views, is told what
//! the pages of the log hold of that part, live as well as afterwards.

use arvlite_api::auth::Caller;
use arvlite_api::domain::view::{Beat, Start};
use arvlite_api::global_id::{Tagged, encode};
use arvlite_db::Entity;
use arvlite_db::models::{ArContent, DeviceType, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Events, TestApp, mmdb};

const FOLLOW: &str = "subscription ($scope: AnalyticsScope!, $where: ViewStreamWhere, $after: String) {
    viewEvents(scope: $scope, where: $where, after: $after) { __typename ... on StreamPosition { cursor } } }";
const PAGE: &str = "query ($scope: AnalyticsScope!, $after: String) {
    viewEvents(scope: $scope, after: $after, first: 100) { pageInfo { hasNextPage } nodes {
        ... on StreamPosition { cursor }
        ... on ViewSessionStarted { viewSession { ...Kind } } ... on ViewSessionEnded { viewSession { ...Kind } } } } }
    fragment Kind on ViewSession { deviceType os browser country }";

/// What phones say of themselves, and from where: each part of a condition tells some of them apart.
const PHONES: [(DeviceType, &str, &str, &str); 4] = [
    (DeviceType::Mobile, "iOS", "Safari", "198.51.100.9"),
    (DeviceType::Mobile, "Android", "Chrome", "203.0.113.7"),
    (DeviceType::Tablet, "Android", "Firefox", "198.51.100.9"),
    (DeviceType::Desktop, "Windows", "Chrome", "192.0.2.1"),
];

/// Conditions, and which of the phones they hold for.
fn conditions() -> [(Value, [bool; 4]); 8] {
    [
        (Value::Null, [true, true, true, true]),
        (json!({ "deviceType": ["MOBILE"] }), [true, true, false, false]),
        (json!({ "deviceType": ["TABLET", "DESKTOP"] }), [false, false, true, true]),
        (json!({ "os": ["Android"] }), [false, true, true, false]),
        (json!({ "browser": ["Chrome", "Opera"] }), [false, true, false, true]),
        (json!({ "country": ["DE"] }), [true, false, true, false]),
        (json!({ "country": ["DE"], "os": ["Android"] }), [false, false, true, false]),
        (json!({ "browser": ["Opera"] }), [false, false, false, false]),
    ]
}

/// One view of each phone, all of which begin before the first ends.
async fn look(app: &TestApp, contents: &[&ArContent]) {
    let mut tokens = Vec::new();
    for (device_type, os, browser, address) in PHONES {
        for content in contents {
            let start = Start {
                unique_id: content.unique_id,
                session_id: Uuid::new_v4(),
                device_type: Some(device_type),
                os: Some(os.to_owned()),
                browser: Some(browser.to_owned()),
                ..Start::default()
            };
            let caller = Caller { address: Some(address.to_owned()), ..Caller::default() };
            tokens.push(app.app.views.writer.start(start, &caller).await.unwrap().token.unwrap());
        }
    }
    for token in tokens {
        app.app.views.writer.beat(&token, Beat { ended: true, ..Beat::default() }).await.unwrap();
    }
}

/// What the log's page of a scope holds of the phones, as cursors.
async fn paged(who: &Client, scope: &Value, after: &Value, holds: [bool; 4]) -> Vec<Value> {
    let page = who.ask(PAGE, json!({ "scope": scope, "after": after })).await["viewEvents"].clone();
    assert_eq!(page["pageInfo"]["hasNextPage"], false);
    let country = |address| json!((address == "198.51.100.9").then_some("DE"));
    let kinds = PHONES.map(|(device_type, os, browser, address)| {
        json!({ "deviceType": device_type.as_str(), "os": os, "browser": browser, "country": country(address) })
    });
    let wanted = |node: &&Value| holds[kinds.iter().position(|kind| *kind == node["viewSession"]).unwrap()];
    page["nodes"].as_array().unwrap().iter().filter(wanted).map(|node| node["cursor"].clone()).collect()
}

/// What a follower is told next: its type and its cursor.
async fn next(events: &mut Events) -> (String, Value) {
    let told = events.next().await.unwrap().data["data"]["viewEvents"].clone();
    (told["__typename"].as_str().unwrap().to_owned(), told["cursor"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_the_log_is_told_as_its_pages_hold_it_live_and_afterwards() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), mmdb::database(&[("198.51.100.0", 24, "DE", None)])).unwrap();
    let app = TestApp::with_countries(file.path()).await;
    let (studio, foreign) = (app.studio("Studio").await, app.studio("Foreign").await);
    let second = app.project(&studio.company, "Second").await;
    let mut contents = Vec::new();
    for (project, number) in [(&studio.project, "1"), (&studio.project, "2"), (&second, "3"), (&foreign.project, "4")] {
        contents.push(app.playing(project, number, &["one.mp4"]).await.0);
    }
    let dashboard = app.member(studio.company.id, Role::Viewer).await;
    let scopes = [
        (json!({ "companyId": id_of(&studio.company) }), 3),
        (json!({ "projectId": id_of(&studio.project) }), 2),
        (json!({ "projectId": id_of(&second) }), 1),
        (json!({ "arContentId": id_of(&contents[0]) }), 1),
        (json!({ "arContentId": id_of(&contents[2]) }), 1),
    ];

    let (mut live, mut from) = (Vec::new(), Value::Null);
    for (scope, orders) in &scopes {
        for (condition, holds) in conditions() {
            let variables = json!({ "scope": scope, "where": condition });
            let mut events = Events::open(&app.router, &dashboard, FOLLOW, variables.clone(), None).await;
            let (name, cursor) = next(&mut events).await;
            assert_eq!(name, "StreamCaughtUp");
            from = cursor;
            live.push((events, variables, holds, *orders));
        }
    }
    look(&app, &contents.iter().collect::<Vec<_>>()).await;

    for (mut events, variables, holds, orders) in live {
        let expected = paged(&dashboard, &variables["scope"], &from, holds).await;
        assert_eq!(expected.len(), 2 * orders * holds.iter().filter(|holds| **holds).count());
        let (mut told, mut told_afterwards) = (Vec::new(), Vec::new());
        // Each view ends after all began, so what is not in this part would come in between.
        while told.len() < expected.len() {
            told.push(next(&mut events).await.1);
        }
        assert_eq!(told, expected, "live: {variables}");

        let after = json!({ "scope": variables["scope"], "where": variables["where"], "after": from });
        let mut events = Events::open(&app.router, &dashboard, FOLLOW, after, None).await;
        loop {
            let (name, cursor) = next(&mut events).await;
            if name == "StreamCaughtUp" {
                break;
            }
            told_afterwards.push(cursor);
        }
        assert_eq!(told_afterwards, expected, "afterwards: {variables}");
    }
}

fn id_of<T: Tagged + Entity>(row: &T) -> async_graphql::ID {
    encode::<T>(row.id())
}
