//! Embeds the migrations: a table of their names and texts, made anew whenever a file of theirs changes.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let folder = folder.canonicalize().expect("the folder migrations is beside this crate");
    let mut migrations: Vec<PathBuf> =
        fs::read_dir(folder).expect("it can be read").map(|entry| entry.expect("an entry").path()).collect();
    migrations.retain(|path| path.is_dir());
    migrations.sort();
    let entries: String = migrations.iter().map(|migration| entry(migration)).collect();
    let out = env::var_os("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&out).join("migrations.rs"), format!("&[\n{entries}]\n")).expect("it can be written");
}

fn entry(migration: &Path) -> String {
    let name = migration.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
    let file = |of: &str| {
        let path = migration.join(of);
        assert!(path.is_file(), "the migration {name} has no {of}");
        format!("include_str!({path:?})")
    };
    let (up, down, in_transaction) = (file("up.sql"), file("down.sql"), in_transaction(migration));
    format!("Migration {{ name: {name:?}, up: {up}, down: {down}, in_transaction: {in_transaction} }},\n")
}

/// What `metadata.toml` says, which knows one key.
fn in_transaction(migration: &Path) -> bool {
    let text = fs::read_to_string(migration.join("metadata.toml")).unwrap_or_default();
    let mut said = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    match (said.next(), said.next()) {
        (None | Some("run_in_transaction = true"), None) => true,
        (Some("run_in_transaction = false"), None) => false,
        _ => panic!("{}/metadata.toml says run_in_transaction = true or false, nothing else", migration.display()),
    }
}
