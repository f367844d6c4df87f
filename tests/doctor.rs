//! `arvlite doctor`: the real binary, on databases that are as they should be and others.

use std::collections::HashMap;

use serde_json::Value;
use tokio::process::Command;

use crate::support::process::{DataDir, Server, arvlite, connect, ended};
use crate::support::{empty_database, fresh_database};

const SECRET_KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// What a doctor told: a verdict and all words for each check.
struct Told {
    code: i32,
    findings: HashMap<String, (String, String)>,
    text: String,
}

impl Told {
    fn verdict(&self, check: &str) -> &str {
        &self.findings.get(check).unwrap_or_else(|| panic!("{check}: {}", self.text)).0
    }

    fn words(&self, check: &str) -> &str {
        &self.findings[check].1
    }

    /// The checks with this verdict.
    fn all(&self, verdict: &str) -> Vec<&str> {
        let found = self.findings.iter().filter(|(_, (told, _))| told == verdict);
        let mut checks: Vec<&str> = found.map(|(check, _)| check.as_str()).collect();
        checks.sort_unstable();
        checks
    }
}

/// A doctor for a server in production that is configured well but for its database.
fn doctor(database_url: &str, data_dir: &DataDir) -> Command {
    let mut doctor = arvlite(&["doctor", "--json"]);
    doctor
        .env("DATABASE_URL", database_url)
        .env("ARVLITE_DATA_DIR", data_dir.path())
        .env("ARVLITE_LISTEN", "127.0.0.1:0")
        .env("ARVLITE_PUBLIC_URL", "https://ar.example")
        .env("ARVLITE_SECRET_KEY", SECRET_KEY);
    doctor
}

async fn told(doctor: &mut Command) -> Told {
    let (code, text, words) = ended(doctor).await;
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{words}"));
    assert_eq!(json["ok"], code == 0, "{text}{words}");
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = json["findings"].as_array().unwrap().iter().map(|finding| {
        let words = format!("{} {}", text_of(&finding["found"]), text_of(&finding["advice"]));
        (text_of(&finding["check"]), (text_of(&finding["verdict"]), words))
    });
    Told { code, findings: findings.collect(), text }
}

#[tokio::test]
async fn a_good_database_is_told_to_be_good() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let told = told(&mut doctor(&url, &data_dir)).await;
    assert_eq!((told.code, told.all("bad"), told.all("skip")), (0, vec![], vec![]), "{}", told.text);
    // The tests' role may do everything, which a server's should not.
    assert_eq!(told.all("look"), ["role"], "{}", told.text);
    assert!(!told.text.contains(SECRET_KEY));
    assert!(!data_dir.path().exists(), "it makes nothing");

    // A developer's machine by itself: no key, an address of this machine.
    let mut for_people = arvlite(&["doctor"]);
    for_people.env("DATABASE_URL", &url).env("ARVLITE_DATA_DIR", data_dir.path());
    for_people.env("ARVLITE_MODE", "development").env("ARVLITE_LISTEN", "127.0.0.1:0");
    let (code, lines, words) = ended(&mut for_people).await;
    assert_eq!((code, lines.lines().count()), (0, told.findings.len()), "{lines}{words}");
    assert!(
        lines.starts_with("ok    configuration  ") && lines.contains("\nok    version        PostgreSQL "),
        "{lines}"
    );
}

#[tokio::test]
async fn an_empty_database_stays_empty() {
    let (url, data_dir) = (empty_database().await, DataDir::new());
    let told = told(&mut doctor(&url, &data_dir)).await;
    assert_eq!((told.code, told.all("bad")), (1, vec!["schema"]), "{}", told.text);
    assert_eq!(told.verdict("extensions"), "look");
    assert!(told.words("schema").contains("arvlite db upgrade") && told.words("extensions").contains("pg_trgm"));
    let made = "SELECT (SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql') + count(*) FROM pg_class \
        WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(connect(&url).await.query_one(made, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn without_a_server_the_rest_is_looked_at_and_what_needs_it_is_skipped() {
    let data_dir = DataDir::new();
    let told = told(&mut doctor("postgres://nobody:hidden@127.0.0.1:1/none", &data_dir)).await;
    assert_eq!((told.code, told.all("bad")), (1, vec!["database"]), "{}", told.text);
    assert!(told.words("database").contains("127.0.0.1:1") && told.words("database").contains("DATABASE_URL"));
    assert!(!told.text.contains("hidden"), "{}", told.text);
    assert_eq!(
        told.all("ok"),
        ["configuration", "country database", "free space", "port", "public URL", "secret key", "storage"]
    );
    assert_eq!(told.all("skip").len() + 8, told.findings.len());
    assert!(told.words("schema").contains("depends on: database"));
}

