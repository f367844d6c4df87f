//! A write is a [`Command`], and [`execute`] is the one way to run it: permission, transaction, key of a repeated
//! write, the command itself, audit row, commit. GraphQL, the command line and jobs share it.
//!
//! Two things are no commands: a phone's beacons, which one writer per process takes, and `login`, whose count of
//! failures must survive a refusal.

use std::collections::BTreeSet;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use arvlite_db::models::{Claim, IdempotencyKey, NewAuditEntry};
use arvlite_db::{ConstraintKind, DbError, Entity, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Checks, Detail, Error, Problem, ProblemCode, Result};
use crate::app::App;
use crate::auth::{Permission, Readable, Viewer};
use crate::global_id::{NodeId, Tagged};

/// How long a key of a repeated write is kept.
pub const KEY_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// A write: what a client says, and what becomes of it.
pub trait Command: Serialize + Send + Sync + 'static {
    /// The mutation's name; also the action in the audit log.
    const NAME: &'static str;
    /// What its caller must be allowed to do.
    const NEEDS: Permission;
    /// What it makes.
    type Outcome: Outcome;

    /// Whether it is only to be tried.
    fn validate_only(&self) -> bool;

    /// Does it, inside the transaction. What it reads and locks is seen through the caller's scope for [`Self::NEEDS`].
    fn run(&self, work: &Work<'_>) -> impl Future<Output = Result<Self::Outcome>> + Send;
}

/// What a command made: a row, told to the audit log and found again when the write is repeated.
pub trait Outcome: Send + Sync + Sized + 'static {
    /// The row's type.
    type Row: Entity;

    /// The row as it is now.
    fn row(&self) -> &Self::Row;
    /// The row as it was; none if it is new.
    fn before(&self) -> Option<&Self::Row>;
    /// Whether the row is no more.
    fn is_removed(&self) -> bool {
        false
    }
    /// What a repeated write answers with.
    fn repeated(row: Self::Row) -> Self;
}

/// A row that was created or changed.
#[derive(Debug, Clone)]
pub struct Changed<E> {
    /// The row as it is now.
    pub row: E,
    /// The row as it was; none if it is new.
    pub before: Option<E>,
    /// Whether the row is no more.
    pub removed: bool,
    /// What is allowed but odd.
    pub warnings: Vec<Warning>,
}

/// Allowed, but look again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What kind of oddity.
    pub code: WarningCode,
    /// In words.
    pub message: String,
    /// The path from `input`, without `input` itself.
    pub field: Vec<String>,
}

/// The kinds of oddities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "told in the API's enum of the same names")]
pub enum WarningCode {
    InThePast,
    SubscriptionEndsFirst,
    NeverPlays,
}

impl<E: Entity> Changed<E> {
    /// A new row.
    pub fn created(row: E) -> Self {
        Self { row, before: None, removed: false, warnings: Vec::new() }
    }

    /// A row that is not what it was.
    pub fn edited(before: E, row: E) -> Self {
        Self { row, before: Some(before), removed: false, warnings: Vec::new() }
    }

    /// A row that is no more.
    pub fn removed(row: E) -> Self {
        Self { row, before: None, removed: true, warnings: Vec::new() }
    }
}

impl<E: Entity> Outcome for Changed<E> {
    type Row = E;

    fn row(&self) -> &E {
        &self.row
    }

    fn before(&self) -> Option<&E> {
        self.before.as_ref()
    }

    fn is_removed(&self) -> bool {
        self.removed
    }

    fn repeated(row: E) -> Self {
        Self::created(row)
    }
}

/// What became of a command.
#[derive(Debug)]
pub enum Executed<T> {
    /// It was done and is durable.
    Done(T),
    /// Nothing was stored: it would have been done, or it was done before and its row is no more.
    Valid,
}

/// What a command works with: the transaction, who asked, and what time it is.
pub struct Work<'a> {
    /// Everything long-lived.
    pub app: &'a Arc<App>,
    /// Who asked.
    pub viewer: &'a Viewer,
    /// The time of everything that this write stores.
    pub now: DateTime<Utc>,
    tx: &'a Tx,
}

