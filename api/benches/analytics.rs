//! What numbers of views cost with many views of one studio, with rollups and without: `cargo bench --bench analytics --
//! --sessions 100000`, and 10000000 for what comes after years of work. Both ways must tell the same.
//!
//! The views are those of a year and of 200 orders, a few of which most people look at.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use arvlite_api::app::App;
use arvlite_api::auth::{Caller, SignedIn, Viewer, Who, token};
use arvlite_api::clock::Clock;
use arvlite_api::config::{Config, Limits, Mode};
use arvlite_api::domain::analytics::{
    Answer, Dimension, Interval, Part, Question, Reading, Timeframe, analyze, rebuild, roll_all,
};
use arvlite_api::global_id;
use arvlite_api::http::router;
use arvlite_api::postgres::{Postgres, Settings};
use arvlite_api::secret::SecretKey;
use arvlite_api::storage::Store;
use arvlite_db::migrate::{Migrations, UpTo};
use arvlite_db::models::{
    Company, DeviceType, NewCompany, NewUser, SignIn, User, UserRole, ViewLogScope, ViewNumbersFilter,
};
use arvlite_db::{ConnectOptions, Db, Scope, create_database};
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tower::ServiceExt;

/// When it is asked, in a house where the last day is over for long.
const NOW: &str = "2026-11-21T12:00:00Z";

