//! Streams that many follow: run once for all who ask the same and may see the same, and for nobody else.

use arvlite_api::config::Limits;
use arvlite_api::global_id::encode;
use arvlite_db::models::{ApiKeyScope, ArContent, Company, Role, UserRole};
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::exposition::Exposition;
use crate::support::process::{Http, Socket};
use crate::support::{Client, Events, Served, Studio, TestApp, generous, token_of};

const FOLLOW: &str =
    "subscription ($scope: AnalyticsScope!, $after: String) { viewEvents(scope: $scope, after: $after) {
    __typename ... on StreamPosition { cursor }
    ... on ViewSessionStarted { viewSession { sessionId arContent { orderNumber } } } } }";

/// What was counted since something was counted last.
struct Counts {
    executions: f64,
    events: f64,
    statements: f64,
}

async fn counted(served: &Served) -> Counts {
    let told = Exposition::read(&served.get("/metrics", "").await.body);
    let of = |name: &str| told.value(name);
    Counts {
        executions: of("arvlite_subscription_executions_total"),
        events: of("arvlite_subscription_events_total"),
        statements: of("arvlite_database_statements_total"),
    }
}

fn of(studio: &Studio) -> Value {
    json!({ "scope": { "companyId": encode::<Company>(studio.company.id) } })
}

async fn socket(app: &TestApp, served: &Served, who: &Client, document: &str, variables: Value) -> Socket {
    let who = Http::new(&served.address.to_string(), Some(&token_of(&app.app, who).await));
    Socket::subscribed(&who, document, variables).await
}

