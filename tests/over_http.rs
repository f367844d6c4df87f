//! What a partner's program sends over the wire: files and an order made of them, and everything that is wrong.

use serde_json::{Value, json};

use crate::support::fresh_database;
use crate::support::process::{DataDir, Http, Reply, Server, connect, first_admin, shipped};

/// A server with a company of one project, whose key a partner has, and another company beside it.
struct Partner {
    server: Server,
    url: String,
    data_dir: DataDir,
    admin: Http,
    http: Http,
    company: Value,
    project: Value,
    foreign_company: Value,
    foreign_project: Value,
}

impl Partner {
    async fn new() -> Self {
        let (url, data_dir) = (fresh_database().await, DataDir::new());
        let server = Server::on(&url, &data_dir).await;
        let admin = first_admin(&server, &url).await;
        let (company, project) = studio(&admin, "Studio").await;
        let (foreign_company, foreign_project) = studio(&admin, "Other").await;
        let http = server.http(key(&admin, &company).await["secret"].as_str());
        Self { server, url, data_dir, admin, http, company, project, foreign_company, foreign_project }
    }

    /// How many rows each table has, and how many files there are.
    async fn stored(&self) -> Vec<(String, i64)> {
        let stored = connect(&self.url).await;
        let tables = "SELECT table_name::text FROM information_schema.tables \
            WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1";
        let mut counts = vec![("files".to_owned(), self.data_dir.files("media").try_into().unwrap())];
        for table in stored.query(tables, &[]).await.unwrap() {
            let name: String = table.get(0);
            let count = stored.query_one(&format!("SELECT count(*) FROM {name}"), &[]).await.unwrap();
            counts.push((name, count.get(0)));
        }
        counts
    }
}

async fn studio(admin: &Http, name: &str) -> (Value, Value) {
    let document = "mutation ($name: String!) { companyCreate(input: { name: $name }) { company { id } } }";
    let company = admin.ask(document, json!({ "name": name })).await["companyCreate"]["company"]["id"].clone();
    let document =
        "mutation ($id: ID!) { projectCreate(input: { companyId: $id, name: \"First\" }) { project { id } } }";
    let project = admin.ask(document, json!({ "id": company })).await["projectCreate"]["project"]["id"].clone();
    (company, project)
}

async fn key(admin: &Http, company: &Value) -> Value {
    let document = "mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret apiKey { prefix } } }";
    let scopes = ["READ", "WRITE_CONTENT", "WRITE_SCHEDULES", "WRITE_UPLOADS", "READ_ANALYTICS"];
    let input = json!({ "companyId": company, "name": "Partner", "role": "EDITOR", "scopes": scopes });
    admin.ask(document, json!({ "input": input })).await["apiKeyCreate"].clone()
}

fn path_of<'a>(server: &Server, url: &'a Value) -> &'a str {
    let url = url.as_str().unwrap();
    url.strip_prefix(&format!("http://{}", server.address())).unwrap_or_else(|| panic!("{url} is not of this server"))
}

