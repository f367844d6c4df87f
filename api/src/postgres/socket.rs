//! The folder of the server's socket: nobody but the server's user and root may enter it, which is
//! all the authentication there is.

use std::fs;
use std::path::{Path, PathBuf};

use super::StartError;
use super::account::{Account, private_folder};

/// The kernel takes no longer path for a socket.
const LONGEST_SOCKET_PATH: usize = 107;

/// The server's name for its socket, by the default port.
pub(super) const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// Where the socket is.
#[derive(Debug)]
pub(super) struct SocketFolder {
    path: PathBuf,
    temporary: bool,
}

impl SocketFolder {
    /// A folder inside `home`, or under `/tmp` by a random name where the path would be too long.
    pub(super) fn prepare(home: &Path, account: Option<&Account>) -> Result<SocketFolder, StartError> {
        let usual = home.join("run");
        let temporary = usual.join(SOCKET_NAME).as_os_str().len() > LONGEST_SOCKET_PATH;
        let path =
            if temporary { PathBuf::from(format!("/tmp/arvlite-{}", uuid::Uuid::new_v4().simple())) } else { usual };
        private_folder(&path, account)?;
        Ok(SocketFolder { path, temporary })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        if self.temporary {
            fs::remove_dir_all(&self.path).ok();
        }
    }
}
