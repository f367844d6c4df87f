//! Where a password comes from: never from an argument, which every user of the machine can read.

use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A new password of 24 letters, digits and dashes.
pub(super) fn generate() -> String {
    let bytes: [u8; 18] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Asks for a password twice, or reads one line where nobody is at a terminal.
pub(super) async fn ask() -> anyhow::Result<String> {
    tokio::task::spawn_blocking(read).await?
}

fn read() -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        return line();
    }
    let _silence = Silence::begin();
    let password = prompted("Password: ")?;
    if prompted("The same again: ")? != password {
        bail!("the two passwords differ");
    }
    Ok(password)
}

fn prompted(question: &str) -> anyhow::Result<String> {
    let mut screen = std::io::stderr();
    write!(screen, "{question}")?;
    screen.flush()?;
    let answer = line();
    writeln!(screen)?;
    answer
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the password could not be read")?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("no password was given: type one, pipe one in, or use --generate");
    }
    Ok(password.to_owned())
}

/// A terminal that does not show what is typed, as long as this lives.
struct Silence;

impl Silence {
    fn begin() -> Self {
        stty("-echo");
        Self
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        stty("echo");
    }
}

/// Where there is no `stty`, what is typed is shown.
fn stty(setting: &str) {
    let _ = Command::new("stty").arg(setting).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
}
