use arvlite_db::{Deleted, models};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::audit_entry::{AuditEntry, history};
use super::{
    ArContent, ArContentOrder, ArContentWhereInput, Client, EmailMessage, Notification, Project, StorageConnection,
    StorageFolder,
};
use crate::enums::CompanyStatus;
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, DeletedMode, StringFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A studio.
    Company over models::Company
}

/// A studio. Everything that it owns is seen by its own people and keys only.
#[Object]
impl Company {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Company>(self.0.id)
    }

    /// Its name, of 1 to 255 characters.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its name in addresses: lower-case Latin letters, digits and hyphens. Unique among companies.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Where to write to it.
    async fn contact_email(&self) -> Option<&str> {
        self.0.contact_email.as_deref()
    }

    /// Whether it works.
    async fn status(&self) -> CompanyStatus {
        self.0.status.into()
    }

    /// The zone of its days and wall times.
    async fn time_zone(&self) -> Tz {
        self.0.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// Grows by one with every edit of a client.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When a client last edited it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was deleted; null while it lives.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.0.deleted_at
    }

    /// Its projects, in order of creation.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(default_with = "Deleted::Exclude.into()", desc = "Whether deleted ones are in the list.")]
        deleted: DeletedMode,
    ) -> Result<Connection<Project>> {
        let paging = Paging::new(first, after, last, before);
        ctx.children::<models::Company, Project>(self.0.id, paging, ListOf::with(deleted.into())).await
    }

    /// Its orders, of all projects.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the contract")]
    async fn ar_contents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(name = "where", desc = "Which orders.")] condition: Option<ArContentWhereInput>,
        #[graphql(desc = "In which order; by id unless it is said.")] order_by: Option<ArContentOrder>,
        #[graphql(desc = "Found in the number or in what is known of the customer, ignoring case.")] search: Option<
            String,
        >,
        #[graphql(default_with = "Deleted::Exclude.into()", desc = "Whether deleted ones are in the list.")]
        deleted: DeletedMode,
    ) -> Result<Connection<ArContent>> {
        let list = ListOf::asked(condition, order_by)?.searched(search)?.with_deleted(deleted);
        ctx.children::<models::Company, ArContent>(self.0.id, Paging::new(first, after, last, before), list).await
    }

    /// Whom it works for, in order of creation.
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(default_with = "Deleted::Exclude.into()", desc = "Whether deleted ones are in the list.")]
        deleted: DeletedMode,
    ) -> Result<Connection<Client>> {
        let paging = Paging::new(first, after, last, before);
        ctx.children::<models::Company, Client>(self.0.id, paging, ListOf::with(deleted.into())).await
    }

    /// What happened in it, oldest first.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Notification>> {
        let paging = Paging::new(first, after, last, before);
        ctx.children::<models::Company, Notification>(self.0.id, paging, ListOf::default()).await
    }

    /// Its mail, oldest first. For those who may see what keeps the studio running.
    async fn email_messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Option<Connection<EmailMessage>>> {
        ctx.private_children(self.0.id, Paging::new(first, after, last, before), ListOf::default()).await
    }

    /// The places for its media, in order of creation. For those who may see what keeps the studio running.
    async fn storage_connections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(default_with = "Deleted::Exclude.into()", desc = "Whether deleted ones are in the list.")]
        deleted: DeletedMode,
    ) -> Result<Option<Connection<StorageConnection>>> {
        let paging = Paging::new(first, after, last, before);
        ctx.private_children(self.0.id, paging, ListOf::with(deleted.into())).await
    }

    /// The folders of these places, in order of creation. For those who may see what keeps the studio running.
    async fn storage_folders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Option<Connection<StorageFolder>>> {
        ctx.private_children(self.0.id, Paging::new(first, after, last, before), ListOf::default()).await
    }

    /// What was done to it, oldest first. For those who may see what was done in the company.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        history(ctx, &*self.0, Paging::new(first, after, last, before)).await
    }
}

enum_filter! {
    /// Whether a company must work.
    CompanyStatusFilter of CompanyStatus
}

where_input! {
    /// Which companies a list has.
    CompanyWhereInput for CompanyFilter {
        /// Of such a name.
        name: StringFilter,
        /// Of such a name in addresses.
        slug: StringFilter,
        /// With such an address.
        contact_email: StringFilter,
        /// That work or do not.
        status: CompanyStatusFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of companies.
    CompanyOrder by CompanyOrderField {
        /// When it was created.
        CreatedAt,
        /// Its name, in the database's collation.
        Name,
    }
}
