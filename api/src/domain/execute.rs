//! A write is a [`Command`], and [`execute`] is the one way to run it: permission, transaction, key of a repeated
//! write, the command itself, audit row, news for whoever follows, commit. GraphQL, the command line and jobs share it.
//!
//! Two things are no commands: a phone's beacons, which one writer per process takes, and `login`, whose count of
//! failures must survive a refusal.

use std::sync::Arc;

use arvlite_db::models::{Claim, IdempotencyKey};
use arvlite_db::{DbError, Entity};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::audit::audit;
use super::playback::concern::announce;
use super::violation::{explain, is_unexplained_overlap};
use super::{Checks, Command, Error, Executed, Outcome, Problem, ProblemCode, Result, Work};
use crate::app::App;
use crate::auth::{Permission, Viewer};
use crate::monitoring::spawn;

/// How long a key of a repeated write is kept.
pub const KEY_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Refuses callers who may do something nowhere, before anything is read for them.
///
/// # Errors
/// Told apart are those whom nobody knows and those who are not allowed.
pub fn require(viewer: &Viewer, permission: Permission) -> Result<()> {
    match (viewer.may_somewhere(permission), viewer.is_anonymous()) {
        (true, _) => Ok(()),
        (false, true) => Err(Error::Unauthenticated),
        (false, false) => Err(Error::Forbidden),
    }
}

/// Runs a command for somebody. It finishes even if nobody waits for its end any more.
///
/// # Errors
/// When the caller may not, the input is refused, or the database does not work out; then nothing was stored.
pub async fn execute<C: Command>(
    app: &Arc<App>,
    viewer: &Viewer,
    command: C,
    key: Option<String>,
) -> Result<Executed<C::Outcome>> {
    require(viewer, C::NEEDS)?;
    let (app, viewer) = (Arc::clone(app), viewer.clone());
    let finished = spawn(async move {
        match explained_attempt(&app, &viewer, &command, key.as_deref()).await {
            // Somebody was first whom the command's own check could not see yet; now it can name what is in the way.
            Err(error) if is_unexplained_overlap(&error) => {
                explained_attempt(&app, &viewer, &command, key.as_deref()).await
            }
            done => done,
        }
    });
    finished.await.map_err(Error::ended_early)?
}

async fn explained_attempt<C: Command>(
    app: &Arc<App>,
    viewer: &Viewer,
    command: &C,
    key: Option<&str>,
) -> Result<Executed<C::Outcome>> {
    match attempt(app, viewer, command, key).await {
        Err(Error::Db(error)) => Err(explain(app, error).await),
        done => done,
    }
}

async fn attempt<C: Command>(
    app: &Arc<App>,
    viewer: &Viewer,
    command: &C,
    key: Option<&str>,
) -> Result<Executed<C::Outcome>> {
    let tx = app.db.begin(viewer.scope(C::NEEDS)).await?;
    let work = Work { app, viewer, now: app.clock.now(), tx: &tx };
    let done = async {
        let claim = match key {
            Some(key) => Some(claim_key(&work, command, key).await?),
            None => None,
        };
        if let Some(Claim::Used(used)) = claim {
            return Ok(repeat::<C>(&work, &used).await?.map_or(Executed::Valid(Vec::new()), Executed::Done));
        }
        let outcome = command.run(&work).await?;
        audit::<C>(&work, &outcome).await?;
        announce(&work, outcome.row()).await?;
        if let Some(Claim::First(id)) = claim {
            IdempotencyKey::made(&tx, id, outcome.row().id()).await?;
        }
        let warnings = || outcome.warnings().to_vec();
        Ok(if command.validate_only() { Executed::Valid(warnings()) } else { Executed::Done(outcome) })
    }
    .await;
    match done {
        Ok(Executed::Done(outcome)) => {
            tx.commit().await?;
            Ok(Executed::Done(outcome))
        }
        other => {
            // What went wrong first says more than a rollback that fails after it.
            let _ = tx.rollback().await;
            other
        }
    }
}

/// Claims the key of a write that may be repeated, and refuses one that was used for something else.
async fn claim_key<C: Command>(work: &Work<'_>, command: &C, key: &str) -> Result<Claim> {
    let mut checks = Checks::default();
    let key = checks.text("key", key, 255);
    // The key is no part of the input, so its problems have no field of it.
    checks.about_no_field().finish()?;
    let input = serde_json::to_vec(command).map_err(Error::internal)?;
    let fingerprint = Sha256::digest(&input);
    let (caller, valid_after) = (work.viewer.name(), work.now - KEY_LIFETIME);
    match IdempotencyKey::claim(work, &caller, &key, C::NAME, &fingerprint, work.now, valid_after).await {
        Ok(Claim::Used(used)) if used.command != C::NAME || used.fingerprint != fingerprint.as_slice() => {
            let message = "this key was used for another mutation or another input";
            Err(Problem::new(ProblemCode::IdempotencyKeyParameterMismatch, [""; 0], message).into())
        }
        Ok(claim) => Ok(claim),
        Err(DbError::Timeout) => {
            let message = "a write with this key is still at work; try again";
            Err(Problem::new(ProblemCode::IdempotencyKeyInUse, [""; 0], message).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The first answer of a write that is repeated; none if its row is no more.
async fn repeat<C: Command>(work: &Work<'_>, used: &IdempotencyKey) -> Result<Option<C::Outcome>> {
    let id = used.entity_id.ok_or(Error::NotFound)?;
    let row = <C::Outcome as Outcome>::Row::by_ids(work, &[id]).await?.pop();
    Ok(row.map(C::Outcome::repeated))
}