#[tokio::test(flavor = "multi_thread")]
async fn files_become_an_order_whose_page_photo_video_and_codes_are_served() {
    let partner = Partner::new().await;
    let Partner { server, http, .. } = &partner;
    let (jpeg, mp4) = (shipped("koi-pond.jpg"), shipped("koi-swimming.mp4"));
    let upload = async |kind: &str, name: &str, declared: &str, bytes: &[u8]| {
        let reply = http.upload(&partner.company, kind, name, declared, bytes).await;
        let payload = reply.json()["data"]["uploadFile"].clone();
        assert_eq!(
            (reply.status, &payload["userErrors"], &payload["upload"]["status"]),
            (200, &json!([]), &json!("READY"))
        );
        payload["upload"].clone()
    };
    let photo = upload("PHOTO", "koi-pond.jpg", "image/jpeg", &jpeg).await;
    let video = upload("VIDEO", "koi-swimming.mp4", "video/mp4", &mp4).await;

    let document = "mutation ($input: ArContentCreateInput!) { arContentCreate(input: $input) { userErrors { message } \
        arContent { status publicUrl photo { url } qrCode svg: qrCode(format: SVG) videos { nodes { media { url } } } } } }";
    let input = json!({ "projectId": partner.project, "photoUploadId": photo["id"], "videoUploadIds": [video["id"]] });
    let content = http.ask(document, json!({ "input": input })).await["arContentCreate"]["arContent"].clone();
    assert_eq!(content["status"], "READY");

    let anybody = server.http(None);
    let get = async |url: &Value| anybody.get(path_of(server, url)).await.unwrap();
    let page = get(&content["publicUrl"]).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.text().contains(content["photo"]["url"].as_str().unwrap()), "{}", page.text());
    let served = get(&content["photo"]["url"]).await;
    assert_eq!((served.status, served.header("content-type")), (200, Some("image/jpeg")));
    assert!(served.body == jpeg);

    let film = &content["videos"]["nodes"][0]["media"]["url"];
    let film = anybody.send("GET", path_of(server, film), &[("Range", "bytes=100-199")], b"").await.unwrap();
    assert_eq!((film.status, film.header("content-type")), (206, Some("video/mp4")));
    assert_eq!(film.header("content-range").unwrap(), format!("bytes 100-199/{}", mp4.len()));
    assert!(film.body == mp4[100..200]);

    for (url, media_type, beginning) in
        [(&content["qrCode"], "image/png", &b"\x89PNG"[..]), (&content["svg"], "image/svg+xml", b"<?xml")]
    {
        let code = get(url).await;
        assert_eq!((code.status, code.header("content-type")), (200, Some(media_type)));
        assert!(code.body.starts_with(beginning));
    }
}

/// Code and field of the first thing that is wrong, wherever it is told.
fn wrong(reply: &Reply) -> (String, String) {
    let answer = reply.json();
    let told = match &answer["errors"][0] {
        Value::Null => {
            let payloads = answer["data"].as_object().unwrap().values();
            let told = payloads.map(|payload| payload["userErrors"][0].clone()).find(|told| !told.is_null());
            told.unwrap_or_else(|| panic!("nothing is wrong: {answer:#}"))
        }
        error => error["extensions"].clone(),
    };
    let steps = told["field"].as_array().cloned().unwrap_or_default();
    let steps: Vec<&str> = steps.iter().filter_map(Value::as_str).collect();
    (told["code"].as_str().unwrap_or_else(|| panic!("no code: {answer:#}")).to_owned(), steps.join("."))
}

const PROJECT: &str =
    "mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) { userErrors { code field } } }";
const ORDER: &str =
    "mutation ($input: ArContentCreateInput!) { arContentCreate(input: $input) { userErrors { code field } } }";
const WINDOW: &str =
    "mutation ($input: VideoScheduleCreateInput!) { videoScheduleCreate(input: $input) { userErrors { code field } } }";
const START: &str =
    "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { userErrors { code field } } }";
