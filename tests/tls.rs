//! TLS to an outside database, by a server that insists on it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use arvlite_api::postgres::{Postgres, Settings};
use arvlite_db::{ConnectOptions, Db, DbError, Scope, migrate, models::User};

use crate::support::process::{arvlite, ended};

/// A PostgreSQL on a port of this machine that takes nobody without TLS. Its certificate is for `localhost`.
struct TlsServer {
    server: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

impl TlsServer {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data_dir = folder.path().to_owned();
        let settings = Settings { data_dir, bin_dir: None, install: true, fsync: false };
        let embedded = Postgres::start(&settings, &|line| eprintln!("{line}")).await.unwrap();
        let data = folder.path().join("postgres/data");
        let program = program_of(&data);
        embedded.stop().await;

        let owner = fs::metadata(&data).unwrap();
        for (from, to) in [("server.pem", "server.crt"), ("server.key", "server.key")] {
            let to = data.join(to);
            fs::copy(fixture(from), &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        fs::write(data.join("pg_hba.conf"), WHO_MAY_COME).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.arg("-D").arg(&data).current_dir(&data).stdout(Stdio::null()).stderr(Stdio::null());
        command.args(["-c", "ssl=on", "-c", "listen_addresses=localhost", "-c", "unix_socket_directories="]);
        command.args(["-c", &format!("port={port}"), "-c", "fsync=off"]);
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let started = Self { server: command.spawn().unwrap(), port, _folder: folder };
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let answers = async {
            while started.open("localhost", "sslmode=require").await.is_err() {
                ticks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), answers).await.unwrap();
        started
    }

    /// Opens a connection of its own and one of the pool.
    async fn open(&self, host: &str, words: &str) -> Result<(), String> {
        let url = format!("postgres://arvlite@{host}:{}/postgres?{words}", self.port);
        let db = Db::new(&ConnectOptions { wait: Duration::from_secs(10), ..ConnectOptions::new(url) })
            .map_err(|error| error.to_string())?;
        migrate::state(&db).await.map_err(|error| match error {
            DbError::Unavailable(why) => why.to_string(),
            other => panic!("{other}"),
        })?;
        migrate::upgrade(&db).await.unwrap();
        User::by_email(&db.session(Scope::Everything), "nobody@example.com").await.unwrap();
        Ok(())
    }
}

/// One user needs a password.
const WHO_MAY_COME: &str = "\
hostssl all guarded 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 trust
hostssl all all ::1/128 trust
";

/// The server leaves a note of how it was started, quoted word by word.
fn program_of(data: &Path) -> PathBuf {
    let note = fs::read_to_string(data.join("postmaster.opts")).unwrap();
    PathBuf::from(note.split(" \"").next().unwrap())
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tls").join(name)
}

#[tokio::test]
async fn sslmode_means_what_libpq_means_by_it() {
    let server = TlsServer::start().await;
    let authority = format!("sslrootcert={}", fixture("authority.pem").display());
    let other = format!("sslrootcert={}", fixture("other-authority.pem").display());

    for (host, words) in [
        ("localhost", String::new()),
        ("localhost", "sslmode=prefer".to_owned()),
        ("localhost", format!("sslmode=require&{authority}")),
        ("localhost", format!("sslmode=verify-ca&{authority}")),
        ("localhost", format!("sslmode=verify-full&{authority}")),
        ("127.0.0.1", format!("sslmode=verify-ca&{authority}")),
        ("127.0.0.1", "sslmode=require".to_owned()),
    ] {
        let opened = server.open(host, &words).await;
        assert!(opened.is_ok(), "{host} {words}: {opened:?}");
    }

    for (host, words, why) in [
        ("localhost", "sslmode=disable".to_owned(), "no encryption"),
        ("localhost", format!("sslmode=require&{other}"), "UnknownIssuer"),
        ("localhost", format!("sslmode=verify-ca&{other}"), "UnknownIssuer"),
        ("localhost", format!("sslmode=verify-full&{other}"), "UnknownIssuer"),
        ("127.0.0.1", format!("sslmode=verify-full&{authority}"), "not valid for name"),
    ] {
        let refusal = server.open(host, &words).await.unwrap_err();
        println!("{host} {words}: {refusal}");
        assert!(refusal.contains(why), "{host} {words}: {refusal}");
    }
    who_is_not_let_in_is_told_why(server.port, &authority).await;
}

async fn who_is_not_let_in_is_told_why(port: u16, authority: &str) {
    for (user, words, why, advice) in [
        ("guarded:hidden", "sslmode=require", "password authentication failed", "User and password are part of"),
        ("guarded", "sslmode=require", "password missing", "User and password are part of"),
        ("nobody_here", "sslmode=require", "does not exist", "User and password are part of"),
        ("arvlite", "sslmode=disable", "no encryption", "pg_hba.conf"),
        ("arvlite", &format!("sslmode=verify-full&{authority}"), "not valid for name", "sslrootcert="),
    ] {
        let url = format!("postgres://{user}@127.0.0.1:{port}/postgres?{words}");
        let (code, _, said) = ended(arvlite(&["db", "check"]).env("DATABASE_URL", url)).await;
        assert_eq!(code, 4, "{said}");
        assert!(said.contains(why) && said.contains(advice) && !said.contains("hidden"), "{user} {words}: {said}");
    }
}
