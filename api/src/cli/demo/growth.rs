//! A demo that is as big as years of work: the rows are made by the database itself, the files are the demo's own.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use arvlite_db::Scope;
use arvlite_db::growth::{self, Growth, Told};
use arvlite_db::models::{Company, Setting};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::seed::Seed;
use crate::app::App;
use crate::auth::passwords::PUBLISHED_DEMO_PASSWORD;
use crate::cli::operator::in_words;
use crate::cli::{log, views};
use crate::domain::user::hash_new_password;

/// Files copied at once.
const COPIES_AT_ONCE: usize = 16;
/// Told after so many rows where no bar is drawn.
const ROWS_A_LINE: i64 = 250_000;

/// Grows a database that has the demo to a scale, once. All of it is there or, when it is cut off, nothing.
///
/// # Errors
/// When it has grown to another scale before, or the database or the store does not work out.
pub(super) async fn write(app: &Arc<App>, scale: u32, demo: &[Company]) -> anyhow::Result<()> {
    let files_of: Vec<i64> = demo.iter().map(|company| company.id).collect();
    let seed = Seed::begin(app).await?;
    let session = app.db.session(Scope::Everything);
    match Setting::get(&session, growth::SETTING).await? {
        Some(grown) if grown["companies"] == json!(scale) => {}
        Some(Value::Object(grown)) => {
            let before = grown.get("companies").cloned().unwrap_or_default();
            bail!("this database has grown to a scale of {before} before, and grows once; take another database");
        }
        _ => {
            views::roll_up(app).await?;
            log::say(&app.config, &format!("Growing {} to a scale of {scale}…", app.db.address()));
            let password = hash_new_password(app, PUBLISHED_DEMO_PASSWORD.to_owned()).await.map_err(in_words)?;
            let mut telling = Telling::begin(app);
            let growth = Growth::of_scale(scale, seed.opened, password, files_of.clone());
            growth::grow(&app.db, &growth, &mut |told| telling.tell(told)).await?;
            drop(telling);
            views::roll_up(app).await?;
        }
    }
    copy_files(app, &files_of).await
}

/// Puts the demo's files where the new studios' media look for them. On a local disk that takes no room.
async fn copy_files(app: &App, files_of: &[i64]) -> anyhow::Result<()> {
    let copies = growth::copies(&app.db, files_of).await?;
    let copied = copies.iter().map(|copy| async move {
        match app.store.size(&copy.to).await {
            Ok(_) => Ok(()),
            Err(_) => app.store.copy(&copy.from, &copy.to).await,
        }
    });
    let copying = stream::iter(copied).buffer_unordered(COPIES_AT_ONCE).try_collect::<Vec<()>>();
    copying.await.context("the demo's files could not be copied to the new studios")?;
    Ok(())
}

/// Tells how far it is: a bar where a person is looking, lines everywhere.
struct Telling<'a> {
    app: &'a App,
    bar: Option<ProgressBar>,
}

impl<'a> Telling<'a> {
    fn begin(app: &'a App) -> Self {
        let bar = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { app, bar }
    }

    fn tell(&mut self, told: Told) {
        match (told, &self.bar) {
            (Told::Begun { what }, Some(bar)) => {
                bar.set_style(ProgressStyle::default_spinner());
                bar.set_message(what);
            }
            (Told::Partly { done, of }, Some(bar)) => {
                if let Ok(style) = ProgressStyle::with_template("  {msg:<18} {bar:40} {pos} of {len} rows, {eta} to go")
                {
                    bar.set_style(style);
                }
                bar.set_length(of.unsigned_abs());
                bar.set_position(done.unsigned_abs());
            }
            (Told::Partly { done, of }, None) if done % ROWS_A_LINE == 0 && done < of => {
                log::say(&self.app.config, &format!("  {done} of {of} rows"));
            }
            (Told::Done { what, rows, took }, bar) => {
                let rows = rows.map_or_else(String::new, |rows| format!("{rows} rows"));
                let line = format!("  {what:<18} {rows:>14} {:>7.1} s", took.as_secs_f64());
                match bar {
                    Some(bar) => bar.println(line),
                    None => log::say(&self.app.config, &line),
                }
            }
            _ => {}
        }
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