#[tokio::main]
async fn main() {
    let sessions: i64 = std::env::args()
        .skip_while(|word| word != "--sessions")
        .nth(1)
        .map_or(100_000, |number| number.parse().unwrap());
    let (postgres, db, client) = database().await;
    let media = tempfile::tempdir().unwrap();
    let limits = Limits { cost: u64::MAX, budget: 1_000_000_000_000, request_ms: 600_000, ..Limits::default() };
    let config = Config { mode: Mode::Development, limits, ..Config::default() };
    let secret = SecretKey::new(vec![[7; 32]]).unwrap();
    let clock = Clock::standing_at(NOW.parse().unwrap());
    let app = App::new(config, db, clock, secret, Store::local(media.path()).unwrap());
    let (viewer, token) = administrator(&app).await;
    let company = studio(&app).await;

    let began = Instant::now();
    fill(&client, company, sessions).await;
    println!("{sessions} views written in {:.1} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    roll_all(&app, &mut |_| {}).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let rows = client
        .query_one("SELECT count(*), pg_size_pretty(pg_total_relation_size('view_rollups')) FROM view_rollups", &[]);
    let rows = rows.await.unwrap();
    let (rollups, size): (i64, String) = (rows.get(0), rows.get(1));
    println!("rolled up in {:.1} s: {rollups} rollups, {size} with their indexes", began.elapsed().as_secs_f64());

    println!("\n{:<28} {:>14} {:>14} {:>10}", "asked", "with rollups", "without", "ratio");
    for (name, question) in questions(company, ViewLogScope::Project(1)) {
        let (rolled, with) = measured(&app, &viewer, &question, Reading::Rollups, 15).await;
        let (viewed, without) = measured(&app, &viewer, &question, Reading::Views, 1).await;
        assert_equal(&rolled, &viewed);
        println!("{name:<28} {:>11.1} ms {:>11.1} ms {:>10.1}", ms(with), ms(without), ms(without) / ms(with));
    }
    println!("\n{:<28} {:>14} {:>14}", "through the router", "median", "bytes");
    for (name, days) in [("30 days", 30), ("365 days", 365)] {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..15 {
            let began = Instant::now();
            bytes = ask(&app, &token, company, days).await;
            times.push(began.elapsed());
        }
        println!("{name:<28} {:>11.1} ms {bytes:>14}", ms(median(times)));
    }
    let began = Instant::now();
    let found = rebuild(&app, company, true).await.unwrap();
    assert!(found.rollups == 0, "{found:?}");
    println!("\nmade anew and compared in {:.1} s: equal", began.elapsed().as_secs_f64());
    drop((app, client));
    postgres.stop().await;
}

fn questions(company: i64, project: ViewLogScope) -> Vec<(&'static str, Question)> {
    let now: DateTime<Utc> = NOW.parse().unwrap();
    let all = vec![
        Part::Overall,
        Part::Previous,
        Part::Timeseries(Interval::Day),
        Part::Breakdown(Dimension::DeviceType, 10),
        Part::Breakdown(Dimension::ArContent, 10),
        Part::Breakdown(Dimension::HourOfDay, 24),
    ];
    let company = ViewLogScope::Company(company);
    let question = |of: ViewLogScope, days: i64, parts: &[Part], filter: ViewNumbersFilter, peak: bool| Question {
        of,
        timeframe: Timeframe::new(now - TimeDelta::days(days), now, None).unwrap(),
        filter,
        parts: parts.to_vec(),
        medians: parts.iter().copied().collect(),
        peak,
    };
    let phones = ViewNumbersFilter { device_types: Some(vec![DeviceType::Mobile]), ..ViewNumbersFilter::default() };
    let any = ViewNumbersFilter::default;
    let (overall, hours) = (&all[..1], &all[5..]);
    let mut questions = vec![
        ("all of 30 days", question(company, 30, &all, any(), true)),
        ("all of 365 days", question(company, 365, &all, any(), true)),
        ("phones of 365 days, by day", question(company, 365, &all[..4], phones.clone(), false)),
        ("phones, by hour of day", question(company, 365, hours, phones.clone(), false)),
        ("phones, with the peak", question(company, 365, overall, phones, true)),
        ("a project, by day", question(project, 365, &all[..3], any(), false)),
        ("a project, by order", question(project, 365, &all[4..5], any(), false)),
        ("a project, by device", question(project, 365, &all[3..4], any(), false)),
        ("a project, by hour of day", question(project, 365, hours, any(), false)),
        ("a project, with the peak", question(project, 365, overall, any(), true)),
    ];
    for (name, part) in
        ["overall", "previous", "by day", "by device", "by order", "by hour of day"].into_iter().zip(&all)
    {
        questions.push((name, question(company, 365, &[*part], any(), *part == Part::Overall)));
    }
    questions
}

async fn measured(
    app: &App,
    viewer: &Viewer,
    question: &Question,
    reading: Reading,
    times: usize,
) -> (Answer, Duration) {
    let (mut answers, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let began = Instant::now();
        answers.push(analyze(app, viewer, question, reading).await.unwrap());
        taken.push(began.elapsed());
    }
    (answers.swap_remove(0), median(taken))
}

fn assert_equal(one: &Answer, other: &Answer) {
    assert_eq!(one.parts.len(), other.parts.len());
    for (part, told) in &one.parts {
        assert!(format!("{told:?}") == format!("{:?}", other.parts[part]), "{part:?} is told otherwise");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn ask(app: &Arc<App>, token: &str, company: i64, days: i64) -> usize {
    let document = "query ($scope: AnalyticsScope!, $timeframe: Timeframe!) {
        viewAnalytics(scope: $scope, timeframe: $timeframe) {
            asOf overall { ...numbers peakConcurrent } previous { ...numbers }
            timeseries(interval: DAY) { from to metrics { ...numbers } }
            devices: breakdown(by: DEVICE_TYPE) { rows { value label metrics { ...numbers } } }
            orders: breakdown(by: AR_CONTENT) { rows { value label metrics { ...numbers } } other { views } }
            hours: breakdown(by: HOUR_OF_DAY, first: 24) { rows { value label metrics { ...numbers } } } } }
        fragment numbers on ViewMetrics { views uniqueViewers watchSeconds averageSeconds medianSeconds playRate }";
    let to: DateTime<Utc> = NOW.parse().unwrap();
    let variables = json!({
        "scope": { "companyId": global_id::encode::<Company>(company) },
        "timeframe": { "from": to - TimeDelta::days(days), "to": to }
    });
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(json!({ "query": document, "variables": variables }).to_string()));
    let response = router(Arc::clone(app)).oneshot(request.unwrap()).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(answer.get("errors").is_none(), "{answer}");
    bytes.len()
}

/// A database of this run alone.
async fn database() -> (Postgres, Db, tokio_postgres::Client) {
    let data_dir = std::env::temp_dir().join("arvlite-benches");
    let settings = Settings { data_dir, bin_dir: None, install: true, fsync: false };
    let postgres = Postgres::start(&settings, &|line| eprintln!("{line}")).await.unwrap();
    let connect = async |name: &str| {
        let (client, connection) = tokio_postgres::connect(&postgres.url(name), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    };
    connect("postgres").await.batch_execute("DROP DATABASE IF EXISTS analytics WITH (FORCE)").await.unwrap();
    // What takes longer than a client may wait is measured too, and a server that is busy with it is not given up.
    let (statement_timeout, answer) = (Duration::from_secs(3600), Duration::from_secs(60));
    let options = ConnectOptions { statement_timeout, answer, ..ConnectOptions::new(postgres.url("analytics")) };
    let db = Db::new(&options).unwrap();
    create_database(&db).await.unwrap();
    Migrations::embedded().upgrade(&db, UpTo::Latest, &|_| {}).await.unwrap();
    let client = connect("analytics").await;
    (postgres, db, client)
}

async fn administrator(app: &App) -> (Viewer, String) {
    let now = app.clock.now();
    let new = NewUser {
        email: "admin@example.com".to_owned(),
        hashed_password: String::new(),
        full_name: "Admin".to_owned(),
        role: UserRole::Admin,
        created_at: now,
        updated_at: now,
    };
    let tx = app.db.begin(Scope::Everything).await.unwrap();
    let user = User::insert(&tx, &new).await.unwrap();
    let (shown, digest) = token::new_sign_in();
    let sign_in = SignIn::insert(&tx, user.id, digest, now).await.unwrap();
    tx.commit().await.unwrap();
    let signed_in = SignedIn { sign_in_id: sign_in.id, user: Arc::new(user), memberships: Vec::new() };
    (Viewer { who: Who::User(Arc::new(signed_in)), caller: Arc::new(Caller::default()) }, shown)
}

async fn studio(app: &App) -> i64 {
    let now = app.clock.now();
    let new = NewCompany {
        name: "Studio".to_owned(),
        slug: "studio".to_owned(),
        contact_email: None,
        time_zone: "Europe/Moscow".to_owned(),
        created_at: now,
        updated_at: now,
    };
    let tx = app.db.begin(Scope::Everything).await.unwrap();
    let company = Company::insert(&tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    company.id
}

/// Rows that the server makes up itself. The indexes are built at the end, as for any big import.
async fn fill(client: &tokio_postgres::Client, company: i64, sessions: i64) {
    let indexes = "SELECT pg_get_indexdef(i.indexrelid), i.indexrelid::regclass::text FROM pg_index i
        WHERE i.indrelid = 'ar_view_sessions'::regclass
            AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)";
    let indexes = client.query(indexes, &[]).await.unwrap();
    let drop: Vec<String> = indexes.iter().map(|row| format!("DROP INDEX {};", row.get::<_, String>(1))).collect();
    let create: Vec<String> = indexes.iter().map(|row| format!("{};", row.get::<_, String>(0))).collect();
    let rows = format!(
        "SET statement_timeout = 0; SET session_replication_role = replica; SET maintenance_work_mem = '512MB';
         SELECT setseed(0.5);
         INSERT INTO projects (company_id, name, status, created_at, updated_at)
         SELECT {company}, 'Project ' || n, 'ACTIVE', '{NOW}', '{NOW}' FROM generate_series(1, 10) n;
         INSERT INTO ar_content (company_id, project_id, unique_id, order_number, duration_years, expires_at, status, created_at,
            updated_at)
         SELECT {company}, 1 + n % 10, gen_random_uuid(), n, 5, '2031-01-01', 'READY', '{NOW}', '{NOW}'
         FROM generate_series(1, 200) n;
         {}
         INSERT INTO ar_view_sessions (company_id, project_id, ar_content_id, session_id, source, status, device_type, browser,
            os, country, city, duration_seconds, tracking_quality, video_played, version, started_at, updated_at, last_seen_at,
            ended_at, first_in_company, first_in_project, first_in_ar_content)
         SELECT {company}, 1 + content % 10, content, lpad(to_hex(n), 32, '0')::uuid,
            (ARRAY['DEFAULT', 'DEFAULT', 'ROTATION', 'SCHEDULE'])[1 + n % 4], 'ENDED',
            (ARRAY['MOBILE', 'MOBILE', 'MOBILE', 'MOBILE', 'MOBILE', 'MOBILE', 'TABLET', 'DESKTOP'])[kind],
            (ARRAY['Safari', 'Chrome', 'Chrome', 'Yandex Browser', 'Safari', 'Chrome', 'Safari', 'Chrome'])[kind],
            (ARRAY['iOS', 'Android', 'Android', 'Android', 'iOS', 'Android', 'iPadOS', 'Windows'])[kind],
            (ARRAY['RU', 'RU', 'RU', 'KZ', 'BY', 'DE', 'AM', NULL])[1 + (random() * random() * 8)::int % 8],
            'City ' || (random() * random() * 40)::int, seconds,
            (ARRAY['GOOD', 'GOOD', 'FAIR', 'POOR', 'LOST', 'UNKNOWN'])[1 + (random() * 5)::int], seconds > 4, 2, at, at,
            at + seconds * interval '1 second', at + seconds * interval '1 second', n % 10 < 6, n % 10 < 7, n % 10 < 8
         FROM (
            SELECT n, 1 + floor(200 * random() ^ 3)::int AS content, 1 + (random() * 7)::int AS kind,
                2 + floor(90 * random() ^ 2)::int AS seconds,
                timestamptz '{NOW}' - interval '365 days' * (1 - (n - 1)::float8 / {sessions})
                    + interval '6 hours' * (random() * random()) AS at
            FROM generate_series(1, {sessions}) n) AS made WHERE at < '{NOW}';
         {}
         SET session_replication_role = DEFAULT;
         VACUUM ANALYZE ar_view_sessions",
        drop.join(" "),
        create.join(" "),
    );
    for statement in rows.split(";\n") {
        client.batch_execute(statement).await.unwrap();
    }
}
