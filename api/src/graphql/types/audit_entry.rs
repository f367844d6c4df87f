use arvlite_db::{ChildOf, models};
use async_graphql::{Context, ID, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Company;
use crate::auth::Readable;
use crate::domain::Error;
use crate::enums::ActorKind;
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, StringFilter, enum_filter, order_input, where_input};
use crate::graphql::node::{self, Node, node_type};

node_type! {
    /// What somebody did.
    AuditEntry over models::AuditEntry
}

/// What somebody did to a row: each write leaves one. Entries are never changed and never deleted.
#[Object]
impl AuditEntry {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::AuditEntry>(self.0.id)
    }

    /// What was done: the name of the mutation.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// What kind of row it was done to, such as `arContent`.
    async fn entity_type(&self) -> &str {
        &self.0.entity_type
    }

    /// The row that it was done to, as it is now; null if it is no more or has no global id.
    async fn entity(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        node::named(ctx, &self.0.entity_type, self.0.entity_id).await
    }

    /// The company that the row belongs to; null for what belongs to none, such as a person.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>> {
        ctx.one_of(self.0.company_id).await
    }

    /// What differs since, field by field.
    async fn changes(&self) -> Vec<AuditChange> {
        let changes = self.0.changes.as_object().into_iter().flatten();
        changes.filter_map(|(column, change)| AuditChange::of(self.0.entity_type.as_str(), column, change)).collect()
    }

    /// Who did it: what kind of caller.
    async fn actor_kind(&self) -> ActorKind {
        self.0.actor_kind.into()
    }

    /// The person or the key that did it; null for the program itself, and for whom you may not see.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        let kind = match self.0.actor_kind {
            models::ActorKind::User => "user",
            models::ActorKind::ApiKey => "apiKey",
            models::ActorKind::System => return Ok(None),
        };
        match self.0.actor_id {
            Some(id) => node::named(ctx, kind, id).await,
            None => Ok(None),
        }
    }

    /// The e-mail address that the person had then.
    async fn actor_email(&self) -> Option<&str> {
        self.0.actor_email.as_deref()
    }

    /// The network address that it came from.
    async fn actor_ip(&self) -> Option<&str> {
        self.0.actor_ip.as_deref()
    }

    /// The program that it came from, as it calls itself.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// The request that it came with, as the answer's header `X-Request-Id` said.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// When it was done.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// A field that differs.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditChange {
    /// The field, as it is stored.
    field: String,
    /// What it was; null if it was nothing, or the row is new. References are global ids.
    from: Option<Json<Value>>,
    /// What it is; null if it is nothing, or the row is no more. References are global ids.
    to: Option<Json<Value>>,
}

impl AuditChange {
    fn of(entity_type: &str, column: &str, change: &Value) -> Option<Self> {
        if column == "deletion_id" {
            return None;
        }
        let told = |side: &str| told(entity_type, column, &change[side]).map(Json);
        Some(Self { field: node::camel_case(column), from: told("from"), to: told("to") })
    }
}

/// A stored value as clients know it; none of nothing.
fn told(entity_type: &str, column: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Number(number) if column == "id" || column.ends_with("_id") => {
            let id = node::global_id_in(entity_type, column, number.as_i64()?)?;
            Some(Value::String(id.0))
        }
        // Rows that hang below this one. An object is whatever a client keeps.
        Value::Array(rows) => Some(rows.iter().map(|row| told_below(entity_type, row)).collect()),
        value => Some(value.clone()),
    }
}

fn told_below(entity_type: &str, row: &Value) -> Value {
    let Value::Object(columns) = row else { return row.clone() };
    let column = |(column, value): (&String, &Value)| {
        (node::camel_case(column), told(entity_type, column, value).unwrap_or_default())
    };
    Value::Object(columns.iter().map(column).collect())
}

/// What was done to a row, oldest first. Where the log is closed to the viewer it is told so, rather than empty.
pub(super) async fn history<P: Readable>(
    ctx: &Context<'_>,
    row: &P,
    paging: Paging,
) -> Result<Option<Connection<AuditEntry>>>
where
    models::AuditEntry: ChildOf<P>,
{
    if !ctx.viewer().may_to(models::AuditEntry::NEEDS, row) {
        return Err(Error::Forbidden.into());
    }
    Ok(Some(ctx.children::<P, AuditEntry>(row.id(), paging, ListOf::default()).await?))
}

enum_filter! {
    /// What kind of caller must have done it.
    ActorKindFilter of ActorKind
}

where_input! {
    /// Which entries a list has.
    AuditEntryWhereInput for AuditEntryFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Done to rows of such a kind.
        entity_type: StringFilter,
        /// By such a mutation.
        action: StringFilter,
        /// By such a kind of caller.
        actor_kind: ActorKindFilter,
        /// By a person of such an e-mail address.
        actor_email: StringFilter,
        /// With such a request.
        request_id: StringFilter,
        /// Done then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of entries.
    AuditEntryOrder by AuditEntryOrderField {
        /// When it was done.
        CreatedAt,
    }
}