#[tokio::test]
async fn a_missing_extension_is_named_with_what_brings_it() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    connect(&url).await.batch_execute("DROP EXTENSION pg_trgm CASCADE").await.unwrap();
    let told = told(&mut doctor(&url, &data_dir)).await;
    assert_eq!((told.code, told.all("bad")), (1, vec!["extensions"]), "{}", told.text);
    let words = told.words("extensions");
    assert!(words.contains("CREATE EXTENSION pg_trgm;") && !words.contains("btree_gist"), "{words}");
}

#[tokio::test]
async fn a_database_that_knows_only_ascii_letters_is_bad() {
    let (url, data_dir) = (empty_database().await, DataDir::new());
    let (server, name) = url.rsplit_once('/').unwrap();
    let create = format!("CREATE DATABASE {name}_ascii TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    connect(&url).await.batch_execute(&create).await.unwrap();
    let told = told(&mut doctor(&format!("{server}/{name}_ascii"), &data_dir)).await;
    assert_eq!((told.code, told.all("bad")), (1, vec!["encoding", "schema"]), "{}", told.text);
    assert!(told.words("encoding").contains("LC_CTYPE 'C.UTF-8'"), "{}", told.text);
}

#[tokio::test]
async fn a_role_without_rights_is_told_which_it_lacks() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let owner = connect(&url).await;
    let run = async |statements: &str| owner.batch_execute(statements).await.unwrap();
    run("DROP ROLE IF EXISTS patient; CREATE ROLE patient LOGIN CONNECTION LIMIT 5").await;
    let of_patient = url.replacen("arvlite@", "patient@", 1);

    let lacks_both = told(&mut doctor(&of_patient, &data_dir)).await;
    assert!(
        lacks_both.words("role").contains("GRANT USAGE, CREATE ON SCHEMA public TO patient;"),
        "{}",
        lacks_both.text
    );
    assert_eq!((lacks_both.verdict("schema"), lacks_both.verdict("extensions")), ("bad", "skip"));
    assert_eq!(lacks_both.verdict("connections"), "bad");

    run("GRANT USAGE, CREATE ON SCHEMA public TO patient; GRANT SELECT ON __diesel_schema_migrations TO patient").await;
    run("GRANT SELECT ON migrations_log TO patient").await;
    run("ALTER ROLE patient CONNECTION LIMIT -1").await;
    let is_not_owner = told(&mut doctor(&of_patient, &data_dir)).await;
    assert_eq!(is_not_owner.all("bad"), ["role"], "{}", is_not_owner.text);
    assert!(is_not_owner.words("role").contains("GRANT arvlite TO patient"), "{}", is_not_owner.text);
    run("DROP OWNED BY patient; DROP ROLE patient").await;
}

#[tokio::test]
async fn what_is_configured_wrongly_is_told_before_anything_is_tried() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let wrong = told(doctor(&url, &data_dir).env("ARVLITE_COLOUR", "red")).await;
    assert_eq!((wrong.code, wrong.all("bad")), (1, vec!["configuration"]), "{}", wrong.text);
    assert!(wrong.words("configuration").contains("colour") && wrong.all("ok").is_empty(), "{}", wrong.text);

    let address = told(&mut doctor("postgres://h/d?sslmode=maybe", &data_dir)).await;
    assert_eq!(address.all("bad"), ["database"], "{}", address.text);

    let mut unset = doctor(&url, &data_dir);
    let unset = told(unset.env("ARVLITE_SECRET_KEY", "").env("ARVLITE_PUBLIC_URL", "")).await;
    assert_eq!(unset.all("bad"), ["public URL", "secret key"], "{}", unset.text);
}

#[tokio::test]
async fn nothing_is_made_for_who_has_nothing_yet() {
    let data_dir = DataDir::new();
    let told = told(doctor("", &data_dir).env("ARVLITE_LISTEN", "203.0.113.1:4000")).await;
    assert_eq!((told.verdict("database"), told.verdict("schema")), ("look", "skip"), "{}", told.text);
    assert_eq!(told.all("bad"), ["port"], "{}", told.text);
    assert!(!data_dir.path().exists());
}

#[tokio::test]
async fn a_server_that_runs_already_is_no_stranger() {
    let (url, data_dir) = (fresh_database().await, DataDir::new());
    let server = Server::on(&url, &data_dir).await;
    let beside = told(doctor(&url, &data_dir).env("ARVLITE_LISTEN", server.address())).await;
    assert_eq!((beside.code, beside.verdict("port")), (0, "look"), "{}", beside.text);
    assert!(beside.words("storage").contains("removed"), "{}", beside.text);
    assert_eq!(data_dir.files("media"), 0);

    let stranger = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = stranger.local_addr().unwrap().to_string();
    drop(tokio::spawn(async move {
        while let Ok((caller, _)) = stranger.accept().await {
            drop(caller);
        }
    }));
    let beside = told(doctor(&url, &data_dir).env("ARVLITE_LISTEN", address)).await;
    assert_eq!(beside.all("bad"), ["port"], "{}", beside.text);
}
