//! The audit log's row of a write: who did what to which row, and each field that differs.

use std::collections::BTreeSet;

use arvlite_db::Entity;
use arvlite_db::models::NewAuditEntry;
use serde_json::{Map, Value};

use super::{Command, Error, Outcome, Result, Work};

/// Writes the row, in the transaction of the write. Of a row that stayed as it was there is nothing to tell.
pub(super) async fn audit<C: Command>(work: &Work<'_>, outcome: &C::Outcome) -> Result<()> {
    let row = outcome.row();
    let changes = match outcome.is_removed() {
        true => changes(Some(row), None)?,
        false => changes(outcome.before(), Some(row))?,
    };
    if changes.is_empty() {
        return Ok(());
    }
    let (actor_kind, actor_id, actor_email) = work.viewer.actor();
    let caller = &work.viewer.caller;
    let entry = NewAuditEntry {
        company_id: row.company(),
        entity_type: <C::Outcome as Outcome>::Row::NAME.to_owned(),
        entity_id: row.id(),
        action: C::NAME.to_owned(),
        changes: Value::Object(changes),
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
fn changes<E: Entity>(before: Option<&E>, after: Option<&E>) -> Result<Map<String, Value>> {
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
    Ok(changes)
}
