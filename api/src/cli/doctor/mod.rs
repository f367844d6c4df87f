//! `arvlite doctor`: what is not as it should be, and what to do about it.
//!
//! Here: the order of the checks, and what each of them asks. What the answers mean are pure functions: `house.rs` for
//! the configuration and this machine, `database.rs` for the database. It changes nothing in a database, installs
//! nothing and makes no cluster; in the store it leaves nothing behind. Start at [`examine`].

mod database;
mod finding;
mod house;
mod machine;

use arvlite_db::diagnosis::Diagnosis;
use arvlite_db::migrate;

use self::finding::{Check, Finding, Verdict};
use super::environment::data_dir;
use super::{Common, Environment, environment, log, tell};
use crate::clock::Clock;
use crate::config::Config;
use crate::postgres::{self, OLDEST_MAJOR, StartError};

/// Say what is not as it should be, and what to do about it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  arvlite doctor
  arvlite doctor --json | jq '.findings[] | select(.verdict == \"bad\")'
  ARVLITE_MODE=development arvlite doctor      judge by what a developer needs

A line for each check: ok, look (it works; read the advice), bad, or skip (it depends on a check that is bad). It looks
at what the environment and --config say, as serve would, and changes nothing in the database.

Exit codes: 0 nothing is bad, 1 something is, 2 wrong usage.")]
pub struct Doctor {
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Examines, and tells what it found.
///
/// # Errors
/// When something is bad.
pub async fn run(common: &Common, doctor: Doctor) -> anyhow::Result<()> {
    let findings = examine(common).await;
    tell(&if doctor.json { finding::as_json(&findings) } else { finding::as_lines(&findings) })?;
    match findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count() {
        0 => Ok(()),
        bad => anyhow::bail!("{bad} of {} checks are bad", findings.len()),
    }
}

/// Every check of [`Check::ALL`], in its order.
async fn examine(common: &Common) -> Vec<Finding> {
    let read = common.configuration().and_then(|config| log::start(&config).map(|()| config));
    let config = match read {
        Ok(config) => config,
        Err(error) => {
            let advice = "mend the environment or the file of --config; README.md lists the keys";
            return Check::Configuration.bad(error.to_string(), advice).and_skip_the_rest();
        }
    };
    let mut findings = vec![
        house::configuration(&config),
        house::secret_key(&config),
        house::public_url(&config),
        machine::port(config.listen).await,
    ];
    findings.extend(machine::storage(&config).await);
    findings.push(machine::countries(&config));
    findings.extend(database(&config).await);
    findings
}

/// The checks from [`Check::Database`] on.
async fn database(config: &Config) -> Vec<Finding> {
    let is_own = config.database_url.is_none();
    if is_own && !postgres::has_cluster(&data_dir(config)) {
        let found = "none is configured, and none of our own was made yet";
        let advice = "the first start makes one; or name a server in DATABASE_URL";
        return Check::Database.look(found, advice).and_skip_the_rest();
    }
    let environment = match open(config).await {
        Ok(environment) => environment,
        Err(error) => return Check::Database.bad(format!("{error:#}"), database::NO_ANSWER).and_skip_the_rest(),
    };
    let findings = examine_database(&environment, is_own).await;
    environment.close().await;
    findings
}

/// An outside database, the one of our own that another process runs by now, or else our own, started for this.
async fn open(config: &Config) -> anyhow::Result<Environment> {
    let opened = Environment::open(config.clone(), false).await;
    let Err(error) = &opened else { return opened };
    let is_running = matches!(error.downcast_ref(), Some(StartError::InUse { .. }));
    match postgres::url_of_running(&data_dir(config), environment::OWN_DATABASE).filter(|_| is_running) {
        Some(url) => Environment::open(Config { database_url: Some(url), ..config.clone() }, false).await,
        None => opened,
    }
}

async fn examine_database(environment: &Environment, is_own: bool) -> Vec<Finding> {
    let address = environment.db.address();
    let mut diagnosis = match Diagnosis::open(&environment.db).await {
        Ok(diagnosis) => diagnosis,
        Err(error) => return Check::Database.bad(in_words(error), database::NO_ANSWER).and_skip_the_rest(),
    };
    let mut findings = vec![Check::Database.ok(format!("{address} answers"))];
    match examine_answering(environment, &mut diagnosis, is_own, &mut findings).await {
        Ok(()) => findings,
        Err(error) => {
            let broken = Check::after(&findings).bad(in_words(error), "what the server's log says of it tells more");
            findings.extend(broken.and_skip_the_rest());
            findings
        }
    }
}

async fn examine_answering(
    environment: &Environment,
    diagnosis: &mut Diagnosis,
    is_own: bool,
    findings: &mut Vec<Finding>,
) -> arvlite_db::Result<()> {
    let version = diagnosis.version().await?;
    let finding = database::version(&version, OLDEST_MAJOR);
    if finding.verdict == Verdict::Bad {
        findings.extend(finding.and_skip_the_rest());
        return Ok(());
    }
    findings.push(finding);
    let facts = diagnosis.facts().await?;
    findings.push(database::role(&facts, is_own, environment.config.mode));
    findings.push(database::encoding(&facts, diagnosis.refuses_letters().await?));
    findings.push(database::collation(&facts));
    let clock = Clock::default();
    let asked = clock.now();
    let told = diagnosis.now().await?;
    findings.push(database::clock(asked, told, clock.now()));
    findings.push(database::connections(&facts, environment.config.database_connections));
    let state = migrate::state(&environment.db).await?;
    findings.push(database::schema(&state));
    findings.push(database::extensions(&facts, &state, &version));
    Ok(())
}

fn in_words(error: arvlite_db::DbError) -> String {
    format!("{:#}", anyhow::Error::new(error))
}
