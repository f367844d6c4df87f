//! Which part may name which: the sources' own words are read, comments apart.

use std::path::{Path, PathBuf};

/// A source file: where it is, from the top of the repository, and its lines without comments.
struct Source {
    path: String,
    lines: Vec<String>,
    length: usize,
}

/// Where rows are read past every scope: who signs in, what phones play, what the program does by itself.
const PAST_EVERY_SCOPE: &[&str] = &[
    "api/src/auth/authenticate.rs",
    "api/src/auth/viewer.rs",
    "api/src/cli/demo/clients.rs",
    "api/src/cli/demo/folders.rs",
    "api/src/cli/demo/growth.rs",
    "api/src/cli/demo/messages.rs",
    "api/src/cli/demo/mod.rs",
    "api/src/cli/demo/people.rs",
    "api/src/cli/demo/seed.rs",
    "api/src/cli/demo/storage.rs",
    "api/src/cli/demo/studio.rs",
    "api/src/cli/demo/views.rs",
    "api/src/cli/environment.rs",
    "api/src/cli/views.rs",
    "api/src/domain/analytics/rebuild.rs",
    "api/src/domain/analytics/roll.rs",
    "api/src/domain/login.rs",
    "api/src/domain/playback/live.rs",
    "api/src/domain/playback/read.rs",
    "api/src/domain/view/batch.rs",
    "api/src/domain/view/days.rs",
    "api/src/domain/view/live.rs",
    "api/src/domain/view/log.rs",
    "api/src/domain/view/retention.rs",
    "api/src/domain/view/sweep.rs",
    "api/src/http/pages.rs",
    "api/src/jobs/mod.rs",
];
/// Where a field depends on who asks, and not only on what they may see: each is named in `PERSONAL_FIELDS`, or else one
/// person's answer would be told to others who follow the same. The viewer is no part of what streams tell.
const PERSONAL: &[&str] =
    &["api/src/graphql/types/membership.rs", "api/src/graphql/types/user.rs", "api/src/graphql/types/viewer.rs"];
/// Where something besides the clock may be asked for the time, or the environment.
const ENVIRONMENT: &[&str] = &["api/src/config.rs"];
const TIME: &[&str] = &["api/src/clock.rs"];
/// Where async-graphql's own error is named: its table, and what hands it on unchanged.
const GRAPHQL_ERRORS: &[&str] = &["api/src/graphql/error.rs", "api/src/graphql/connection.rs"];
/// Longer than this is two files.
const LONGEST: usize = 400;

#[test]
fn the_database_knows_neither_graphql_nor_http() {
    refuse("db/src", &["async_graphql", "axum", "arvlite_api", "hyper"], &[]);
}

#[test]
fn graphql_and_domain_know_no_sql() {
    refuse("api/src/graphql", &["diesel", "diesel_async", "tokio_postgres"], &[]);
    refuse("api/src/domain", &["diesel", "diesel_async", "tokio_postgres"], &[]);
    refuse("api/src/http", &["diesel", "diesel_async", "tokio_postgres"], &[]);
}

#[test]
fn graphql_and_domain_know_no_http() {
    refuse("api/src/graphql", &["axum", "hyper", "crate::http"], &[]);
    let outer = ["axum", "hyper", "async_graphql::Context", "crate::graphql", "crate::http", "crate::cli"];
    refuse("api/src/domain", &outer, &[]);
    for source in sources("api/src/domain") {
        let imports = source.lines.iter().filter(|line| line.contains("use async_graphql::"));
        for line in imports {
            assert!(!words(line).any(|word| word == "Context"), "{} takes a GraphQL context: {line}", source.path);
        }
    }
}

#[test]
fn the_command_line_is_known_by_nobody() {
    for room in ["api/src/graphql", "api/src/domain", "api/src/http", "api/src/auth", "api/src/storage"] {
        refuse(room, &["crate::cli"], &[]);
    }
}

#[test]
fn what_depends_on_who_asks_is_known() {
    let asks = ["Who", "viewer().who", "viewer().name", "viewer().actor", "viewer().caller", "viewer().clone"];
    refuse("api/src/graphql/types", &asks, PERSONAL);
}

#[test]
fn reading_past_every_scope_is_asked_for_by_name() {
    refuse("api/src", &["Scope::Everything"], PAST_EVERY_SCOPE);
    for source in sources("api/src").iter().filter(|source| PAST_EVERY_SCOPE.contains(&source.path.as_str())) {
        assert!(source.names("Scope::Everything"), "{} is listed and reads past no scope", source.path);
    }
}

/// Every write is a command and passes `execute`. Not so a phone's beacons, signing in, whose count of failures survives
/// a refusal, adding up and tidying up; the demo writes a past that no command could.
const WRITES: &[&str] = &[
    "api/src/cli/demo/clients.rs",
    "api/src/cli/demo/folders.rs",
    "api/src/cli/demo/messages.rs",
    "api/src/cli/demo/people.rs",
    "api/src/cli/demo/storage.rs",
    "api/src/cli/demo/views.rs",
    "api/src/domain/analytics/rebuild.rs",
    "api/src/domain/analytics/roll.rs",
    "api/src/domain/execute.rs",
    "api/src/domain/login.rs",
    "api/src/domain/view/batch.rs",
    "api/src/domain/view/retention.rs",
    "api/src/domain/view/sweep.rs",
    "api/src/jobs/mod.rs",
];

