//! The embedded server for real: made, stopped, killed, refused.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tokio_postgres::{Client, NoTls};

use super::search::Places;
use super::{Postgres, Settings, StartError, url};

/// Names the folder for `writes_until_it_is_killed`, which is nothing to run by itself.
const FOLDER_OF_THE_KILLED: &str = "ARVLITE_TEST_FOLDER_OF_THE_KILLED";

/// A folder that the server's user may reach, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("arvlite-test-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn settings(data_dir: &Path) -> Settings {
    Settings { data_dir: data_dir.to_owned(), bin_dir: None, install: false, fsync: false }
}

fn silently(_: &str) {}

async fn connect(server: &Postgres) -> Client {
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn text(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_server_is_made_owned_by_one_and_keeps_its_data() {
    let folder = Folder::new();
    let settings = settings(&folder.0);
    let home = folder.0.join("postgres");
    fs::create_dir_all(home.join("new-interrupted/base")).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o711)).unwrap();

    let said = Mutex::new(Vec::new());
    let listen = |line: &str| said.lock().unwrap().push(line.to_owned());
    let server = Postgres::start(&settings, &listen).await.unwrap();
    assert_eq!(said.into_inner().unwrap(), ["Creating a PostgreSQL cluster"]);
    assert!(!home.join("new-interrupted").exists());
    assert_eq!(fs::metadata(home.join("run")).unwrap().permissions().mode() & 0o777, 0o700);

    let client = connect(&server).await;
    for (query, expected) in [
        ("select lower('ЖЁЩ') || upper('é')", "жёщÉ"),
        ("select datctype::text from pg_database where datname = 'postgres'", "C.UTF-8"),
        ("select current_setting('server_encoding')", "UTF8"),
        ("select current_setting('data_checksums')", "on"),
        ("select current_setting('listen_addresses')", ""),
        ("select current_setting('timezone')", "UTC"),
        ("select current_setting('max_connections')", "100"),
        ("select current_user::text", "arvlite"),
    ] {
        assert_eq!(text(&client, query).await, expected, "{query}");
    }
    for extension in ["pg_trgm", "btree_gist"] {
        client.batch_execute(&format!("create extension {extension}")).await.unwrap();
    }
    client.batch_execute("create table kept as select 'still here' as words").await.unwrap();

    let refusal = Postgres::start(&settings, &silently).await.unwrap_err();
    assert!(matches!(refusal, StartError::InUse { .. }), "{refusal}");
    let words = refusal.to_string();
    assert!(words.contains(&format!("process {}", std::process::id())), "{words}");

    server.stop().await;
    assert!(client.is_closed() || client.simple_query("select 1").await.is_err());
    assert!(!home.join("data/postmaster.pid").exists());

    let server = Postgres::start(&settings, &silently).await.unwrap();
    assert_eq!(text(&connect(&server).await, "select words from kept").await, "still here");
    drop(server);

    fs::write(home.join("data/PG_VERSION"), "9\n").unwrap();
    let refusal = Postgres::start(&settings, &silently).await.unwrap_err();
    assert!(matches!(refusal, StartError::OtherMajor { data: 9, .. }), "{refusal}");
    fs::remove_file(home.join("data/PG_VERSION")).unwrap();
    let refusal = Postgres::start(&settings, &silently).await.unwrap_err();
    assert!(matches!(refusal, StartError::Damaged { .. }), "{refusal}");
}

#[tokio::test]
async fn what_was_committed_survives_kill_9_of_the_process() {
    let folder = Folder::new();
    let made = Postgres::start(&settings(&folder.0), &silently).await.unwrap();
    made.stop().await;

    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres::tests::writes_until_it_is_killed", "--nocapture"])
        .env(FOLDER_OF_THE_KILLED, &folder.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(killed.stdout.take().unwrap()).lines();
    let mut committed = Vec::new();
    let number = |line: &str| line.strip_prefix("committed ").and_then(|n| n.parse::<i32>().ok());
    while committed.len() < 100 {
        let line = lines.next().expect("it writes until it is killed").unwrap();
        committed.extend(number(&line));
    }
    killed.kill().unwrap();
    committed.extend(lines.map_while(Result::ok).filter_map(|line| number(&line)));
    killed.wait().unwrap();

    let server = Postgres::start(&settings(&folder.0), &silently).await.unwrap();
    let there: i64 = connect(&server)
        .await
        .query_one("select count(*) from written where number = any($1)", &[&committed])
        .await
        .unwrap()
        .get(0);
    assert_eq!(there, committed.len() as i64);
    server.stop().await;
}

#[tokio::test]
async fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER_OF_THE_KILLED) else {
        return;
    };
    let settings = Settings { fsync: true, ..settings(Path::new(&folder)) };
    let server = Postgres::start(&settings, &silently).await.unwrap();
    let client = connect(&server).await;
    client.batch_execute("create table written (number int)").await.unwrap();
    for number in 0_i32.. {
        client.execute("insert into written values ($1)", &[&number]).await.unwrap();
        let mut output = std::io::stdout().lock();
        writeln!(output, "committed {number}").unwrap();
        output.flush().unwrap();
    }
}

#[tokio::test]
async fn where_nothing_is_found_three_ways_are_told() {
    let folder = Folder::new();
    let nowhere = Places {
        versions: folder.0.join("nothing"),
        pg_config: folder.0.join("nothing"),
        apt_get: folder.0.join("nothing"),
    };
    let refusal = Postgres::start_from(&nowhere, &settings(&folder.0), &silently).await.unwrap_err();
    let words = refusal.to_string();
    for needed in ["--no-install", "apt-get install postgresql", "ARVLITE_PG_BIN", "DATABASE_URL"] {
        assert!(words.contains(needed), "{words}");
    }
}

#[tokio::test]
async fn a_long_path_has_its_socket_elsewhere() {
    let folder = Folder::new();
    let home = folder.0.join("a".repeat(100));
    let socket = super::socket::SocketFolder::prepare(&home, None).unwrap();
    let path = socket.path().to_owned();
    assert!(path.starts_with("/tmp") && path.is_dir());
    drop(socket);
    assert!(!path.exists());
}

#[test]
fn the_address_names_the_folder_of_the_socket() {
    let address = url(Path::new("/srv/фото и видео/run"), "my db");
    let config: tokio_postgres::Config = address.parse().unwrap();
    let folder = PathBuf::from("/srv/фото и видео/run");
    assert_eq!(config.get_hosts(), [tokio_postgres::config::Host::Unix(folder)]);
    assert_eq!(config.get_dbname(), Some("my db"));
}
