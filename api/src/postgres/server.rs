//! Running the server: its settings, waiting until it answers, and what it said if it does not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::NoTls;

use super::account::{self, private_folder};
use super::cluster::Cluster;
use super::keeper::Keeper;
use super::search::Installation;
use super::socket::SocketFolder;
use super::{StartError, url};

/// A server that repairs itself after a crash may take long; one that takes longer than this needs
/// a person.
const UNTIL_ANSWER: Duration = Duration::from_secs(300);

/// After this a person is told what the wait is about.
const UNUSUAL: Duration = Duration::from_secs(5);

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Starts the server and returns when it answers.
pub(super) async fn start(
    cluster: &Cluster,
    installation: &Installation,
    socket: &SocketFolder,
    fsync: bool,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Keeper, StartError> {
    let log = cluster.home().join("log");
    private_folder(&log, cluster.account())?;
    let first_words = cluster.home().join("start.log");
    let errors = File::create(&first_words).map_err(StartError::file("create", &first_words))?;
    let mut server = command(cluster, installation, socket, &log, fsync);
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let mut keeper = Keeper::start(server).map_err(StartError::program("postgres"))?;

    let home = cluster.home().to_owned();
    match until_it_answers(&mut keeper, socket, say).await? {
        Outcome::Answers => Ok(keeper),
        Outcome::Died => {
            let said = last_words(&first_words, &log);
            Err(StartError::Died { said, home })
        }
        Outcome::Silent => {
            let said = last_words(&first_words, &log);
            let seconds = UNTIL_ANSWER.as_secs();
            Err(StartError::NoAnswer { seconds, said, home })
        }
    }
}

fn command(cluster: &Cluster, installation: &Installation, socket: &SocketFolder, log: &Path, fsync: bool) -> Command {
    let data = cluster.data();
    let program = installation.bin.join("postgres");
    let mut server = account::command(&program, cluster.account(), &data);
    server.arg("-D").arg(&data);
    let on_or_off = if fsync { "on" } else { "off" };
    for (name, value) in [
        ("listen_addresses", ""),
        ("unix_socket_directories", &quoted(socket.path())),
        ("unix_socket_permissions", "0700"),
        ("port", "5432"),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
        ("random_page_cost", "1.1"),
        ("timezone", "UTC"),
        ("fsync", on_or_off),
        ("synchronous_commit", on_or_off),
        ("full_page_writes", on_or_off),
        ("log_timezone", "UTC"),
        ("log_destination", "stderr"),
        ("logging_collector", "on"),
        ("log_directory", &log.to_string_lossy()),
        ("log_filename", "postgres-%a.log"),
        ("log_truncate_on_rotation", "on"),
        ("log_rotation_age", "1d"),
        ("log_rotation_size", "0"),
    ] {
        server.arg("-c").arg(format!("{name}={value}"));
    }
    server
}

/// The setting is a list, in which a name in quotes may hold anything.
fn quoted(folder: &Path) -> String {
    format!("\"{}\"", folder.to_string_lossy().replace('"', "\"\""))
}

enum Outcome {
    Answers,
    Died,
    Silent,
}

async fn until_it_answers(
    keeper: &mut Keeper,
    socket: &SocketFolder,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Outcome, StartError> {
    let url = url(socket.path(), "postgres");
    let begin = Instant::now();
    let mut told = false;
    loop {
        let attempt = timeout(UNUSUAL, tokio_postgres::connect(&url, NoTls)).await;
        if matches!(attempt, Ok(Ok(_))) {
            return Ok(Outcome::Answers);
        }
        let ended = keeper.ended().map_err(StartError::program("postgres"))?;
        if ended.is_some() {
            return Ok(Outcome::Died);
        }
        if begin.elapsed() > UNTIL_ANSWER {
            return Ok(Outcome::Silent);
        }
        if begin.elapsed() > UNUSUAL && !told {
            say("PostgreSQL is still starting; after an unclean stop it repairs itself first");
            told = true;
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// The last complaint of the server: before its log was open, else in the log.
fn last_words(first_words: &Path, log: &Path) -> String {
    [Some(first_words.to_owned()), newest_file(log)]
        .into_iter()
        .flatten()
        .filter_map(|file| fs::read(file).ok())
        .find_map(|content| last_complaint(&String::from_utf8_lossy(&content)))
        .unwrap_or_else(|| "it gave no reason".to_owned())
}

fn newest_file(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten();
    let newest = files.max_by_key(|file| file.metadata().and_then(|about| about.modified()).ok())?;
    Some(newest.path())
}

/// With the lines around it, which often hold the reason and the advice.
fn last_complaint(said: &str) -> Option<String> {
    let lines: Vec<&str> = said.lines().collect();
    let is_complaint = |line: &&str| ["FATAL:", "PANIC:", "error while"].iter().any(|word| line.contains(word));
    let complaint = lines.iter().rposition(is_complaint)?;
    let around = complaint.saturating_sub(2)..lines.len().min(complaint + 3);
    Some(lines[around].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complaint_is_quoted_with_its_surroundings() {
        let said = "LOG:  a\nLOG:  b\nLOG:  c\nFATAL:  no memory\nHINT:  reduce it\nLOG:  d\nLOG:  e\n";
        let quoted = "LOG:  b\nLOG:  c\nFATAL:  no memory\nHINT:  reduce it\nLOG:  d";
        assert_eq!(last_complaint(said).as_deref(), Some(quoted));
        assert_eq!(last_complaint("LOG:  ready\n"), None);
    }

    #[test]
    fn a_folder_with_odd_letters_is_one_item_of_a_list() {
        assert_eq!(quoted(Path::new("/a, \"b\"/c")), "\"/a, \"\"b\"\"/c\"");
    }
}
