//! The public clients and audits, unmodified, against a server: `tests/clients/*.mjs`. They need Node and what
//! `tests/clients/package-lock.json` names, which npm fetches once into the target folder.

use std::path::{Path, PathBuf};
use std::process::Output;

use arvlite_api::global_id::encode;
use arvlite_db::models::Company;
use sha2::{Digest, Sha256};
use tokio::process::Command;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::support::process::PATIENCE;
use crate::support::{Served, TestApp, token_of};

/// What npm installs from.
const PACKAGES: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];

static INSTALLED: OnceCell<PathBuf> = OnceCell::const_new();

/// A folder with the scripts and what they import. It is named after the lock, so that it stays until that changes.
async fn installed() -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/clients");
    let lock = std::fs::read(sources.join("package-lock.json")).unwrap();
    let digest = u64::from_be_bytes(*Sha256::digest(lock).first_chunk().unwrap());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clients-{digest:016x}"));
    if !folder.exists() {
        // Several runs at once may do this; the first one that is done is taken.
        let making = folder.with_extension(Uuid::new_v4().simple().to_string());
        std::fs::create_dir_all(&making).unwrap();
        for file in PACKAGES {
            std::fs::copy(sources.join(file), making.join(file)).unwrap();
        }
        run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-progress"]).current_dir(&making)).await;
        if std::fs::rename(&making, &folder).is_err() {
            std::fs::remove_dir_all(&making).unwrap();
        }
    }
    for entry in std::fs::read_dir(sources).unwrap() {
        let script = entry.unwrap().path();
        if script.extension().is_some_and(|ending| ending == "mjs") {
            std::fs::copy(&script, folder.join(script.file_name().unwrap())).unwrap();
        }
    }
    folder
}

/// Runs a program to its good end.
async fn run(command: &mut Command) -> String {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let running = tokio::time::timeout(2 * PATIENCE, command.kill_on_drop(true).output()).await;
    let Output { status, stdout, stderr } =
        running.unwrap_or_else(|_| panic!("{program} does not end")).unwrap_or_else(|error| {
            panic!("{program} cannot be run ({error}): these tests need Node 20 or newer with npm on the PATH")
        });
    let (told, said) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned());
    assert!(status.success(), "{program} failed:\n{told}{said}");
    told
}

/// Runs a script against a studio with one order that plays.
async fn script(name: &str) -> String {
    let folder = INSTALLED.get_or_init(installed).await;
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let admin = app.admin().await;
    let served = Served::start(&app.app).await;
    let mut node = Command::new("node");
    node.arg(folder.join(name))
        .env("ADDRESS", served.address.to_string())
        .env("TOKEN", token_of(&app.app, &admin).await)
        .env("COMPANY", encode::<Company>(studio.company.id).as_str())
        .env("UNIQUE_ID", content.unique_id.to_string());
    run(&mut node).await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_audits_of_graphql_over_http_pass() {
    assert_eq!(script("audits.mjs").await, "61 audits\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_sockets_understands_everything() {
    script("socket.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_event_streams_understands_everything_and_resumes() {
    script("event-stream.mjs").await;
}
