//! The binary as a person or a script meets it: words and exit codes.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::process::{arvlite, ended};
use crate::support::{empty_database, fresh_database};

async fn run(words: &[&str], database_url: &str) -> (i32, String, String) {
    ended(arvlite(words).env("DATABASE_URL", database_url)).await
}

#[tokio::test]
async fn check_tells_the_states_of_a_database_apart() {
    let nowhere = "postgres://nobody:hidden@127.0.0.1:1/none";
    let (code, told, words) = run(&["db", "check"], nowhere).await;
    assert_eq!((code, told.as_str()), (4, ""), "{words}");
    assert!(words.contains("127.0.0.1:1") && words.contains("refused") && !words.contains("hidden"), "{words}");

    let empty = empty_database().await;
    let (code, _, words) = run(&["db", "check"], &empty).await;
    assert_eq!(code, 3, "{words}");
    assert!(words.contains("is empty") && words.contains("arvlite db upgrade"), "{words}");
    assert_eq!(run(&["db", "current"], &empty).await.0, 3);

    let (code, told, words) = run(&["db", "upgrade"], &empty).await;
    assert_eq!(code, 0, "{words}");
    assert!(told.starts_with("applied "), "{told}");
    assert_eq!(run(&["db", "check"], &empty).await.0, 0);
    let (code, told, _) = run(&["db", "upgrade"], &empty).await;
    assert!(code == 0 && told.starts_with("Nothing to apply"), "{told}");

    assert_eq!(run(&["db", "downgrade"], &empty).await.0, 0);
    let (code, _, words) = run(&["db", "check"], &empty).await;
    assert!(code == 3 && words.contains("is behind"), "{words}");
    assert_eq!(run(&["db", "downgrade", "base"], &empty).await.0, 0);
    assert!(run(&["db", "check"], &empty).await.2.contains("is empty"));
}

#[tokio::test]
async fn wrong_usage_and_configuration_are_told_apart_from_failure() {
    let url = "postgres://127.0.0.1:1/none";
    assert_eq!(run(&["db", "downgrade", "base", "--revision", "2"], url).await.0, 2);
    assert_eq!(run(&["fly"], url).await.0, 2);
    let (code, _, words) = ended(arvlite(&["db", "check"]).env("ARVLITE_COLOUR", "red")).await;
    assert!(code == 2 && words.contains("colour"), "{words}");
    let (code, _, words) = run(&["db", "check"], "postgres://h/d?sslmode=maybe").await;
    assert!(code == 2 && words.contains("maybe"), "{words}");
}

#[tokio::test]
async fn flags_go_over_the_environment() {
    let flag = "--database-url=postgres://127.0.0.1:1/flag";
    let (_, _, words) = run(&["db", "check", flag], "postgres://127.0.0.1:1/environment").await;
    assert!(words.contains("the database flag"), "{words}");
}

#[tokio::test]
async fn serve_creates_nothing_unless_told_to() {
    let empty = empty_database().await;
    let (code, _, words) = run(&["serve"], &empty).await;
    assert!(code == 3 && words.contains("serve --migrate"), "{words}");
    assert_eq!(run(&["db", "current"], &empty).await.0, 3);
}

#[tokio::test]
async fn serve_in_production_needs_a_key_of_its_own() {
    let (code, _, words) = run(&["serve", "--listen", "127.0.0.1:0"], &fresh_database().await).await;
    assert!(code == 2 && words.contains("ARVLITE_SECRET_KEY"), "{words}");
}

#[tokio::test]
async fn serve_migrates_when_told_to_and_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let empty = empty_database().await;
    let mut server = arvlite(&["serve", "--migrate", "--listen", "127.0.0.1:0"])
        .env("DATABASE_URL", &empty)
        .env("ARVLITE_DATA_DIR", folder.path())
        .env("ARVLITE_SECRET_KEY", "00".repeat(32))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    loop {
        let line = log.next_line().await.unwrap().expect("it says that it listens before it ends");
        assert!(line.starts_with('{'), "in production the log is JSON: {line}");
        if line.contains("listening on 127.0.0.1") {
            break;
        }
    }
    let id = server.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    assert!(server.wait().await.unwrap().success());
    assert_eq!(run(&["db", "check"], &empty).await.0, 0);
}

#[tokio::test]
async fn help_has_examples_everywhere() {
    for words in [
        vec![],
        vec!["serve"],
        vec!["demo"],
        vec!["doctor"],
        vec!["schema"],
        vec!["db"],
        vec!["db", "check"],
        vec!["db", "upgrade"],
        vec!["db", "downgrade"],
        vec!["db", "current"],
        vec!["db", "history"],
        vec!["db", "show"],
        vec!["db", "create"],
        vec!["db", "print-schema"],
        vec!["views", "rebuild"],
    ] {
        let words = [words, vec!["--help"]].concat();
        let (code, told, _) = run(&words, "").await;
        assert!(code == 0 && told.contains("Example"), "{words:?}: {told}");
    }
}

#[tokio::test]
async fn the_schema_is_printed_without_a_database() {
    let (code, told, words) = ended(&mut arvlite(&["schema"])).await;
    assert!(code == 0 && told.contains("type Query"), "{words}");
}
