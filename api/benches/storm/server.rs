//! The program that is stormed: the binary with its demo, as a process of its own.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::process::Http;

/// The binary, and somebody who works in a studio of its demo.
pub struct Server {
    process: Child,
    pub manager: Http,
    pub company: Value,
    pub code: Value,
    _folder: tempfile::TempDir,
}

impl Server {
    /// The binary, configured by some variables more.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The user of a PostgreSQL of our own passes through it.
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_arvlite"));
        command.args(["demo", "--no-traffic", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path());
        // The whole storm comes from one address.
        command.env("ARVLITE_LIMITS__CONNECTIONS_PER_ADDRESS", "100000").env("ARVLITE_LOG", "error");
        command.envs(variables.iter().copied());
        let mut process = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("it says where it listens");
            if let Some((_, address)) = line.split_once("http://127.0.0.1:") {
                let port: String = address.chars().take_while(char::is_ascii_digit).collect();
                break format!("127.0.0.1:{port}");
            }
        };
        // Or else it could not go on talking.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let nobody = Http::new(&address, None);
        while nobody.get("/readyz").await.is_none_or(|reply| reply.status != 200) {
            sleep(Duration::from_millis(50)).await;
        }
        let login =
            "mutation { login(input: { email: \"manager@vertex.local\", password: \"demo-password\" }) { token } }";
        let token = nobody.ask(login, json!({})).await["login"]["token"].as_str().unwrap().to_owned();
        let manager = Http::new(&address, Some(&token));
        let document = "{ company(slug: \"vertex-ar\") { id arContents(first: 1, where: { status: { eq: READY } }) \
            { nodes { uniqueId } } } }";
        let company = manager.ask(document, json!({})).await["company"].take();
        let code = company["arContents"]["nodes"][0]["uniqueId"].clone();
        Self { process, manager, code, company: company["id"].clone(), _folder: folder }
    }

    pub fn nobody(&self) -> Http {
        Http { token: None, ..self.manager.clone() }
    }

    /// KiB of memory: now, and at most since this was asked for last.
    pub fn memory(&self) -> (i64, i64) {
        let process = format!("/proc/{}", self.process.id().unwrap());
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
        };
        std::fs::write(format!("{process}/clear_refs"), "5").unwrap();
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// The time that processors spent on it.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id().unwrap())).unwrap();
        let (_, behind_the_name) = stat.rsplit_once(") ").unwrap();
        let ticks = behind_the_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap());
        // Linux tells hundredths of a second to everybody.
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// One of the numbers that it tells about itself.
    pub async fn number(&self, series: &str) -> i64 {
        let told = self.nobody().get("/metrics").await.unwrap();
        let value = told.text().lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse::<f64>().unwrap() as i64)
    }

    /// How long it takes until a number has fallen so far; none if that takes too long.
    pub async fn falls_to(&self, series: &str, most: i64, patience: Duration) -> Option<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if self.number(series).await <= most {
                return Some(begun.elapsed());
            }
            sleep(Duration::from_millis(100)).await;
        }
        None
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(mut self) {
        let id = self.process.id().unwrap().to_string();
        Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        let ended = self.process.wait().await.unwrap();
        println!("\ntold to stop, it ended with {ended}");
    }
}
