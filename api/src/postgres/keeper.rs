//! The keeper: a thread that starts the server, holds it, and whose end is the server's stop signal.
//!
//! The kernel can send a process a signal when its parent goes, and "parent" is the *thread* that
//! started it. So one thread does nothing but start the server and live. Whether we let go of it,
//! leave `main`, or are killed with kill -9: the thread ends, and the server gets the same SIGINT
//! and shuts down cleanly. There is no second way of stopping that could fall out of use.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long a stopping server may write its last checkpoint before it is killed. Nothing committed
/// is lost then either; the next start recovers.
const PATIENCE: Duration = Duration::from_secs(60);

const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A server and the thread that holds it.
#[derive(Debug)]
pub(super) struct Keeper {
    server: Child,
    /// The thread ends when this is dropped.
    hold: Option<Sender<()>>,
}

impl Keeper {
    /// Starts the server on a thread of its own. Its own process group keeps Ctrl-C from reaching
    /// it before we have finished what we were doing.
    pub(super) fn start(mut server: Command) -> io::Result<Keeper> {
        let (hold, held) = mpsc::channel::<()>();
        let (report, started) = mpsc::channel();
        thread::Builder::new().name("postgres-keeper".to_owned()).spawn(move || {
            report.send(server.process_group(0).spawn()).ok();
            // Nothing is ever sent: this returns when the other end is dropped.
            held.recv().ok();
        })?;
        let server = started.recv().map_err(io::Error::other)??;
        Ok(Keeper { server, hold: Some(hold) })
    }

    /// How the server ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.server.try_wait()
    }

    /// Stops the server and returns when it is gone.
    pub(super) fn stop(&mut self) {
        self.hold = None;
        let begin = Instant::now();
        while matches!(self.server.try_wait(), Ok(None)) {
            if begin.elapsed() > PATIENCE {
                tracing::warn!("PostgreSQL does not stop by itself and is killed");
                self.server.kill().ok();
                self.server.wait().ok();
                return;
            }
            thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes the command's process receive SIGINT when the thread that starts it ends.
///
/// The request is made between fork and exec, after the standard library has changed the user (a
/// change of user clears it). A parent that dies before the request leaves no signal to come, so
/// the child looks whether it still has its parent.
#[expect(
    unsafe_code,
    reason = "only code between fork and exec can ask for the signal; it makes two system calls and allocates nothing"
)]
pub(super) fn end_with_the_starting_thread(command: &mut Command) {
    let us = std::process::id();
    let ask_for_the_signal = move || {
        // SAFETY: both calls are async-signal-safe, take numbers only and touch no memory of ours.
        let (asked, parent) = unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT), libc::getppid()) };
        if asked == -1 {
            return Err(io::Error::last_os_error());
        }
        if u32::try_from(parent) != Ok(us) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        Ok(())
    };
    // SAFETY: see the closure: it does nothing that is forbidden after a fork.
    unsafe { command.pre_exec(ask_for_the_signal) };
}