async fn caught_up(socket: &mut Socket) {
    assert_eq!(socket.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
}

async fn start(app: &TestApp, content: &ArContent, count: usize) -> Vec<String> {
    let mut started = Vec::new();
    for _ in 0..count {
        let id = Uuid::new_v4();
        app.start_view(content, id).await.unwrap();
        started.push(id.to_string());
    }
    started
}

/// The ids of the views of the next events.
async fn sessions(socket: &mut Socket, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(socket.next().await["viewEvents"]["viewSession"]["sessionId"].as_str().unwrap().to_owned());
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_event_costs_does_not_depend_on_how_many_follow() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let first = app.member(studio.company.id, Role::Viewer).await;
    let (served, events) = (Served::start(&app.app).await, 10);
    let mut statements = Vec::new();
    let mut sockets: Vec<Socket> = Vec::new();
    for followers in [1, 50] {
        while sockets.len() < followers {
            // As many people as there are sockets would do, since they all may see the same.
            let second = app.member(studio.company.id, Role::Viewer).await;
            let who = if sockets.len().is_multiple_of(2) { &first } else { &second };
            let mut socket = socket(&app, &served, who, FOLLOW, of(&studio)).await;
            caught_up(&mut socket).await;
            sockets.push(socket);
        }
        let before = counted(&served).await;
        let started = start(&app, &content, events).await;
        let told = join_all(sockets.iter_mut().map(|socket| sessions(socket, events))).await;
        assert!(told.iter().all(|told| *told == started));
        let after = counted(&served).await;
        assert_eq!(after.executions - before.executions, 10.0, "{followers} followers");
        assert!(after.events - before.events >= (events * followers - followers) as f64);
        statements.push(after.statements - before.statements);
    }
    // The log is also looked at once a second, however long this takes.
    assert!(statements[1] < statements[0] + 50.0, "{statements:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_again_is_told_what_was_and_what_is_once() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (viewer, served) = (app.member(studio.company.id, Role::Viewer).await, Served::start(&app.app).await);
    let mut live = socket(&app, &served, &viewer, FOLLOW, of(&studio)).await;
    let begun = live.next().await["viewEvents"]["cursor"].clone();
    let mut started = start(&app, &content, 300).await;
    let cursors: Vec<Value> = {
        let mut cursors = vec![begun];
        for _ in 0..300 {
            cursors.push(live.next().await["viewEvents"]["cursor"].clone());
        }
        cursors
    };
    // While they come new views start all the time: none of those is lost between the past and what is live.
    let resume = join_all([0, 1, 150, 299, 300].map(async |place: usize| {
        let (mut told, mut socket) = until_caught_up(&app, &served, &viewer, &studio, &cursors[place]).await;
        told.extend(sessions(&mut socket, 340 - place - told.len()).await);
        (place, told)
    }));
    let (resumed, more) = tokio::join!(resume, start(&app, &content, 40));
    started.extend(more);
    for (place, told) in resumed {
        assert_eq!(told, started[place..], "after the {place}th");
    }
}

async fn until_caught_up(
    app: &TestApp,
    served: &Served,
    who: &Client,
    studio: &Studio,
    after: &Value,
) -> (Vec<String>, Socket) {
    let mut variables = of(studio);
    variables["after"] = after.clone();
    let mut socket = socket(app, served, who, FOLLOW, variables).await;
    let mut past = Vec::new();
    loop {
        let item = socket.next().await["viewEvents"].take();
        if item["__typename"] == "StreamCaughtUp" {
            return (past, socket);
        }
        past.push(item["viewSession"]["sessionId"].as_str().unwrap().to_owned());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_what_only_others_may_see() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (foreign, _) = app.playing(&other.project, "2", &["one.mp4"]).await;
    let id = studio.company.id;
    let (viewer, same) = (app.member(id, Role::Viewer).await, app.member(id, Role::Viewer).await);
    let (manager, admin) = (app.member(id, Role::Manager).await, app.admin().await);
    let both = app.person(UserRole::Member, &[(id, Role::Viewer), (other.company.id, Role::Viewer)]).await;
    let full = app.key(id, Role::Viewer, &[ApiKeyScope::Read, ApiKeyScope::ReadAnalytics]).await;
    let narrow = app.key(id, Role::Manager, &[ApiKeyScope::ReadAnalytics]).await;
    let stranger = app.member(other.company.id, Role::Manager).await;
    let before = executions(&app).await;

    let mut streams = Vec::new();
    for who in [&viewer, &same, &full, &manager, &admin, &both, &narrow] {
        let mut events = Events::open(&app.router, who, FOLLOW, of(&studio), None).await;
        assert_eq!(events.next().await.unwrap().data["data"]["viewEvents"]["__typename"], "StreamCaughtUp");
        streams.push(events);
    }
    let mut refused = Events::open(&app.router, &stranger, FOLLOW, of(&studio), None).await;
    assert_eq!(refused.next().await.unwrap().data["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let joined = executions(&app).await;
    start(&app, &foreign, 2).await;
    let [started] = &start(&app, &content, 1).await[..] else { panic!("one view") };
    let mut told = Vec::new();
    for events in &mut streams {
        told.push(events.next().await.unwrap());
    }
    let narrowly = told.pop().unwrap();
    assert_eq!(narrowly.data["errors"][0]["extensions"]["code"], "FORBIDDEN", "{}", narrowly.data);
    assert!(!narrowly.data.to_string().contains("orderNumber"));
    for event in &told {
        assert_eq!(event.data, told[0].data);
        assert_eq!(
            event.data["data"]["viewEvents"]["viewSession"],
            json!({ "sessionId": started, "arContent": { "orderNumber": "1" } })
        );
    }
    // A viewer, another one and a key that opens as much; a manager; an administrator; somebody of both; the narrow key.
    assert_eq!(executions(&app).await - joined, 5.0);
    assert_eq!(joined - before, 7.0 + 1.0, "each its own past");
}

async fn executions(app: &TestApp) -> f64 {
    counted(&Served::start(&app.app).await).await.executions
}

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_who_asks_is_everybodys_own() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let roles = [(studio.company.id, Role::Manager), (other.company.id, Role::Viewer)];
    let people = [app.person(UserRole::Member, &roles).await, app.person(UserRole::Member, &roles).await];
    let document =
        "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename ... on ViewSessionStarted {
        viewSession { arContent { history { nodes { actor { ... on User { email memberships { company { name } } } } } } } } } } }";
    let update = "mutation ($id: ID!, $name: String!) { arContentUpdate(input: { id: $id, expectedVersion: 1, customerName: $name })
        { userErrors { code } } }";
    for (number, who) in people.iter().enumerate() {
        let update = update.replace("1,", &format!("{},", number + 1));
        who.ask(&update, json!({ "id": encode::<ArContent>(content.id), "name": number.to_string() })).await;
    }
    let mut streams = Vec::new();
    for who in &people {
        let mut events = Events::open(&app.router, who, document, of(&studio), None).await;
        events.next().await.unwrap();
        streams.push(events);
    }
    start(&app, &content, 1).await;
    let mut told = Vec::new();
    for events in &mut streams {
        told.push(events.next().await.unwrap().data["data"]["viewEvents"].take());
    }
    let companies = |told: &Value, person: usize| {
        let nodes = told["viewSession"]["arContent"]["history"]["nodes"].as_array().unwrap().clone();
        let actors = nodes.iter().map(|node| node["actor"].clone()).filter(|actor| actor.get("email").is_some());
        let actor = actors.collect::<Vec<_>>()[person].clone();
        actor["memberships"].as_array().unwrap().len()
    };
    // Each is told all their own companies, and of the other person's those that they manage.
    assert_eq!([companies(&told[0], 0), companies(&told[0], 1)], [2, 1]);
    assert_eq!([companies(&told[1], 0), companies(&told[1], 1)], [1, 2]);
}