impl Deref for Work<'_> {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        self.tx
    }
}

impl Work<'_> {
    /// The row that an input refers to, if the caller may write where it is.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn find<E: Readable + Tagged>(&self, id: NodeId<E>) -> Result<Option<E>> {
        Ok(E::by_ids(self, &[id.number()]).await?.pop())
    }

    /// The live row that an input names as a parent; it stays live until the transaction ends.
    ///
    /// # Errors
    /// When there is none that the caller may write below.
    pub async fn parent<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>) -> Result<E> {
        match E::keep_alive(self.tx, id.number()).await? {
            Some(row) => Ok(row),
            None => Err(self.missing(field, id).await?),
        }
    }

    /// The live row that an input names to be changed; nobody else changes it until the transaction ends.
    ///
    /// # Errors
    /// When there is none that the caller may change.
    pub async fn target<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>) -> Result<E> {
        match E::lock(self.tx, id.number()).await? {
            Some(row) => Ok(row),
            None => Err(self.missing(field, id).await?),
        }
    }

    /// Not yours to change if you can see it; otherwise it does not exist.
    async fn missing<E: Readable + Tagged>(&self, field: &str, id: NodeId<E>) -> Result<Error> {
        let readable = self.tx.with_scope(self.viewer.scope(E::NEEDS));
        let seen = E::by_ids(&readable, &[id.number()]).await?;
        Ok(if seen.iter().any(|row| !row.is_deleted()) && !seen.iter().any(|row| self.may_write(row)) {
            Error::refused(ProblemCode::NotAllowed, field, "is not yours to change")
        } else {
            Error::refused(ProblemCode::NotFound, field, "was not found")
        })
    }

    fn may_write<E: Entity>(&self, row: &E) -> bool {
        row.company().is_none_or(|company| self.tx.scope().holds(company))
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
    if !viewer.may_somewhere(C::NEEDS) {
        return Err(if viewer.is_anonymous() { Error::Unauthenticated } else { Error::Forbidden });
    }
    let (app, viewer) = (Arc::clone(app), viewer.clone());
    let finished = tokio::spawn(async move {
        match attempt(&app, &viewer, &command, key.as_deref()).await {
            Err(Error::Db(error)) => Err(explain(&app, error).await),
            done => done,
        }
    });
    finished.await.map_err(Error::internal)?
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
            return Ok(repeat::<C>(&work, &used).await?.map_or(Executed::Valid, Executed::Done));
        }
        let outcome = command.run(&work).await?;
        audit::<C>(&work, &outcome).await?;
        if let Some(Claim::First(id)) = claim {
            IdempotencyKey::made(&tx, id, outcome.row().id()).await?;
        }
        Ok(if command.validate_only() { Executed::Valid } else { Executed::Done(outcome) })
    }
    .await;
    match done {
        Ok(Executed::Done(outcome)) => {
            tx.commit().await?;
            Ok(Executed::Done(outcome))
        }
        other => {
            tx.rollback().await?;
            other
        }
    }
}

