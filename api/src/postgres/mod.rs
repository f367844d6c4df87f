//! PostgreSQL by itself: a server of our own for whoever has not set `DATABASE_URL`.
//!
//! Here: finding or installing the programs, making the cluster, running the server and stopping it
//! with the process. Not here: schemas, pools and queries (crate `arvlite-db`), and the decision
//! whether an embedded server is wanted at all (the command line).
//!
//! Start at [`Postgres::start`]; it reads as the list of what happens. The server listens on a Unix
//! socket only, in a folder that nobody else may enter, so there is no port and no password.
//!
//! Inside the data directory:
//!
//! | path | what |
//! | --- | --- |
//! | `postgres/lock` | held while a process uses the cluster |
//! | `postgres/data` | the cluster; exists only when it is complete |
//! | `postgres/run` | the socket |
//! | `postgres/log`, `postgres/start.log` | what the server says, one file a weekday; what it says before it has opened that |
//! | `postgresql-<version>` | a downloaded copy of the programs, if one was needed |

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cluster::Cluster;
use keeper::Keeper;
use search::{Installation, Places};
use socket::SocketFolder;

mod account;
mod cluster;
mod error;
mod install;
mod keeper;
mod previous;
mod search;
mod server;
mod socket;
#[cfg(test)]
mod tests;

pub use error::StartError;

/// The superuser of the cluster, the only one.
const USER: &str = "arvlite";

/// The oldest PostgreSQL that ARVlite works with.
pub(crate) const OLDEST_MAJOR: u32 = 15;

/// What the embedded server needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data directory of ARVlite; the cluster goes to `postgres` inside it.
    pub data_dir: PathBuf,
    /// The folder with `initdb` and `postgres` to use (`ARVLITE_PG_BIN`); none to search for one.
    pub bin_dir: Option<PathBuf>,
    /// Whether PostgreSQL may be installed where none is found.
    pub install: bool,
    /// Whether writes must survive a power failure. Only throwaway clusters may say no.
    pub fsync: bool,
}

/// A running server, which stops when this is dropped and dies with the process.
///
/// The order of the fields matters: the server goes down first, then its socket folder, and only
/// then is the cluster free for others.
#[derive(Debug)]
pub struct Postgres {
    keeper: Keeper,
    socket: SocketFolder,
    _cluster: Cluster,
}

impl Postgres {
    /// Finds PostgreSQL (or installs it), makes the cluster if it is new, starts the server and
    /// returns once it answers. `say` gets a line for a person before anything that takes long.
    ///
    /// The database `postgres` always exists.
    ///
    /// # Errors
    /// Says in plain words what is in the way and what to do about it.
    pub async fn start(settings: &Settings, say: &(dyn Fn(&str) + Sync)) -> Result<Postgres, StartError> {
        Postgres::start_from(&Places::on_this_machine(), settings, say).await
    }

    async fn start_from(
        places: &Places,
        settings: &Settings,
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<Postgres, StartError> {
        let mut cluster = Cluster::lock(&settings.data_dir).await?;
        let installation = find_or_install(places, &cluster, settings, say).await?;
        cluster.choose_account(&installation)?;
        if cluster.major()?.is_none() {
            say("Creating a PostgreSQL cluster");
            cluster.create(&installation, settings.fsync).await?;
        }
        previous::wait_until_gone(&cluster.data(), say).await?;
        let socket = SocketFolder::prepare(cluster.home(), cluster.account())?;
        let keeper = server::start(&cluster, &installation, &socket, settings.fsync, say).await?;
        Ok(Postgres { keeper, socket, _cluster: cluster })
    }

    /// The address of a database of this server, for any PostgreSQL client on this machine.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        url(self.socket.path(), database)
    }

    /// Stops the server: open transactions are rolled back, everything committed is on disk.
    /// Dropping does the same, but blocks the thread meanwhile.
    pub async fn stop(mut self) {
        let stopping = tokio::task::spawn_blocking(move || self.keeper.stop());
        // An error here means that the runtime itself is going down, and the server with it.
        stopping.await.ok();
    }
}

/// Where the data goes when nothing else was said: `/var/lib/arvlite` for root (the server runs as
/// another user, who may not enter root's home), `.arvlite` in the current folder for all others.
#[must_use]
pub fn default_data_dir() -> PathBuf {
    if account::is_root() { PathBuf::from("/var/lib/arvlite") } else { PathBuf::from(".arvlite") }
}

/// Whether this data directory holds a cluster.
#[must_use]
pub fn has_cluster(data_dir: &Path) -> bool {
    data_dir.join("postgres").join("data").exists()
}

/// The address of a database of the server that another process of ours runs on this data directory; none if its socket
/// is not at its usual place.
#[must_use]
pub fn url_of_running(data_dir: &Path, database: &str) -> Option<String> {
    // An address names the folder from the root.
    let run = data_dir.canonicalize().ok()?.join("postgres").join("run");
    run.join(socket::SOCKET_NAME).exists().then(|| url(&run, database))
}

async fn find_or_install(
    places: &Places,
    cluster: &Cluster,
    settings: &Settings,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Installation, StartError> {
    let wanted = cluster.major()?;
    if let Some(bin) = &settings.bin_dir {
        let named = search::named(bin)?;
        return search::choose(vec![named], wanted, cluster.home());
    }
    let mut found = search::find(places, cluster.data_dir());
    if found.is_empty() {
        if !settings.install {
            return Err(StartError::NotFound);
        }
        found = install::install(places, cluster.data_dir(), say).await?;
    }
    search::choose(found, wanted, cluster.home())
}

/// Everything but letters, digits and `-._~` is percent-encoded: a host that starts with a slash is
/// the folder of a socket.
fn url(socket_folder: &Path, database: &str) -> String {
    let mut url = format!("postgres://{USER}@");
    percent_encode(&mut url, socket_folder.as_os_str().as_encoded_bytes());
    url.push('/');
    percent_encode(&mut url, database.as_bytes());
    url
}

fn percent_encode(into: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(into, "%{byte:02X}").ok();
        }
    }
}
