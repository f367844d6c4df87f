//! The server of the process before us. When that was killed, the kernel tells its server to stop,
//! but it may still be writing when we come.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::StartError;

/// How long a server that was told to stop may take before we give up on it.
const PATIENCE: Duration = Duration::from_secs(60);

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Returns when no server works on this data and none seems to.
pub(super) async fn wait_until_gone(data: &Path, say: &(dyn Fn(&str) + Sync)) -> Result<(), StartError> {
    let begin = Instant::now();
    let mut told = false;
    while let Some(process) = running_server(data)? {
        if begin.elapsed() > PATIENCE {
            return Err(StartError::PreviousStillRuns { data: data.to_owned(), process });
        }
        if !told {
            say("Waiting for the previous PostgreSQL server to finish");
            told = true;
        }
        sleep(LOOK_AGAIN).await;
    }
    remove_misleading_pid_file(data)
}

/// A process of a server that works on this data. After a server was itself killed, the last of its
/// processes may stay for the length of a query.
fn running_server(data: &Path) -> Result<Option<u32>, StartError> {
    let processes = Path::new("/proc");
    let running = fs::read_dir(processes)
        .map_err(StartError::file("read", processes))?
        .flatten()
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .find(|&process| works_on(data, process) == Some(true));
    Ok(running)
}

/// Whether a process belongs to a server of this data; none where that cannot be told.
fn works_on(data: &Path, process: u32) -> Option<bool> {
    let process = PathBuf::from(format!("/proc/{process}"));
    let status = fs::read_to_string(process.join("status")).ok()?;
    if !status.starts_with("Name:\tpostgres\n") || status.contains("\nState:\tZ") {
        return Some(false);
    }
    // All processes of a server work in the folder of its data.
    if let Ok(folder) = fs::read_link(process.join("cwd")) {
        return Some(folder == data);
    }
    // In a container even root may not look there, but the first process was told the folder.
    let arguments = fs::read(process.join("cmdline")).ok()?;
    let told = arguments.split(|&byte| byte == 0).any(|told| told == data.as_os_str().as_encoded_bytes());
    told.then_some(true)
}

/// Removes a pid file whose number now certainly belongs to another program: PostgreSQL would take
/// that for itself (common after a restart of a container). One whose process is gone stays, since
/// PostgreSQL sees that by itself and reads there what else it must look for.
fn remove_misleading_pid_file(data: &Path) -> Result<(), StartError> {
    let pid_file = data.join("postmaster.pid");
    let content = fs::read_to_string(&pid_file).unwrap_or_default();
    let process = content.lines().next().and_then(|line| line.trim().parse().ok());
    if process.and_then(|process| works_on(data, process)) == Some(false) {
        fs::remove_file(&pid_file).map_err(StartError::file("remove", &pid_file))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pid_file_that_names_another_program_is_removed() {
        let data = std::env::temp_dir().join(format!("arvlite-pid-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&data).unwrap();
        let pid_file = data.join("postmaster.pid");
        let no_process = u32::MAX;
        for (process, stays) in [(no_process, true), (std::process::id(), false)] {
            fs::write(&pid_file, format!("{process}\n{}\n", data.display())).unwrap();
            remove_misleading_pid_file(&data).unwrap();
            assert_eq!(pid_file.exists(), stays, "process {process}");
        }
        fs::remove_dir_all(&data).unwrap();
    }
}