/// Claims the key of a write that may be repeated, and refuses one that was used for something else.
async fn claim_key<C: Command>(work: &Work<'_>, command: &C, key: &str) -> Result<Claim> {
    let mut checks = Checks::default();
    let key = checks.text("idempotencyKey", key, 255);
    checks.finish()?;
    let input = serde_json::to_vec(command).map_err(Error::internal)?;
    let fingerprint = Sha256::digest(&input);
    let (caller, valid_after) = (work.viewer.name(), work.now - KEY_LIFETIME);
    match IdempotencyKey::claim(work, &caller, &key, C::NAME, &fingerprint, work.now, valid_after).await {
        Ok(Claim::Used(used)) if used.command != C::NAME || used.fingerprint != fingerprint.as_slice() => {
            let message = "this key was used for another mutation or another input";
            Err(Problem::new(ProblemCode::IdempotencyKeyParameterMismatch, ["idempotencyKey"], message).into())
        }
        Ok(claim) => Ok(claim),
        Err(DbError::Timeout) => {
            let message = "a write with this key is still at work; try again";
            Err(Problem::new(ProblemCode::IdempotencyKeyInUse, ["idempotencyKey"], message).into())
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

async fn audit<C: Command>(work: &Work<'_>, outcome: &C::Outcome) -> Result<()> {
    let row = outcome.row();
    let (actor_kind, actor_id, actor_email) = work.viewer.actor();
    let caller = &work.viewer.caller;
    let entry = NewAuditEntry {
        company_id: row.company(),
        entity_type: <C::Outcome as Outcome>::Row::NAME.to_owned(),
        entity_id: row.id(),
        action: C::NAME.to_owned(),
        changes: match outcome.is_removed() {
            true => changes(Some(row), None)?,
            false => changes(outcome.before(), Some(row))?,
        },
        actor_kind,
        actor_id,
        actor_email,
        actor_ip: caller.address.clone(),
        user_agent: caller.user_agent.as_ref().map(|agent| agent.chars().take(1000).collect()),
        request_id: (!caller.request_id.is_empty()).then(|| caller.request_id.clone()),
        created_at: work.now,
    };
    Ok(entry.insert(work).await?)
}

/// Each field that differs, with what it was and what it is.
fn changes<E: Entity>(before: Option<&E>, after: Option<&E>) -> Result<Value> {
    let as_object = |row: &E| match serde_json::to_value(row) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Error::internal(error)),
    };
    let mut before = before.map(as_object).transpose()?.unwrap_or_default();
    let mut after = after.map(as_object).transpose()?.unwrap_or_default();
    let fields: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    let mut changes = Map::new();
    for field in fields {
        let was = before.remove(&field).unwrap_or(Value::Null);
        let now = after.remove(&field).unwrap_or(Value::Null);
        if was != now {
            changes.insert(field, serde_json::json!({ "from": was, "to": now }));
        }
    }
    Ok(Value::Object(changes))
}

/// A violated constraint as something that a user can mend.
async fn explain(app: &App, error: Arc<DbError>) -> Error {
    let DbError::Violated(violation) = &*error else { return Error::Db(error) };
    let Ok(catalog) = app.db.catalog().await else { return Error::Db(error) };
    match catalog.get(&violation.constraint) {
        Some(constraint) => problem_of(constraint).into(),
        None => Error::Db(error),
    }
}

/// The problem that a constraint's violation is: the field is the last of its columns that is not the company.
#[must_use]
pub fn problem_of(constraint: &arvlite_db::Constraint) -> Problem {
    let (code, message) = match constraint.kind {
        ConstraintKind::Check => (ProblemCode::Invalid, "is not allowed"),
        ConstraintKind::ForeignKey => (ProblemCode::NotFound, "was not found, or is still in use"),
        ConstraintKind::Unique => (ProblemCode::Taken, "is taken already"),
        ConstraintKind::Exclusion => (ProblemCode::Overlap, "overlaps another one"),
    };
    let problem = Problem::new(code, [field_of(constraint)], message);
    if code == ProblemCode::Overlap { problem.with(Detail::Overlap(Vec::new())) } else { problem }
}

fn field_of(constraint: &arvlite_db::Constraint) -> String {
    // Rules over expressions name no column, and some columns go by another name in the API.
    match constraint.name.as_str() {
        "users_email_key" => return "email".to_owned(),
        "video_schedules_ar_content_id_priority_tstzrange_excl" => return "startTime".to_owned(),
        _ => {}
    }
    let column = constraint.columns.iter().rev().find(|column| *column != "company_id");
    match column.map_or("id", String::as_str) {
        "active_video_id" => "videoId".to_owned(),
        "photo_media_id" => "photoUploadId".to_owned(),
        "media_id" => "uploadId".to_owned(),
        "content_metadata" => "metadata".to_owned(),
        column => camel_case(column),
    }
}

fn camel_case(column: &str) -> String {
    let mut words = column.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}
