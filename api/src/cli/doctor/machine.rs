//! What this machine gives: a port to listen on, and a place for media.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Access, access, statvfs};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::finding::{Check, Finding};
use crate::cli::environment::{countries as countries_of, media_dir};
use crate::config::Config;
use crate::storage::Store;

/// How long whoever listens may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many of the largest videos there should be space for.
const VIDEOS_TO_COME: u64 = 20;

/// Whether a server could listen.
pub(super) async fn port(address: SocketAddr) -> Finding {
    let refusal = TcpListener::bind(address).await.err().map(|error| error.kind());
    let is_ours =
        refusal == Some(ErrorKind::AddrInUse) && matches!(timeout(PATIENCE, greets(address)).await, Ok(Ok(true)));
    judge_port(address, refusal, is_ours)
}

/// Whether whoever listens there answers as this program does.
async fn greets(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).contains(r#"{"status":"ok"}"#))
}

fn judge_port(address: SocketAddr, refusal: Option<ErrorKind>, is_ours: bool) -> Finding {
    let check = Check::Port;
    let another = "choose another address with ARVLITE_LISTEN";
    match refusal {
        None => check.ok(format!("{address} is free")),
        Some(ErrorKind::AddrInUse) if is_ours => {
            check.look(format!("an arvlite listens on {address} by now"), format!("for a second one {another}"))
        }
        Some(ErrorKind::AddrInUse) => {
            check.bad(format!("another program listens on {address}"), format!("stop it, or {another}"))
        }
        Some(ErrorKind::AddrNotAvailable) => check.bad(format!("{address} is no address of this machine"), another),
        Some(ErrorKind::PermissionDenied) => {
            check.bad(format!("listening on {address} is not allowed"), "choose a port above 1023 with ARVLITE_LISTEN")
        }
        Some(other) => check.bad(format!("listening on {address} fails: {other}"), another),
    }
}

/// Whether media can be kept, and for how long there is space.
pub(super) async fn storage(config: &Config) -> [Finding; 2] {
    let folder = media_dir(config);
    [usable(&folder).await, free_space(&folder, config.limits.video_bytes)]
}

async fn usable(folder: &Path) -> Finding {
    let (check, shown) = (Check::Storage, folder.display());
    let advice = "name a folder that the program may write to with ARVLITE_DATA_DIR";
    if !folder.exists() {
        let parent = nearest_that_exists(folder);
        return match access(parent, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => check.ok(format!("{shown} is made at the first start")),
            Err(error) => check.bad(format!("{shown} cannot be made in {}: {error}", parent.display()), advice),
        };
    }
    match try_out(folder).await {
        Ok(()) => check.ok(format!("an object was written to {shown}, read and removed")),
        Err(error) => check.bad(format!("{shown}: {error:#}"), advice),
    }
}

async fn try_out(folder: &Path) -> anyhow::Result<()> {
    Ok(Store::local(folder)?.try_out().await?)
}

fn free_space(folder: &Path, video_bytes: u64) -> Finding {
    match statvfs(nearest_that_exists(folder)) {
        Ok(disk) => judge_free_space(disk.f_bavail.saturating_mul(disk.f_frsize), video_bytes),
        Err(error) => Check::FreeSpace.look(format!("it cannot be told: {error}"), "look at the disk yourself"),
    }
}

fn judge_free_space(free: u64, video_bytes: u64) -> Finding {
    let mebibytes = |bytes: u64| bytes / (1024 * 1024);
    let (check, found) = (Check::FreeSpace, format!("{} MiB for media", mebibytes(free)));
    let advice = || format!("make space: one video may have {} MiB", mebibytes(video_bytes));
    if free < video_bytes {
        check.bad(found, advice())
    } else if free < video_bytes.saturating_mul(VIDEOS_TO_COME) {
        check.look(found, advice())
    } else {
        check.ok(found)
    }
}

fn nearest_that_exists(folder: &Path) -> &Path {
    let here = Path::new(".");
    let known = folder.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty());
    known.into_iter().find(|ancestor| ancestor.exists()).unwrap_or(here)
}

/// Whether the countries of views can be told. All of a file is looked at, which a server does not take the time for.
pub(super) fn countries(config: &Config) -> Finding {
    let check = Check::Countries;
    let opened = countries_of(config).map_err(|error| error.to_string());
    let verified = opened.and_then(|database| {
        let Some(database) = database else { return Ok(None) };
        database.verify().map_err(|error| error.to_string())?;
        Ok(Some(database))
    });
    match verified {
        Ok(None) => check.ok("none is configured: views have no country"),
        Ok(Some(database)) => check.ok(database.kind().to_owned()),
        Err(wrong) => check.bad(wrong, "put a whole file there and restart, or unset ARVLITE_COUNTRY_DATABASE"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_port_is_free_ours_or_taken() {
        let address = SocketAddr::from(([127, 0, 0, 1], 4000));
        for (refusal, is_ours, verdict) in [
            (None, false, Verdict::Ok),
            (Some(ErrorKind::AddrInUse), true, Verdict::Look),
            (Some(ErrorKind::AddrInUse), false, Verdict::Bad),
            (Some(ErrorKind::AddrNotAvailable), false, Verdict::Bad),
            (Some(ErrorKind::PermissionDenied), false, Verdict::Bad),
            (Some(ErrorKind::Other), false, Verdict::Bad),
        ] {
            assert_eq!(judge_port(address, refusal, is_ours).verdict, verdict, "{refusal:?}");
        }
    }

    #[test]
    fn space_is_judged_by_the_largest_video() {
        for (free, verdict) in [(99, Verdict::Bad), (100, Verdict::Look), (1999, Verdict::Look), (2000, Verdict::Ok)] {
            assert_eq!(judge_free_space(free, 100).verdict, verdict, "{free}");
        }
    }

    #[tokio::test]
    async fn a_folder_is_tried_out_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let media = folder.path().join("a/media");
        let finding = usable(&media).await;
        assert!(finding.verdict == Verdict::Ok && finding.found.contains("first start"), "{finding:?}");
        assert!(!media.exists());

        std::fs::create_dir_all(&media).unwrap();
        let finding = usable(&media).await;
        assert!(finding.verdict == Verdict::Ok && finding.found.contains("removed"), "{finding:?}");
        std::fs::write(folder.path().join("file"), "").unwrap();
        let finding = usable(&folder.path().join("file")).await;
        assert_eq!(finding.verdict, Verdict::Bad, "{finding:?}");
        assert_eq!(usable(&folder.path().join("file/media")).await.verdict, Verdict::Bad);
        assert_eq!(nearest_that_exists(Path::new("nowhere/media")), Path::new("."));
    }
}
