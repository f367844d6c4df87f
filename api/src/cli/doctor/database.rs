//! What the facts of a database mean.

use arvlite_db::diagnosis::{EXTENSIONS, Facts, Version};
use arvlite_db::migrate::State;
use chrono::{DateTime, TimeDelta, Utc};

use super::finding::{Check, Finding};
use crate::config::Mode;

/// What to do about a database that does not answer.
pub(super) const NO_ANSWER: &str = "start the server, or mend the address in DATABASE_URL";

/// Connections beside the pool: two that listen, one that asks whether the schema is current.
const BESIDE_THE_POOL: usize = 3;

/// Sign-ins, terms and the log of views are told by two clocks, which must agree.
const CLOCKS_MAY_DIFFER: TimeDelta = TimeDelta::seconds(2);

pub(super) fn version(version: &Version, oldest_major: u32) -> Finding {
    let found = format!("PostgreSQL {}", version.name);
    match major(version) >= i64::from(oldest_major) {
        true => Check::Version.ok(found),
        false => Check::Version.bad(found, format!("upgrade the server to PostgreSQL {oldest_major} or newer")),
    }
}

fn major(version: &Version) -> i64 {
    i64::from(version.number / 10_000)
}

pub(super) fn schema(state: &State) -> Finding {
    let check = Check::Schema;
    match state {
        State::Current => check.ok("current"),
        State::Empty => check.bad("there is none yet", "make it with arvlite db upgrade"),
        State::Behind { pending } => {
            check.bad(format!("behind this program by {}", pending.join(", ")), "apply it with arvlite db upgrade")
        }
        State::Ahead { unknown } => check.bad(
            format!("ahead of this program, which does not know {}", unknown.join(", ")),
            "run the later version, or revert with it (arvlite db downgrade)",
        ),
        State::Foreign { tables } => check.bad(
            format!("none, and tables that are not ours: {}", tables.join(", ")),
            "make a database for this program alone",
        ),
        State::Edited { names } => check
            .bad(format!("made by another text of {}", names.join(", ")), "arvlite db check tells what to do about it"),
        State::HalfApplied(half) => {
            check.bad(format!("{} was left in the middle", half.name), "arvlite db check tells what to do about it")
        }
    }
}

pub(super) fn extensions(facts: &Facts, state: &State, version: &Version) -> Finding {
    let check = Check::Extensions;
    let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
    let missing: Vec<&str> = EXTENSIONS.into_iter().filter(|name| !has(&facts.created_extensions, name)).collect();
    let listed = missing.join(", ");
    let create = missing.iter().map(|name| format!("CREATE EXTENSION {name};")).collect::<Vec<_>>().join(" ");
    if missing.is_empty() {
        return check.ok(EXTENSIONS.join(", "));
    }
    if let Some(unknown) = missing.iter().find(|name| !has(&facts.available_extensions, name)) {
        let major = major(version);
        let advice = format!(
            "install the server's contrib modules (Debian, Ubuntu: apt-get install postgresql-contrib; Fedora, RHEL: \
             dnf install postgresql{major}-contrib; Alpine: apk add postgresql{major}-contrib), then {create}"
        );
        return check.bad(format!("the server does not have {unknown}"), advice);
    }
    if *state != State::Empty {
        let advice = format!("{create} and make again the indexes that went with it");
        return check.bad(format!("{listed}: not in the database any more"), advice);
    }
    match missing.iter().all(|name| has(&facts.permitted_extensions, name)) {
        true => check.look(format!("{listed}: not in the database yet"), "arvlite db upgrade creates it"),
        false => {
            let found = format!("{listed}: not in the database, and {} may not create it", facts.role);
            check.bad(found, format!("as a superuser: {create}"))
        }
    }
}

pub(super) fn role(facts: &Facts, is_own: bool, mode: Mode) -> Finding {
    let (check, role) = (Check::Role, &facts.role);
    let Some(schema) = &facts.schema else {
        return check.bad("no schema of the search path exists", format!("CREATE SCHEMA public AUTHORIZATION {role};"));
    };
    if !facts.may_create {
        let found = format!("{role} may make no tables in {schema}; the log of views gets one each day");
        return check.bad(found, format!("GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};"));
    }
    if let Some(owner) = &facts.foreign_owner {
        let found = format!("the tables are those of {owner}; {role} cannot add a day to the log of views");
        return check.bad(found, format!("connect as {owner}, or GRANT {owner} TO {role};"));
    }
    if facts.is_superuser && !is_own && mode == Mode::Production {
        let advice = "give the program a role of its own that owns its database and no more";
        return check.look(format!("{role} is a superuser"), advice);
    }
    check.ok(format!("{role} may make tables in {schema}"))
}

/// The refusal is that of an upgrade, in its words.
pub(super) fn encoding(facts: &Facts, refusal: Option<String>) -> Finding {
    match refusal {
        None => Check::Encoding.ok(format!("{}, LC_CTYPE {}", facts.encoding, facts.character_type)),
        Some(refusal) => Check::Encoding.bad(
            format!("{}, LC_CTYPE {}", facts.encoding, facts.character_type),
            format!("{refusal}, then move the data there with pg_dump"),
        ),
    }
}

pub(super) fn collation(facts: &Facts) -> Finding {
    let check = Check::Collation;
    match (&facts.collation_made_with, &facts.collation_now) {
        (Some(made), Some(now)) if made != now => check.bad(
            format!("the indexes are in the order of version {made}, the server sorts by {now}"),
            "REINDEX DATABASE; then ALTER DATABASE … REFRESH COLLATION VERSION;",
        ),
        (_, Some(version)) => check.ok(format!("version {version}, as the indexes")),
        (_, None) => check.ok("it has no versions"),
    }
}

/// The database told its time between the two instants.
pub(super) fn clock(asked: DateTime<Utc>, told: DateTime<Utc>, answered: DateTime<Utc>) -> Finding {
    let difference = if told < asked { asked - told } else { (told - answered).max(TimeDelta::zero()) };
    let found = format!("the database's differs by {:.1} s", difference.num_milliseconds() as f64 / 1000.0);
    match difference > CLOCKS_MAY_DIFFER {
        true => Check::Clock.bad(found, "let both machines follow a time server (NTP)"),
        false => Check::Clock.ok(found),
    }
}

pub(super) fn connections(facts: &Facts, pool: usize) -> Finding {
    let check = Check::Connections;
    let (wanted, allowed) = (pool + BESIDE_THE_POOL, usize::try_from(facts.connections).unwrap_or(0));
    let found = format!("one server takes {wanted} of the {allowed} that are allowed");
    if wanted > allowed {
        check.bad(found, "raise max_connections (or the role's limit), or lower ARVLITE_DATABASE_CONNECTIONS")
    } else if wanted * 2 > allowed {
        check.look(found, "a second server, or the next version beside this one, does not fit")
    } else {
        check.ok(found)
    }
}

#[cfg(test)]
mod tests;