/// What is run for many is paced by nobody's budget: so it is cheap, and one caller begins only a few.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_dear_or_one_of_very_many_is_everybodys_own() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document = |selection: &str| {
        format!(
            "subscription ($scope: AnalyticsScope!) {{ viewEvents(scope: $scope) {{ __typename
            ... on ViewSessionStarted {{ viewSession {{ {selection} }} }} }} }}"
        )
    };
    let dear = document("company { arContents(first: 100) { nodes { id } } }");
    let mut streams = Vec::new();
    let cheap: Vec<String> = (0..17).map(|number| document(&format!("alias{number}: id"))).collect();
    for document in [&dear].into_iter().chain(&cheap) {
        for _ in 0..2 {
            let mut events = Events::open(&app.router, &viewer, document, of(&studio), None).await;
            events.next().await.unwrap();
            streams.push(events);
        }
    }
    let before = executions(&app).await;
    start(&app, &content, 1).await;
    for events in &mut streams {
        assert_eq!(events.next().await.unwrap().data["data"]["viewEvents"]["__typename"], "ViewSessionStarted");
    }
    assert_eq!(executions(&app).await - before, 2.0 + 16.0 + 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_nothing_for_long_goes_on_where_it_stands() {
    let app = TestApp::limited(Limits { stream_backlog_events: 1_000_000, ..generous() }).await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let document = "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename } }";
    let mut reads = Events::open(&app.router, &viewer, document, of(&studio), None).await;
    let mut waits = Events::open(&app.router, &viewer, document, of(&studio), None).await;
    for events in [&mut reads, &mut waits] {
        assert_eq!(events.next().await.unwrap().data["data"]["viewEvents"]["__typename"], "StreamCaughtUp");
    }
    // More than are kept for those who are late.
    let count = 4_400;
    record(&app, &content, count).await;
    let ids = async |events: &mut Events| {
        let mut ids = Vec::new();
        while ids.len() < count {
            let event = events.next().await.unwrap();
            assert_eq!(event.data["data"]["viewEvents"]["__typename"], "ViewSessionStarted");
            ids.push(event.id.unwrap());
        }
        ids
    };
    let told = ids(&mut reads).await;
    let before = executions(&app).await;
    assert_eq!(ids(&mut waits).await, told);
    assert!(executions(&app).await - before > 4_000.0, "it read them by itself");
    let before = executions(&app).await;
    start(&app, &content, 1).await;
    let again = [reads.next().await.unwrap().id, waits.next().await.unwrap().id];
    assert_eq!(again[0], again[1]);
    assert_eq!(executions(&app).await - before, 1.0, "together again");
}

/// As many events as that, of one view.
async fn record(app: &TestApp, content: &ArContent, count: usize) {
    start(app, content, 1).await;
    app.repeat_first_event(count - 1).await;
}

/// As after each deployment: a process that knows nothing yet, and all dashboards at once.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_come_again_to_another_server_read_the_past_together() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let mut first = Events::open(&app.router, &viewer, FOLLOW, of(&studio), None).await;
    let mut ids = vec![first.next().await.unwrap().id.unwrap()];
    let count = 1_500;
    record(&app, &content, count).await;
    while ids.len() <= count {
        ids.push(first.next().await.unwrap().id.unwrap());
    }
    let twin = TestApp::on(app.app.config.database_url.as_deref().unwrap()).await;
    let followed = async |place: usize| {
        let mut events = Events::open(&twin.router, &viewer, FOLLOW, of(&studio), Some(&ids[place])).await;
        let mut told = Vec::new();
        loop {
            let event = events.next().await.unwrap();
            if event.data["data"]["viewEvents"]["__typename"] == "StreamCaughtUp" {
                assert_eq!(told, ids[place + 1..], "after the {place}th");
                return events;
            }
            told.push(event.id.unwrap());
        }
    };
    let others = async {
        // The furthest behind has begun.
        while executions(&twin).await == 0.0 {}
        join_all([600, 700, 1_200, 1_490, 1_499, 1_500].map(followed)).await
    };
    let (first, mut streams) = tokio::join!(followed(0), others);
    streams.push(first);
    // All that the first one missed, and the end of it once more for those who were not that far behind.
    let together = executions(&twin).await;
    assert!((1_500.0..1_500.0 + 400.0).contains(&together), "{together}");
    start(&app, &content, 1).await;
    let news = join_all(streams.iter_mut().map(async |events| events.next().await.unwrap().id)).await;
    assert!(news.iter().all(|id| *id == news[0]));
    assert_eq!(executions(&twin).await - together, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_others_recorded_is_stepped_over() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (foreign, _) = app.playing(&other.project, "2", &["one.mp4"]).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let mut first = Events::open(&app.router, &viewer, FOLLOW, of(&studio), None).await;
    let begun = first.next().await.unwrap().id;
    record(&app, &foreign, 20_000).await;
    let started = start(&app, &content, 2).await;
    // Another process, which does not read all that for somebody who is live.
    let twin = TestApp::on(app.app.config.database_url.as_deref().unwrap()).await;
    let mut live = Events::open(&twin.router, &viewer, FOLLOW, of(&studio), None).await;
    live.next().await.unwrap();
    let statements = twin.app.db.statements_sent();
    let mut again = Events::open(&twin.router, &viewer, FOLLOW, of(&studio), begun.as_deref()).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(again.next().await.unwrap().data["data"]["viewEvents"].take());
    }
    let ids: Vec<&str> = told.iter().filter_map(|item| item["viewSession"]["sessionId"].as_str()).collect();
    assert_eq!(ids, started);
    assert_eq!(told[2]["__typename"], "StreamCaughtUp");
    let statements = twin.app.db.statements_sent() - statements;
    assert!(statements < 20, "{statements} statements, however many positions are others'");
}