#[test]
fn every_write_is_a_command_a_few_apart() {
    refuse("api/src", &["db.begin"], WRITES);
}

/// Who may say by which kind of rule a video plays: whoever decides it. The demo's past was never decided.
const DECIDES: &[&str] = &["api/src/cli/demo/views.rs"];

#[test]
fn what_plays_is_decided_in_one_place() {
    let kinds = ["DateRule", "Schedule", "Rotation", "Pin", "Default"].map(|kind| format!("PlaybackSource::{kind}"));
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    for room in ["auth", "cli", "graphql", "http", "jobs", "monitoring", "storage"] {
        refuse(&format!("api/src/{room}"), &kinds, DECIDES);
    }
    let domain = sources("api/src/domain");
    let outside = domain.iter().filter(|source| !source.path.starts_with("api/src/domain/playback"));
    for source in outside {
        assert!(!kinds.iter().any(|kind| source.names(kind)), "{} decides what plays", source.path);
    }
    // Orders of videos and eligibility are looked at by the decision, and by nobody who might decide otherwise.
    refuse("db/src", &["PlaybackSource::Default", "PlaybackSource::Pin"], &[]);
    let asked: Vec<String> = sources("api/src")
        .into_iter()
        .filter(|source| source.names("active_video("))
        .map(|source| source.path)
        .collect();
    let (pure, asking): (Vec<_>, Vec<_>) = asked.iter().partition(|path| path.starts_with("api/src/domain/playback"));
    assert!(!pure.is_empty());
    let expected = ["api/src/graphql/types/active_video.rs", "api/src/graphql/types/ar_content.rs"];
    assert!(asking.iter().all(|path| expected.contains(&path.as_str())), "{asking:?} ask for themselves");
}

#[test]
fn there_is_one_clock_and_one_configuration() {
    for room in ["api/src", "db/src"] {
        refuse(room, &["Utc::now", "Local::now", "SystemTime::now"], TIME);
        refuse(room, &["env::var", "env::var_os", "env::vars"], ENVIRONMENT);
    }
}

#[test]
fn there_is_one_way_to_the_executor() {
    refuse("api/src", &["executor.execute"], &["api/src/http/paid.rs"]);
    refuse("api/src", &["executor.follow"], &["api/src/http/shared_stream/execution.rs"]);
    refuse("api/src", &["shared_stream::Member", "Member::new"], &["api/src/http/paid.rs"]);
    refuse("api/src", &["schema.execute", "schema.execute_stream"], &["api/src/graphql/mod.rs"]);
    refuse("api/src", &["graphql::execute", "graphql::follow"], &["api/src/http/executor.rs"]);
    refuse("api/src", &["parse_query"], &["api/src/http/admit/mod.rs"]);
}

#[test]
fn errors_for_clients_are_made_in_one_place() {
    refuse("api/src/graphql", &["async_graphql::Error", "async_graphql::Result"], GRAPHQL_ERRORS);
}

#[test]
fn nothing_is_left_for_later_and_no_file_is_too_long() {
    let mut odd = Vec::new();
    for source in [sources("api/src"), sources("db/src"), sources("tests")].into_iter().flatten() {
        // Diesel's view of the tables is printed, and as long as there are tables.
        if source.length > LONGEST && source.path != "db/src/schema.rs" {
            odd.push(format!("{} has {} lines", source.path, source.length));
        }
        // Put together, so that this file does not name what it looks for.
        for left in
            [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!("), concat!("#[ign", "ore")]
        {
            if source.lines.iter().any(|line| line.contains(left)) {
                odd.push(format!("{} has {left}", source.path));
            }
        }
    }
    assert!(odd.is_empty(), "{odd:#?}");
}

/// Fails if a file below a folder names one of these, files that may apart.
fn refuse(folder: &str, names: &[&str], allowed: &[&str]) {
    let mut wrong = Vec::new();
    for source in sources(folder) {
        if allowed.contains(&source.path.as_str()) {
            continue;
        }
        for name in names.iter().filter(|name| source.names(name)) {
            wrong.push(format!("{} names {name}", source.path));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

impl Source {
    /// Whether a line has this path as whole words: `axum` in `axum::Router`, not in `async_graphql_axum`.
    fn names(&self, name: &str) -> bool {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        self.lines.iter().any(|line| {
            line.match_indices(name).any(|(start, _)| {
                let before = line[..start].chars().next_back();
                let after = line[start + name.len()..].chars().next();
                !before.is_some_and(is_word) && !after.is_some_and(is_word)
            })
        })
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

/// The Rust files below a folder, without comments and without what only tests see.
fn sources(folder: &str) -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut found = Vec::new();
    collect(&top.join(folder), &mut found);
    assert!(!found.is_empty(), "there is nothing in {folder}");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(&top).unwrap().to_string_lossy().into_owned();
        let is_test = path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/");
        let program = if is_test { &text } else { text.split("#[cfg(test)]\nmod ").next().unwrap() };
        let lines = program.lines().map(|line| line.split("//").next().unwrap().to_owned()).collect();
        (is_test, Source { path, lines, length: text.lines().count() })
    };
    let read = found.into_iter().map(read);
    read.filter(|(is_test, _)| !is_test || folder == "tests").map(|(_, source)| source).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}
