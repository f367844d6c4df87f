//! The real binary, as whoever runs it meets it: started on a port that the system chooses, told to stop or killed.

mod http;
mod socket;

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

pub use http::{Http, Reply, shipped};
pub use socket::Socket;

/// Whatever takes longer than this does not happen any more.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The binary in an environment where nothing is configured.
pub fn arvlite(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arvlite"));
    command.args(words).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// `arvlite serve` for development on this database, on a port that the system chooses.
pub fn serve_on(database_url: &str) -> Command {
    let mut serve = arvlite(&["serve"]);
    serve.env("DATABASE_URL", database_url).env("ARVLITE_MODE", "development").env("ARVLITE_LISTEN", "127.0.0.1:0");
    serve
}

/// How a run of it ended: its exit code, what it told, and what it said beside that.
pub async fn ended(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = timeout(PATIENCE, command.output()).await.expect("it ends").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A folder for a server's data. Unlike other temporary folders the user of a PostgreSQL of our own may pass through it.
pub struct DataDir(PathBuf);

impl DataDir {
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("arvlite-process-{}", Uuid::new_v4().simple())))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// How many files are in a folder of it and below.
    pub fn files(&self, folder: &str) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
        }
        count(&self.0.join(folder))
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A server that serves; it is killed with the test.
pub struct Server {
    process: Child,
    said: watch::Receiver<String>,
    address: String,
}

impl Server {
    /// A server for development on this database.
    pub async fn on(database_url: &str, data_dir: &DataDir) -> Self {
        Self::start(&mut serve_on(database_url), data_dir).await
    }

    /// Starts a command that serves, and waits until it is ready.
    pub async fn start(command: &mut Command, data_dir: &DataDir) -> Self {
        let command = command.env("ARVLITE_DATA_DIR", data_dir.path());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (saying, said) = watch::channel(String::new());
        tokio::spawn(listen(process.stdout.take().unwrap(), saying.clone()));
        tokio::spawn(listen(process.stderr.take().unwrap(), saying));
        let mut server = Self { process, said, address: String::new() };
        let words = server.said("http://127.0.0.1:").await;
        let (_, address) = words.split_once("http://").unwrap();
        server.address =
            address.chars().take_while(|letter| letter.is_ascii_digit() || ".:".contains(*letter)).collect();
        while server.http(None).get("/readyz").await.is_none_or(|answer| answer.status != 200) {
            assert!(server.process.try_wait().unwrap().is_none(), "it ended: {}", *server.said.borrow());
        }
        server
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whoever shows this token, or nothing.
    pub fn http(&self, token: Option<&str>) -> Http {
        Http::new(&self.address, token)
    }

    /// Waits until it has said these words, and gives all it said until then.
    pub async fn said(&self, words: &str) -> String {
        let mut heard = self.said.clone();
        if let Ok(Ok(said)) = timeout(PATIENCE, heard.wait_for(|said| said.contains(words))).await {
            return said.clone();
        }
        panic!("it never said {words}, but: {}", *self.said.borrow());
    }

    /// The bytes of memory that the process has now, beside which its peak is to be seen from now on.
    pub fn peak_of_memory_from_now_on(&self) -> usize {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id().unwrap()), "5").unwrap();
        self.peak_of_memory()
    }

    /// The bytes of memory that the process had at most.
    pub fn peak_of_memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
    }

    /// SIGTERM: it is asked to stop.
    pub async fn ask_to_stop(&self) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    }

    /// Waits until it has ended by itself.
    pub async fn ended(mut self) -> ExitStatus {
        timeout(PATIENCE, self.process.wait()).await.expect("it ends").unwrap()
    }

    /// SIGKILL: it is gone in the middle of whatever it does.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

async fn listen(pipe: impl AsyncRead + Unpin, saying: watch::Sender<String>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        saying.send_modify(|said| said.extend([line.as_str(), "\n"]));
    }
}

/// The first person of an installation, made as its operator does it, and signed in.
pub async fn first_admin(server: &Server, database_url: &str) -> Http {
    let words = ["user", "create", "first@example.com", "--name", "First", "--admin", "--generate"];
    let (code, password, said) =
        ended(arvlite(&words).env("DATABASE_URL", database_url).env("ARVLITE_MODE", "development")).await;
    assert_eq!(code, 0, "{said}");
    sign_in(server, "first@example.com", password.trim()).await
}

/// Somebody who signs in.
pub async fn sign_in(server: &Server, email: &str, password: &str) -> Http {
    let document = "mutation ($input: LoginInput!) { login(input: $input) { token userErrors { message } } }";
    let input = json!({ "input": { "email": email, "password": password } });
    let data = server.http(None).ask(document, input).await;
    server.http(Some(data["login"]["token"].as_str().expect("a token")))
}

/// A connection to a database, to look at what is stored. It ends with the test.
pub async fn connect(address: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
