//! Two servers on one database, with phones, dashboards and partners at either: to them it is one.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::fresh_database;
use crate::support::process::{DataDir, Http, Server, Socket, arvlite, connect, ended, first_admin, shipped, sign_in};

pub const FOLLOW: &str = "subscription ($scope: AnalyticsScope!, $after: String) { viewEvents(scope: $scope, after: $after) \
    { __typename ... on StreamPosition { cursor } ... on ViewSessionStarted { viewSession { ...State } } \
      ... on ViewSessionProgressed { viewSession { ...State } } ... on ViewSessionEnded { viewSession { ...State } } } } \
    fragment State on ViewSession { sessionId version status durationSeconds videoPlayed trackingQuality startedAt \
      updatedAt endedAt arContent { orderNumber } }";

pub const SESSIONS: &str = "query ($scope: AnalyticsScope!, $after: String) { viewSessions(scope: $scope, first: 7, after: $after) \
    { nodes { ...State } pageInfo { hasNextPage endCursor } } } \
    fragment State on ViewSession { sessionId version status durationSeconds videoPlayed trackingQuality startedAt \
      updatedAt endedAt arContent { orderNumber } }";

/// Two servers on one database, an administrator at each, and an order that plays.
pub struct House {
    pub one: Server,
    pub other: Server,
    pub admin: Http,
    other_admin: Http,
    company: Value,
    pub code: Value,
    pub url: String,
    pub data_dir: DataDir,
}

impl House {
    pub async fn open() -> Self {
        let (url, data_dir) = (fresh_database().await, DataDir::new());
        let (one, other) = tokio::join!(Server::on(&url, &data_dir), Server::on(&url, &data_dir));
        let admin = first_admin(&one, &url).await;
        let other_admin = other.http(admin.token.as_deref());
        let document = "mutation { companyCreate(input: { name: \"Studio\" }) { company { id } } }";
        let company = admin.ask(document, json!({})).await["companyCreate"]["company"]["id"].clone();
        let project = admin
            .ask(
                "mutation ($id: ID!) { projectCreate(input: { companyId: $id, name: \"First\" }) { project { id } } }",
                json!({ "id": company }),
            )
            .await["projectCreate"]["project"]["id"]
            .clone();
        let upload = async |who: &Http, kind: &str, name: &str, declared: &str| {
            let reply = who.upload(&company, kind, name, declared, &shipped(name)).await;
            reply.json()["data"]["uploadFile"]["upload"]["id"].clone()
        };
        let photo = upload(&admin, "PHOTO", "lemons.jpg", "image/jpeg").await;
        let video = upload(&other_admin, "VIDEO", "birthday-candles.mp4", "video/mp4").await;
        let data = other_admin
            .ask(
                "mutation ($input: ArContentCreateInput!) { arContentCreate(input: $input) { arContent { uniqueId status } } }",
                json!({ "input": { "projectId": project, "photoUploadId": photo, "videoUploadIds": [video] } }),
            )
            .await;
        let content = &data["arContentCreate"]["arContent"];
        assert_eq!(content["status"], "READY");
        let code = content["uniqueId"].clone();
        Self { one, other, admin, other_admin, company, code, url, data_dir }
    }

    pub fn scope(&self) -> Value {
        json!({ "companyId": self.company })
    }

    async fn follower(&self, who: &Http, after: Option<&Value>) -> Socket {
        Socket::subscribed(who, FOLLOW, json!({ "scope": self.scope(), "after": after })).await
    }

    /// So many phones at once, each of which reports now to one server and now to the other.
    async fn phones(&self, phones: usize) {
        let (one, other) = (self.one.http(None), self.other.http(None));
        join_all((0..phones).map(|phone| {
            let (one, other) = if phone % 2 == 0 { (&one, &other) } else { (&other, &one) };
            view(one, other, &self.code)
        }))
        .await;
    }

    async fn table(&self) -> BTreeMap<String, Value> {
        table(&self.scope(), async |variables| self.admin.ask(SESSIONS, variables).await).await
    }
}

