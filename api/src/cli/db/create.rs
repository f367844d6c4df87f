//! `arvlite db create`: the folder of a new migration, in a checkout.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use arvlite_db::migrate::Migrations;
use clap::Args;

use crate::cli::tell;
use crate::clock::Clock;

/// What to make.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  arvlite db create add_client_birthday
makes migrations/<today>-<next number>_add_client_birthday with up.sql and down.sql to be filled in. It is part of the
program once that is built again.")]
pub struct Create {
    /// What it is about: lower-case letters, digits and underscores
    #[arg(value_parser = subject)]
    name: String,
}

const FOLDER: &str = "migrations";
const UP: &str = "-- What this changes, and why. It runs in a transaction of its own; arvlite db show tells what of it \
                  would hold up a\n-- busy database.\n";
const DOWN: &str = "-- Takes back what up.sql did, in the opposite order, and keeps what rows it can.\n";

fn subject(word: &str) -> Result<String, String> {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let is_name = word.len() <= 60 && word.starts_with(|first: char| first.is_ascii_lowercase());
    if is_name && word.chars().all(is_letter) && !word.ends_with('_') && !word.contains("__") {
        return Ok(word.to_owned());
    }
    Err("it is made of lower-case letters, digits and single underscores, begins with a letter, and has 60 at most"
        .to_owned())
}

/// Makes it, and tells where.
///
/// # Errors
/// When this is no checkout, or there is one about the same.
pub(super) fn run(create: &Create) -> anyhow::Result<()> {
    let names = existing(Path::new(FOLDER))?;
    if let Some(same) = names.iter().find(|name| name.split_once('_').is_some_and(|(_, about)| about == create.name)) {
        bail!("there is {FOLDER}/{same} already");
    }
    let today = Clock::default().now().format("%Y-%m-%d").to_string();
    let folder = PathBuf::from(FOLDER).join(format!("{}_{}", next(&names, today)?, create.name));
    let write = |file: &str, text: &str| fs::write(folder.join(file), text);
    fs::create_dir(&folder)
        .and_then(|()| write("up.sql", UP))
        .and_then(|()| write("down.sql", DOWN))
        .with_context(|| format!("{} cannot be written", folder.display()))?;
    Ok(tell(&format!("made {0}/up.sql\nmade {0}/down.sql", folder.display()))?)
}

/// The names of the migrations in a folder, oldest first. It is ours if it has the first one.
fn existing(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let first = Migrations::embedded().all().first();
    if first.is_none_or(|first| !names.iter().any(|name| name == first.name)) {
        bail!("a migration is made in a checkout of the program: run this where its folder {FOLDER} is");
    }
    Ok(names)
}

/// The day and the number of the next one. It comes after the last, also where that was made on a later day.
fn next(names: &[String], today: String) -> anyhow::Result<String> {
    let parts = |name: &String| {
        let (day, number) = name.split_once('_')?.0.rsplit_once('-')?;
        Some((day.to_owned(), number.parse::<u32>().ok()?))
    };
    let numbered: Vec<(String, u32)> = names.iter().filter_map(parts).collect();
    let day = numbered.iter().map(|(day, _)| day.clone()).chain([today]).max().context("a day")?;
    let number = numbered.iter().map(|(_, number)| number).max().context("a number")? + 1;
    Ok(format!("{day}-{number:06}"))
}
