//! Who the server runs as. PostgreSQL refuses to run as root, so root hands it to another user.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::{StartError, keeper};

/// The users that root runs the server as, in order of preference. None is ever created.
const SERVANTS: [&str; 2] = ["postgres", "nobody"];

/// A user without privileges who runs the server for root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// Whom to run the server of this data as: its owner, and for new data one of the
    /// [`SERVANTS`]. `None` means as ourselves, because we are not root.
    pub(super) fn for_data(data: &Path) -> Result<Option<Account>, StartError> {
        if !is_root() {
            return Ok(None);
        }
        let users = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(users).map_err(StartError::file("read", users))?;
        let known = accounts(&passwd);
        if let Ok(found) = fs::metadata(data)
            && found.uid() != 0
        {
            return Ok(Some(owner(&found, &known)));
        }
        SERVANTS
            .iter()
            .find_map(|name| known.iter().find(|account| account.name == *name))
            .map(|account| Some(account.clone()))
            .ok_or_else(|| {
                let neither = io::Error::other("it has neither a user postgres nor nobody");
                StartError::file("choose a user from", users)(neither)
            })
    }

    /// Refuses a path that this user cannot get to.
    pub(super) fn check_reaches(&self, path: &Path) -> Result<(), StartError> {
        let whole = fs::canonicalize(path).map_err(StartError::file("find", path))?;
        for folder in whole.ancestors() {
            let found = fs::metadata(folder).map_err(StartError::file("look at", folder))?;
            if !self.may_enter(found.uid(), found.gid(), found.mode()) {
                return Err(StartError::Unreachable { folder: folder.to_owned(), account: self.name.clone() });
            }
        }
        Ok(())
    }

    fn may_enter(&self, uid: u32, gid: u32, mode: u32) -> bool {
        let needed = if uid == self.uid {
            0o100
        } else if gid == self.gid {
            0o010
        } else {
            0o001
        };
        mode & needed != 0
    }
}

/// Makes a folder, unless it is there, that only the server's user may enter.
pub(super) fn private_folder(path: &Path, account: Option<&Account>) -> Result<(), StartError> {
    if !path.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(path).map_err(StartError::file("create", path))?;
    }
    match account {
        Some(Account { uid, gid, .. }) => {
            chown(path, Some(*uid), Some(*gid)).map_err(StartError::file("change the owner of", path))
        }
        None => Ok(()),
    }
}

/// A program of PostgreSQL as the right user, with nothing of our environment: variables such as
/// `PGDATA`, `PGPORT` or `LANG` would steer it. It ends with the thread that starts it.
pub(super) fn command(program: &Path, account: Option<&Account>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
    if let Some(Account { uid, gid, .. }) = account {
        command.uid(*uid).gid(*gid);
    }
    keeper::end_with_the_starting_thread(&mut command);
    command
}

/// Whether this process has root's powers (its effective user is 0).
pub(super) fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| effective_user(&status) == Some(0))
}

/// The line is `Uid:` followed by the real, effective, saved and file system user.
fn effective_user(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn accounts(passwd: &str) -> Vec<Account> {
    passwd.lines().filter_map(account).collect()
}

fn account(line: &str) -> Option<Account> {
    let mut parts = line.split(':');
    let name = parts.next()?.to_owned();
    let uid = parts.nth(1)?.parse().ok()?;
    let gid = parts.next()?.parse().ok()?;
    Some(Account { name, uid, gid })
}

fn owner(data: &Metadata, known: &[Account]) -> Account {
    let named = known.iter().find(|account| account.uid == data.uid());
    named.cloned().unwrap_or_else(|| Account { name: data.uid().to_string(), uid: data.uid(), gid: data.gid() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_from_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nbroken\npostgres:x:101:104:P,,,:/var/lib/postgresql:/bin/sh\n";
        let names: Vec<_> = accounts(passwd).into_iter().map(|found| (found.name, found.uid, found.gid)).collect();
        assert_eq!(names, [("root".to_owned(), 0, 0), ("postgres".to_owned(), 101, 104)]);
    }

    #[test]
    fn the_effective_user_is_the_second_number() {
        assert_eq!(effective_user("Name:\tx\nUid:\t1000\t0\t1000\t1000\n"), Some(0));
        assert_eq!(effective_user("Name:\tx\n"), None);
    }

    #[test]
    fn the_first_matching_class_decides_who_may_enter() {
        let account = Account { name: "postgres".to_owned(), uid: 101, gid: 104 };
        assert!(account.may_enter(101, 0, 0o700));
        assert!(account.may_enter(0, 104, 0o710));
        assert!(account.may_enter(0, 0, 0o711));
        assert!(!account.may_enter(0, 0, 0o750));
        assert!(!account.may_enter(101, 104, 0o077));
    }

    #[test]
    fn a_closed_folder_is_named() {
        let account = Account { name: "somebody".to_owned(), uid: u32::MAX - 7, gid: u32::MAX - 7 };
        let closed = std::env::temp_dir().join(format!("arvlite-closed-{}", uuid::Uuid::new_v4()));
        private_folder(&closed, None).unwrap();
        let refusal = account.check_reaches(&closed).unwrap_err().to_string();
        fs::remove_dir(&closed).unwrap();
        assert!(refusal.contains("somebody") && refusal.contains("arvlite-closed"), "{refusal}");
    }
}
