//! `arvlite views`: what is made of views, made anew.

use std::io::IsTerminal;
use std::sync::Arc;

use arvlite_db::models::Company;
use arvlite_db::{DbError, Deleted, Entity, Key, Page, PageOf, Position, Scope};
use clap::Subcommand;
use indicatif::ProgressBar;

use super::{log, operator, tell};
use crate::app::App;
use crate::domain::Error;
use crate::domain::analytics::{self, Rebuilt};

/// What to do about views.
#[derive(Debug, Subcommand)]
pub enum ViewsCommand {
    /// Makes the rollups and the counters of views anew, and says for each company whether they were right.
    #[command(after_help = "\
Examples:
  arvlite views rebuild
  arvlite views rebuild --company my-studio
  arvlite views rebuild --check            look only; exit code 6 if anything is wrong

Servers may run meanwhile: they answer and take views, and roll up again when it is done.")]
    Rebuild {
        /// The slug of a company; all of them unless it is given.
        #[arg(long)]
        company: Option<String>,
        /// Only look whether all is right.
        #[arg(long)]
        check: bool,
    },
}

/// Something was found wrong by who only looked.
#[derive(Debug, thiserror::Error)]
#[error("the numbers of {0} are wrong; mend them with\n  arvlite views rebuild")]
pub(super) struct NotEqual(String);

/// How often a company is tried whose orders somebody changes meanwhile.
const ATTEMPTS: usize = 5;

/// Does it, and says what it found.
///
/// # Errors
/// In words for the operator.
pub async fn run(app: &Arc<App>, command: ViewsCommand) -> anyhow::Result<()> {
    let ViewsCommand::Rebuild { company, check } = command;
    let companies = match &company {
        Some(slug) => vec![operator::company(app, slug).await?],
        None => all_companies(app).await?,
    };
    if !check {
        roll_up(app).await?;
    }
    let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(companies.len() as u64));
    let mut wrong = Vec::new();
    for company in companies {
        let found = rebuild(app, company.id, check).await.map_err(operator::in_words)?;
        let line = in_words(&company, found);
        match &bar {
            Some(bar) => bar.suspend(|| tell(&line))?,
            None => tell(&line)?,
        }
        bar.iter().for_each(|bar| bar.inc(1));
        if !found.was_equal() {
            wrong.push(company.slug);
        }
    }
    bar.iter().for_each(ProgressBar::finish_and_clear);
    if check && !wrong.is_empty() { Err(NotEqual(wrong.join(", ")).into()) } else { Ok(()) }
}

/// Rolls up what was never rolled up, and says how far it is.
pub(super) async fn roll_up(app: &App) -> anyhow::Result<()> {
    let spinner = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
    let mut told = 0;
    let mut tell = |rolled: &arvlite_db::models::RolledCompany| {
        let words = format!("company {} is rolled up until {}", rolled.id, rolled.span.1.format("%Y-%m-%d"));
        told += 1;
        match &spinner {
            Some(spinner) => {
                spinner.set_message(words);
                spinner.tick();
            }
            None if told % 1_000 == 0 => log::say(&app.config, &format!("  {told} months rolled up")),
            None => {}
        }
    };
    let rolled = analytics::roll_all(app, &mut tell).await;
    spinner.iter().for_each(ProgressBar::finish_and_clear);
    rolled.map_err(operator::in_words)
}

async fn rebuild(app: &App, company_id: i64, only_look: bool) -> Result<Rebuilt, Error> {
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        match analytics::rebuild(app, company_id, only_look).await {
            Err(Error::Db(error)) if attempts > 0 && matches!(*error, DbError::Collision) => {}
            done => return done,
        }
    }
}

fn in_words(company: &Company, found: Rebuilt) -> String {
    match found.was_equal() {
        true => format!("{:<32} equal", company.slug),
        false => format!("{:<32} {} rollups and {} counters were wrong", company.slug, found.rollups, found.counters),
    }
}

async fn all_companies(app: &App) -> anyhow::Result<Vec<Company>> {
    const AT_ONCE: i64 = 1_000;
    let session = app.db.session(Scope::Everything);
    let mut companies: Vec<Company> = Vec::new();
    loop {
        let mut page: PageOf<Company> = Page::first(AT_ONCE);
        page.deleted = Deleted::Include;
        page.from = companies.last().map(|last| Position { key: Key::Id, id: last.id });
        let mut next = Company::page(&session, &page).await?;
        let is_last = i64::try_from(next.len()).is_ok_and(|rows| rows <= AT_ONCE);
        next.truncate(usize::try_from(AT_ONCE)?);
        companies.append(&mut next);
        if is_last {
            return Ok(companies);
        }
    }
}
