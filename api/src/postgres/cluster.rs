//! The cluster on disk: who may use it, whether it is there and whole, and making it.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::{self, Account, private_folder};
use super::search::Installation;
use super::{StartError, USER};

/// UTF-8 locales in order of preference; both know the case of letters beyond ASCII. The first is
/// everywhere today and sorts by code point, the second is for older systems.
const LOCALES: [&str; 2] = ["C.UTF-8", "en_US.UTF-8"];

/// An unfinished cluster carries this and a random name.
const UNFINISHED: &str = "new-";

/// A lock that was let go may be held for a moment yet: by a program that is being started, between fork and exec.
const LOCK_TRIES: u32 = 20;
const BETWEEN_LOCK_TRIES: Duration = Duration::from_millis(20);

/// A cluster that is ours alone while this lives.
#[derive(Debug)]
pub(super) struct Cluster {
    data_dir: PathBuf,
    home: PathBuf,
    account: Option<Account>,
    /// Freed by the kernel when we end, however we end.
    _lock: File,
}

impl Cluster {
    /// Makes the folders and takes the lock.
    pub(super) async fn lock(data_dir: &Path) -> Result<Cluster, StartError> {
        passable_folder(data_dir)?;
        let data_dir = fs::canonicalize(data_dir).map_err(StartError::file("find", data_dir))?;
        let home = data_dir.join("postgres");
        passable_folder(&home)?;
        let lock = take_lock(&home).await?;
        Ok(Cluster { data_dir, home, account: None, _lock: lock })
    }

    /// Settles who runs the programs. Not before they are installed: the package may bring its user.
    pub(super) fn choose_account(&mut self, installation: &Installation) -> Result<(), StartError> {
        self.account = Account::for_data(&self.data())?;
        if let Some(account) = &self.account {
            account.check_reaches(&self.home)?;
            account.check_reaches(&installation.bin)?;
        }
        Ok(())
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    pub(super) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// The major version that made the data; none if there is no data yet.
    pub(super) fn major(&self) -> Result<Option<u32>, StartError> {
        let data = self.data();
        if !data.exists() {
            return Ok(None);
        }
        let version = fs::read_to_string(data.join("PG_VERSION")).ok();
        match version.and_then(|version| version.trim().parse().ok()) {
            Some(major) => Ok(Some(major)),
            None => Err(StartError::Damaged { data }),
        }
    }

    /// Makes the data. It gets its name only when it is complete, so that whatever interrupts this
    /// leaves nothing that looks like a cluster.
    pub(super) async fn create(&self, installation: &Installation, fsync: bool) -> Result<(), StartError> {
        self.remove_unfinished();
        let mut said = String::new();
        for locale in LOCALES {
            match self.initdb(installation, locale, fsync).await? {
                Ok(unfinished) => return self.finish(&unfinished),
                Err(words) => said = words,
            }
            if !said.contains("invalid locale name") {
                break;
            }
        }
        self.remove_unfinished();
        Err(StartError::CreateFailed { said })
    }

    /// The folder it made, or what it said when it failed.
    async fn initdb(
        &self,
        installation: &Installation,
        locale: &str,
        fsync: bool,
    ) -> Result<Result<PathBuf, String>, StartError> {
        let name = format!("{UNFINISHED}{}", uuid::Uuid::new_v4().simple());
        let unfinished = self.home.join(name);
        private_folder(&unfinished, self.account())?;
        let program = installation.bin.join("initdb");
        let mut initdb = account::command(&program, self.account(), &unfinished);
        initdb.arg("-D").arg(&unfinished).args([
            &format!("--username={USER}"),
            &format!("--locale={locale}"),
            "--lc-messages=C",
            "--encoding=UTF8",
            "--data-checksums",
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        ]);
        if !fsync {
            initdb.arg("--no-sync");
        }
        // On a blocking thread, which lives until the program ends: the program ends with it.
        let output = tokio::task::spawn_blocking(move || initdb.output())
            .await
            .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
            .map_err(StartError::program("initdb"))?;
        if output.status.success() {
            Ok(Ok(unfinished))
        } else {
            Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
        }
    }

    fn finish(&self, unfinished: &Path) -> Result<(), StartError> {
        let data = self.data();
        fs::rename(unfinished, &data).map_err(StartError::file("create", &data))?;
        File::open(&self.home).and_then(|home| home.sync_all()).map_err(StartError::file("save", &self.home))
    }

    /// What an interrupted run left behind. If it cannot be removed it is only in nobody's way.
    fn remove_unfinished(&self) {
        let Ok(entries) = fs::read_dir(&self.home) else {
            return;
        };
        for entry in entries.flatten() {
            if starts_with(&entry.file_name(), UNFINISHED) {
                fs::remove_dir_all(entry.path()).ok();
            }
        }
    }
}

/// A folder that all may pass through but not list, where it did not exist: the server's user must
/// get to the cluster inside.
fn passable_folder(path: &Path) -> Result<(), StartError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(StartError::file("create", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o711))
        .map_err(StartError::file("change the permissions of", path))
}

async fn take_lock(home: &Path) -> Result<File, StartError> {
    let path = home.join("lock");
    let mut lock = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(StartError::file("open", &path))?;
    let mut tries = LOCK_TRIES;
    let locked = loop {
        tries -= 1;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) if tries > 0 => tokio::time::sleep(BETWEEN_LOCK_TRIES).await,
            locked => break locked,
        }
    };
    match locked {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            lock.read_to_string(&mut process).ok();
            return Err(StartError::InUse {
                home: home.to_owned(),
                process: if process.is_empty() { "?".to_owned() } else { process },
            });
        }
        Err(TryLockError::Error(error)) => return Err(StartError::file("lock", &path)(error)),
    }
    lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id())).map_err(StartError::file("write", &path))?;
    Ok(lock)
}

fn starts_with(name: &OsStr, beginning: &str) -> bool {
    name.as_encoded_bytes().starts_with(beginning.as_bytes())
}