const BEAT: &str = "mutation ($input: ViewSessionHeartbeatInput!) { viewSessionHeartbeat(input: $input) { userErrors { code field } } }";
const LIST: &str = "query ($first: Int, $after: String, $search: String, $where: ArContentWhereInput) \
    { arContents(first: $first, after: $after, search: $search, where: $where) { nodes { id } } }";

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_is_told_with_a_code_and_a_field_and_stores_nothing() {
    let partner = Partner::new().await;
    let (company, project) = (&partner.company, &partner.project);
    let before = partner.stored().await;
    let (a_code, mut mistaken) = (uuid::Uuid::new_v4(), 0);
    let input = |input: Value| json!({ "input": input });
    for (document, variables, code, field) in [
        (PROJECT, input(json!({ "companyId": "AQH_", "name": "x" })), "NOT_FOUND", "input.companyId"),
        (PROJECT, input(json!({ "companyId": "no id", "name": "x" })), "NOT_FOUND", "input.companyId"),
        (PROJECT, input(json!({ "companyId": project, "name": "x" })), "NOT_FOUND", "input.companyId"),
        (PROJECT, input(json!({ "companyId": partner.foreign_company, "name": "x" })), "NOT_FOUND", "input.companyId"),
        (PROJECT, input(json!({ "companyId": company, "name": "x".repeat(256) })), "TOO_LONG", "input.name"),
        (PROJECT, input(json!({ "companyId": company, "name": "a\0b" })), "INVALID", "input.name"),
        (PROJECT, input(json!({ "companyId": company, "name": " " })), "REQUIRED", "input.name"),
        (PROJECT, input(json!({ "companyId": company, "name": "First" })), "TAKEN", "input.name"),
        (PROJECT, input(json!({ "companyId": company, "name": 7 })), "VALIDATION_FAILED", "input.name"),
        (PROJECT, input(json!({ "companyId": company })), "VALIDATION_FAILED", "input.name"),
        (PROJECT, json!({}), "VALIDATION_FAILED", "input"),
        (PROJECT, json!({ "input": null }), "VALIDATION_FAILED", "input"),
        (
            PROJECT,
            input(json!({ "companyId": company, "name": "x", "colour": "red" })),
            "VALIDATION_FAILED",
            "input.colour",
        ),
        (PROJECT, input(json!({ "companyId": [], "name": "x" })), "VALIDATION_FAILED", "input.companyId"),
        (ORDER, input(json!({ "projectId": partner.foreign_project })), "NOT_FOUND", "input.projectId"),
        (ORDER, input(json!({ "projectId": project, "durationYears": 2 })), "INVALID", "input.durationYears"),
        (ORDER, input(json!({ "projectId": project, "metadata": [] })), "INVALID", "input.metadata"),
        (ORDER, input(json!({ "projectId": project, "metadata": { "a": "\0" } })), "INVALID", "input.metadata"),
        (ORDER, input(json!({ "projectId": project, "metadata": { "\0": 1 } })), "INVALID", "input.metadata"),
        (
            ORDER,
            input(json!({ "projectId": project, "metadata": { "a": "x".repeat(20_000) } })),
            "TOO_LONG",
            "input.metadata",
        ),
        (ORDER, input(json!({ "projectId": project, "customerEmail": "nobody" })), "INVALID", "input.customerEmail"),
        (ORDER, input(json!({ "projectId": project, "photoUploadId": company })), "NOT_FOUND", "input.photoUploadId"),
        (
            ORDER,
            input(json!({ "projectId": project, "videoUploadIds": ["AQcB"] })),
            "NOT_FOUND",
            "input.videoUploadIds.0",
        ),
        (
            WINDOW,
            input(json!({ "videoId": "AQQB", "startTime": "2026-01-01T00:00:00Z", "endTime": "2027-01-01T00:00:00Z" })),
            "NOT_FOUND",
            "input.videoId",
        ),
        (
            WINDOW,
            input(json!({ "videoId": "AQQB", "startTime": "tomorrow", "endTime": "2027-01-01T00:00:00Z" })),
            "BAD_REQUEST",
            "input.startTime",
        ),
        (START, input(json!({ "uniqueId": a_code, "sessionId": "no uuid" })), "BAD_REQUEST", "input.sessionId"),
        (START, input(json!({ "uniqueId": a_code, "sessionId": a_code, "browser": "\0" })), "INVALID", "input.browser"),
        (BEAT, input(json!({ "viewToken": "made up", "playedSeconds": 1 })), "INVALID", "input.viewToken"),
        (
            BEAT,
            input(json!({ "viewToken": "made up", "playedSeconds": 3_000_000_000_i64 })),
            "BAD_REQUEST",
            "input.playedSeconds",
        ),
        ("{ arPlayback(uniqueId: \"no uuid\") { at } }", json!({}), "BAD_REQUEST", "uniqueId"),
        (
            "query ($code: UUID!) { arPlayback(uniqueId: $code) { at } }",
            json!({ "code": 7 }),
            "VALIDATION_FAILED",
            "code",
        ),
        (LIST, json!({ "first": "ten" }), "VALIDATION_FAILED", "first"),
        (
            LIST,
            json!({ "where": { "status": { "oneOf": ["READY", "GONE"] } } }),
            "VALIDATION_FAILED",
            "where.status.oneOf.1",
        ),
        (
            LIST,
            json!({ "where": { "createdAt": { "range": { "gte": "now" } } } }),
            "BAD_REQUEST",
            "where.createdAt.range.gte",
        ),
        (LIST, json!({ "first": 10_000 }), "BAD_REQUEST", "first"),
        (LIST, json!({ "first": -1 }), "BAD_REQUEST", "first"),
        (LIST, json!({ "after": "made up" }), "INVALID_CURSOR", ""),
        (LIST, json!({ "search": "a\0" }), "BAD_REQUEST", "search"),
        (LIST, json!({ "where": { "orderNumber": { "eq": "\0" } } }), "BAD_REQUEST", "where"),
        ("{ company(slug: \"\\u0000\") { id } }", json!({}), "BAD_REQUEST", "slug"),
        ("{ company { id } }", json!({}), "BAD_REQUEST", "id"),
        ("{ nothing }", json!({}), "VALIDATION_FAILED", ""),
        ("{ companies { nodes { id }", json!({}), "VALIDATION_FAILED", ""),
        ("mutation { companyCreate(input: { name: \"x\" }) { userErrors { code } } }", json!({}), "FORBIDDEN", ""),
        ("subscription { viewEvents(scope: { companyId: \"x\" }) { __typename } }", json!({}), "BAD_REQUEST", ""),
    ] {
        let reply = partner.http.try_ask(document, variables.clone()).await;
        let (told, place) = wrong(&reply);
        if reply.status >= 500 || told != code || place != field {
            println!(
                "{document:.60} {:.200}: {told} {place} {} {:.400}\n",
                variables.to_string(),
                reply.status,
                reply.text()
            );
            mistaken += 1;
        }
    }
    assert_eq!(mistaken, 0, "answers are not as they should be");
    assert_eq!(partner.stored().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_and_what_is_somebody_elses_is_null() {
    let partner = Partner::new().await;
    let document = "query ($id: ID!) { node(id: $id) { id } project(id: $id) { id } nodes(ids: [$id]) { id } }";
    let nothing = json!({ "node": null, "project": null, "nodes": [null] });
    for id in [json!("AQL_"), json!("no id"), json!("\0"), json!("x".repeat(10_000)), partner.foreign_project.clone()] {
        assert_eq!(partner.http.ask(document, json!({ "id": id })).await, nothing, "{id}");
    }
    for path in [
        "/ar/no-code/qr.png",
        "/media/no-name",
        "/media/..%2F..%2Fetc%2Fpasswd",
        "/media/%00",
        "/media/%FF",
        "/ar/%FF/qr.png",
        "/nothing",
    ] {
        let reply = partner.server.http(None).get(path).await.unwrap();
        assert_eq!((reply.status, wrong(&reply).0.as_str()), (404, "NOT_FOUND"), "{path}");
    }
    for path in ["/ar/no-code", "/ar/%FF", "/ar/00000000-0000-4000-8000-000000000000"] {
        let reply = partner.server.http(None).get(path).await.unwrap();
        assert!(reply.status == 200 && reply.text().contains("We do not know this code"), "{path}: {}", reply.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_none_is_refused_by_its_status() {
    let partner = Partner::new().await;
    let Partner { server, http, .. } = &partner;
    let before = partner.stored().await;
    for body in [
        &b"{"[..],
        b"",
        b"null",
        b"[]",
        b"{\"query\":\"{ viewer { id } }\"",
        b"{\"query\":\"\xff\"}",
        b"{\"query\":\"{ company(slug: \\\"\\ud800\\\") { id } }\"}",
    ] {
        let reply = http.post(body, &[]).await.unwrap();
        let told = wrong(&reply);
        assert_eq!(
            (reply.status, told.0.as_str()),
            (400, "BAD_REQUEST"),
            "{}: {}",
            String::from_utf8_lossy(body),
            reply.text()
        );
    }

    let nobodys = "A".repeat(43);
    for token in ["garbage", "arv_s_short", &format!("arv_s_{nobodys}"), &format!("arv_k_abcdefghjk_{nobodys}")] {
        let reply = server.http(Some(token)).try_ask("{ viewer { kind } }", json!({})).await;
        assert_eq!((reply.status, wrong(&reply).0.as_str()), (401, "UNAUTHENTICATED"), "{token}");
    }
    assert_eq!(partner.stored().await, before);

    let expired = key(&partner.admin, &partner.company).await;
    let stored = connect(&partner.url).await;
    let end = "UPDATE api_keys SET expires_at = now() - interval '1 second', created_at = now() - interval '1 day' WHERE prefix = $1";
    assert_eq!(stored.execute(end, &[&expired["apiKey"]["prefix"].as_str()]).await.unwrap(), 1);
    let reply = server.http(expired["secret"].as_str()).try_ask("{ viewer { kind } }", json!({})).await;
    assert_eq!((reply.status, wrong(&reply).0.as_str()), (401, "UNAUTHENTICATED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_should_be_is_refused_and_leaves_nothing() {
    let partner = Partner::new().await;
    let (before, mut mistaken) = (partner.stored().await, 0);
    let (jpeg, mp4) = (shipped("lemons.jpg"), shipped("birthday-candles.mp4"));
    for (kind, name, declared, bytes, code, field) in [
        ("PHOTO", "letter.jpg", "image/jpeg", &b"Dear studio, this is a text."[..], "MEDIA_MISMATCH", "input.file"),
        ("PHOTO", "empty.jpg", "image/jpeg", b"", "INVALID", "input.file"),
        ("PHOTO", "half.jpg", "image/jpeg", &jpeg[..jpeg.len() / 2], "UNSUPPORTED_MEDIA", "input.file"),
        ("PHOTO", "photo.png", "image/png", &jpeg, "MEDIA_MISMATCH", "input.file"),
        ("PHOTO", "film.mp4", "video/mp4", &mp4, "UNSUPPORTED_MEDIA", "input.file"),
        ("VIDEO", "photo.jpg", "image/jpeg", &jpeg, "UNSUPPORTED_MEDIA", "input.file"),
        ("VIDEO", "half.mp4", "video/mp4", &mp4[..mp4.len() / 2], "UNSUPPORTED_MEDIA", "input.file"),
        ("PHOTO", &"x".repeat(300), "image/jpeg", &jpeg, "TOO_LONG", "input.file"),
        ("SONG", "photo.jpg", "image/jpeg", &jpeg, "VALIDATION_FAILED", "input.kind"),
    ] {
        let reply = partner.http.upload(&partner.company, kind, name, declared, bytes).await;
        let (told, place) = wrong(&reply);
        if reply.status >= 500 || told != code || place != field {
            println!("{name}: {told} {place} {} {}", reply.status, reply.text());
            mistaken += 1;
        }
    }
    assert_eq!(mistaken, 0, "answers are not as they should be");
    let elsewhere = partner.http.upload(&partner.foreign_company, "PHOTO", "lemons.jpg", "image/jpeg", &jpeg).await;
    assert_eq!(wrong(&elsewhere), ("NOT_FOUND".to_owned(), "input.companyId".to_owned()));
    let nobody = partner.server.http(None).upload(&partner.company, "PHOTO", "lemons.jpg", "image/jpeg", &jpeg).await;
    assert_eq!(wrong(&nobody).0, "UNAUTHENTICATED");
    assert_eq!(partner.stored().await, before);
}