/// All views as the table has them, by their ids.
pub async fn table(scope: &Value, sessions: impl AsyncFn(Value) -> Value) -> BTreeMap<String, Value> {
    let (mut views, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let data = sessions(json!({ "scope": scope, "after": after })).await;
        let page = &data["viewSessions"];
        for view in page["nodes"].as_array().unwrap() {
            assert!(views.insert(id_of(view), view.clone()).is_none(), "a view is in the list twice");
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return views;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// A phone's whole view: a start that is repeated, two reports and the end.
async fn view(one: &Http, other: &Http, code: &Value) {
    let start = "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { viewToken userErrors { message } } }";
    let input = json!({ "input": { "uniqueId": code, "sessionId": Uuid::new_v4(), "deviceType": "MOBILE" } });
    let (first, again) = tokio::join!(one.ask(start, input.clone()), other.ask(start, input));
    assert_eq!(first, again);
    let token = first["viewSessionStart"]["viewToken"].as_str().unwrap();
    let report = "mutation ($input: ViewSessionHeartbeatInput!) { viewSessionHeartbeat(input: $input) { status } }";
    let far =
        json!({ "input": { "viewToken": token, "playedSeconds": 2, "trackingQuality": "GOOD", "videoPlayed": true } });
    let near = json!({ "input": { "viewToken": token, "playedSeconds": 1, "trackingQuality": "POOR" } });
    tokio::join!(one.ask(report, near), other.ask(report, far));
    let end = "mutation ($input: ViewSessionEndInput!) { viewSessionEnd(input: $input) { status } }";
    let data = other.ask(end, json!({ "input": { "viewToken": token, "playedSeconds": 3 } })).await;
    assert_eq!(data["viewSessionEnd"]["status"], "ENDED");
}

pub fn id_of(view: &Value) -> String {
    view["sessionId"].as_str().unwrap().to_owned()
}

/// Reads on up to what was recorded when so many views had ended.
async fn until_ended(follower: &mut Socket, views: usize) -> Vec<Value> {
    let (mut items, mut ended) = (Vec::new(), HashSet::new());
    while ended.len() < views {
        let item = follower.next().await["viewEvents"].clone();
        if item["__typename"] == "ViewSessionEnded" {
            ended.insert(id_of(&item["viewSession"]));
        }
        items.push(item);
    }
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_at_either_server_hear_the_same_in_the_same_order_and_resume_at_the_other() {
    let house = House::open().await;
    let mut followers = [house.follower(&house.admin, None).await, house.follower(&house.other_admin, None).await];
    for follower in &mut followers {
        assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    }
    house.phones(12).await;
    let [one, other] = &mut followers;
    let (heard, there) = tokio::join!(until_ended(one, 12), until_ended(other, 12));
    assert_eq!(heard, there);
    let distinct =
        |of: fn(&Value) -> Value| heard.iter().map(|item| of(item).to_string()).collect::<HashSet<_>>().len();
    assert_eq!(distinct(|item| item["cursor"].clone()), heard.len());
    assert_eq!(distinct(|item| json!([item["viewSession"]["sessionId"], item["viewSession"]["version"]])), heard.len());
    let starts = heard.iter().filter(|item| item["__typename"] == "ViewSessionStarted").count();
    assert_eq!(starts, 12);

    for place in [0, heard.len() / 2, heard.len() - 1] {
        let mut resumed = house.follower(&house.other_admin, Some(&heard[place]["cursor"])).await;
        for item in &heard[place + 1..] {
            assert_eq!(&resumed.next().await["viewEvents"], item);
        }
        assert_eq!(resumed.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_revoked_at_one_server_is_refused_at_the_other() {
    let house = House::open().await;
    let create = "mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { apiKey { id } secret } }";
    let input = json!({ "companyId": house.company, "name": "Dashboard", "role": "VIEWER", "scopes": ["READ", "READ_ANALYTICS"] });
    let made = house.admin.ask(create, json!({ "input": input })).await["apiKeyCreate"].clone();
    let partner = house.other.http(made["secret"].as_str());
    partner.ask("{ projects { nodes { name } } }", json!({})).await;
    let mut follower = house.follower(&partner, None).await;
    assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");

    let revoke = "mutation ($id: ID!) { apiKeyRevoke(input: { id: $id }) { userErrors { message } } }";
    let revoked = Instant::now();
    house.admin.ask(revoke, json!({ "id": made["apiKey"]["id"] })).await;
    assert_eq!(follower.closed().await, 4403);
    assert!(revoked.elapsed() < Duration::from_secs(3), "{:?}", revoked.elapsed());
    let reply = partner.try_ask("{ projects { nodes { name } } }", json!({})).await;
    assert_eq!((reply.status, &reply.json()["errors"][0]["extensions"]["code"]), (401, &json!("UNAUTHENTICATED")));
}

/// What an operator does in a process of their own.
async fn operate(house: &House, words: &[&str]) {
    let mut command = arvlite(words);
    let (code, _, said) = ended(command.env("DATABASE_URL", &house.url).env("ARVLITE_MODE", "development")).await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_see_less_than_before_is_told_nothing_more_wherever_they_are_connected() {
    let house = House::open().await;
    let create =
        ["user", "create", "ann@example.com", "--name", "Ann", "--company", "studio", "--role", "EDITOR", "--generate"];
    let mut command = arvlite(&create);
    let (code, password, said) =
        ended(command.env("DATABASE_URL", &house.url).env("ARVLITE_MODE", "development")).await;
    assert_eq!(code, 0, "{said}");
    let ann = sign_in(&house.other, "ann@example.com", password.trim()).await;
    let stays = house.follower(&house.other_admin, None).await;
    let mut stays = [stays, house.follower(&house.admin, None).await];
    for stays in &mut stays {
        assert_eq!(stays.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    }
    let follow = async || {
        let mut follower = house.follower(&ann, None).await;
        assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
        follower
    };

    // A lesser role, by a process that does not serve; the sign-in itself holds.
    let mut follower = follow().await;
    operate(&house, &["user", "grant", "ann@example.com", "--company", "studio", "--role", "VIEWER"]).await;
    assert_eq!(follower.closed().await, 4403);
    // No role at all, by the other server.
    let mut follower = follow().await;
    let data = house.admin.ask("{ users(first: 10) { nodes { id email } } }", json!({})).await;
    let people = data["users"]["nodes"].as_array().unwrap();
    let id = people.iter().find(|person| person["email"] == "ann@example.com").unwrap()["id"].clone();
    let remove =
        "mutation ($input: MembershipRemoveInput!) { membershipRemove(input: $input) { userErrors { message } } }";
    let removed = house.admin.ask(remove, json!({ "input": { "companyId": house.company, "userId": id } })).await;
    assert_eq!(removed["membershipRemove"]["userErrors"], json!([]));
    assert_eq!(follower.closed().await, 4403);
    let mut refused = house.follower(&ann, None).await;
    let heard = refused.hear().await.unwrap();
    assert_eq!(heard["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN", "{heard}");

    // An administrator who is one no longer, and somebody who is not let in any more.
    operate(&house, &["user", "grant", "ann@example.com", "--admin", "true"]).await;
    let mut follower = follow().await;
    operate(
        &house,
        &["user", "grant", "ann@example.com", "--company", "studio", "--role", "VIEWER", "--admin", "false"],
    )
    .await;
    assert_eq!(follower.closed().await, 4403);
    let mut follower = follow().await;
    operate(&house, &["user", "disable", "ann@example.com"]).await;
    assert_eq!(follower.closed().await, 4403);

    // A key whose scopes somebody changed past every command, and said so.
    let create = "mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret } }";
    let input =
        json!({ "companyId": house.company, "name": "Wall", "role": "VIEWER", "scopes": ["READ", "READ_ANALYTICS"] });
    let made = house.admin.ask(create, json!({ "input": input })).await["apiKeyCreate"].clone();
    let wall = house.other.http(made["secret"].as_str());
    let mut follower = house.follower(&wall, None).await;
    assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    let narrow =
        "UPDATE api_keys SET scopes = '{READ}'; SELECT pg_notify('arvlite_revoked', 'key:' || id) FROM api_keys";
    connect(&house.url).await.batch_execute(narrow).await.unwrap();
    assert_eq!(follower.closed().await, 4403);

    house.phones(1).await;
    for stays in &mut stays {
        assert_eq!(stays.next().await["viewEvents"]["__typename"], "ViewSessionStarted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_that_subscribes_then_asks_then_folds_ends_with_what_the_table_has() {
    let house = House::open().await;
    house.phones(5).await;
    let dashboard = async {
        let mut follower = house.follower(&house.other_admin, None).await;
        assert_eq!(follower.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
        let mut views = house.table().await;
        while views.values().filter(|view| view["status"] == "ENDED").count() < 25 {
            let told = follower.next().await["viewEvents"]["viewSession"].clone();
            let known = views.entry(id_of(&told)).or_insert_with(|| told.clone());
            if told["version"].as_i64() > known["version"].as_i64() {
                *known = told;
            }
        }
        views
    };
    let (views, ()) = tokio::join!(dashboard, house.phones(20));
    assert_eq!(views, house.table().await);
    assert!(views.values().all(|view| view["durationSeconds"] == 3 && view["trackingQuality"] == "GOOD"), "{views:#?}");
}
