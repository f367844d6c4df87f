//! The demo: two studios with real photos and videos, clients, people who may sign in, rules, a month of views, and
//! what was told of it.

mod clients;
mod folders;
mod growth;
mod media;
mod messages;
mod people;
mod plan;
mod seed;
mod storage;
mod studio;
mod traffic;
mod views;

use std::net::SocketAddr;
use std::sync::Arc;

use arvlite_db::migrate::{self, State, UpTo};
use arvlite_db::models::{Company, Setting};
use arvlite_db::{Db, Deleted, Entity, Scope};
use serde_json::json;

use super::{Common, Environment, log, serve};
use crate::app::App;
use crate::config::Mode;
use crate::global_id;

use seed::Seed;

/// A studio with photos, videos, schedules and a month of views, served on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  arvlite demo
  arvlite demo --listen 127.0.0.1:8080 --data-dir /tmp/studio
  arvlite demo --no-traffic                without simulated viewers
  arvlite demo --scale 1000 --fill-only --database-url postgres://me@127.0.0.1/big

It runs a PostgreSQL of its own unless DATABASE_URL names one, makes the schema, fills it once, and serves. A database
with companies that it did not make is left alone unless --among-others is said. It lets known passwords in, so it is
nothing for the open network. While it serves, simulated phones look at its photos.")]
pub struct Demo {
    /// Where to listen [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Grow it: at 1000 there are 1,000 companies, 50,000 orders, 150,000 videos and a million views
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    scale: Option<u32>,
    /// Fill the database and end
    #[arg(long)]
    fill_only: bool,
    /// Fill also a database that has companies of others
    #[arg(long)]
    among_others: bool,
    /// Leave out the simulated viewers
    #[arg(long)]
    no_traffic: bool,
}

/// Makes the demo and serves it.
///
/// # Errors
/// When the database, the store or the address to listen on is not as it should be.
pub async fn run(common: &Common, demo: Demo) -> anyhow::Result<()> {
    let mut config = common.configuration()?;
    config.mode = Mode::Development;
    config.listen = demo.listen.unwrap_or(config.listen);
    let mut environment = Environment::open(config, common.may_install()).await?;
    if !demo.among_others {
        refuse_others(&environment.db).await?;
    }
    environment.upgrade(UpTo::Latest, &|_| {}).await?;
    if demo.fill_only {
        let app = environment.app().await?;
        fill_to(&app, demo.scale).await?;
        environment.close().await;
        return Ok(());
    }
    let listener = serve::listen(&mut environment.config).await?;
    let app = environment.app().await?;
    let companies = fill_to(&app, demo.scale).await?;
    let told_to_stop = serve::told_to_stop()?;
    super::tell(&welcome(&app, &companies))?;
    let traffic = (!demo.no_traffic).then(|| traffic::start(&app));
    let told_to_stop = async move {
        told_to_stop.await;
        drop(traffic);
    };
    serve::serve_until(app, listener, told_to_stop).await?;
    environment.close().await;
    Ok(())
}

/// Leaves a database alone that has companies although no demo was begun there: they may be somebody's real ones.
async fn refuse_others(db: &Db) -> anyhow::Result<()> {
    if matches!(migrate::state(db).await?, State::Empty | State::Foreign { .. }) {
        return Ok(());
    }
    let session = db.session(Scope::Everything);
    let companies = Company::count(&session, &<Company as Entity>::Filter::default(), Deleted::Include).await?;
    if companies > 0 && !seed::was_begun(&session).await? {
        anyhow::bail!(
            "{} has {companies} companies that no demo made; they may be real ones. Fill another database, or say that \
             this one is meant with\n  arvlite demo --among-others",
            db.address()
        );
    }
    Ok(())
}

async fn fill_to(app: &Arc<App>, scale: Option<u32>) -> anyhow::Result<Vec<Company>> {
    let companies = fill(app).await?;
    if let Some(scale) = scale {
        growth::write(app, scale, &companies).await?;
    }
    Ok(companies)
}

/// Fills the database with the demo, if that was not done before, and gives its companies.
///
/// # Errors
/// When the database or the store does not work out; the next call goes on from there.
pub async fn fill(app: &Arc<App>) -> anyhow::Result<Vec<Company>> {
    let seed = Seed::begin(app).await?;
    let session = app.db.session(Scope::Everything);
    let mut companies = Vec::new();
    if Setting::get(&session, "demo_filled").await?.is_none() {
        log::say(&app.config, "Filling the database with the demo's studios…");
        companies = studio::write(&seed).await?;
        storage::write(&seed, &companies).await?;
        people::write(&seed, &companies).await?;
        views::write(&seed, &companies).await?;
        messages::write(&seed, &companies).await?;
        Setting::get_or_set(&session, "demo_filled", json!(app.clock.now())).await?;
    } else {
        for plan in plan::STUDIOS {
            companies.extend(Company::by_slug(&session, plan.slug).await?);
        }
    }
    Ok(companies)
}

/// What to open, who may sign in, and what to paste first.
#[must_use]
pub fn welcome(app: &App, companies: &[Company]) -> String {
    let url = app.config.public_url();
    let mut text =
        format!("\nARVlite is ready.\n\n  GraphiQL   {url}/\n  Schema     {url}/schema.graphql\n\nSign in as\n");
    for person in people::PEOPLE {
        text.push_str(&format!("  {:<22} {:<14} {}\n", person.email, person.password, person.role()));
    }
    text.push_str("\nor show an API key\n");
    for company in companies {
        text.push_str(&format!("  {:<22} {}\n", company.name, people::key_of(&app.secret, company).text));
    }
    if let Some(company) = companies.first() {
        let id = global_id::encode::<Company>(company.id).0;
        let key = people::key_of(&app.secret, company).text;
        text.push_str(&first_documents(&url, &id, &key));
    }
    text
}

fn first_documents(url: &str, company_id: &str, key: &str) -> String {
    format!(
        r#"
A first query
  curl -s {url}/graphql -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
    -d '{{"query":"{{ arContents(first: 3) {{ nodes {{ orderNumber customerName publicUrl activeVideo {{ source validUntil video {{ filename }} }} }} }} }}"}}'

A first mutation
  mutation {{ projectCreate(input: {{ companyId: "{company_id}", name: "My first project" }}) {{ project {{ id name }} userErrors {{ field message }} }} }}

A first subscription: paste it in GraphiQL; simulated viewers come by themselves, or open one of the publicUrl pages
  subscription {{ viewEvents(scope: {{ companyId: "{company_id}" }}) {{ __typename
    ... on ViewSessionStarted {{ cursor viewSession {{ sessionId version arContent {{ orderNumber }} }} }}
    ... on ViewSessionProgressed {{ cursor viewSession {{ sessionId version durationSeconds }} }}
    ... on ViewSessionEnded {{ cursor timedOut viewSession {{ sessionId version durationSeconds }} }} }} }}
"#
    )
}
