use arvlite_db::{Deleted, models};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::audit_entry::{AuditEntry, history};
use super::{ArContent, ArContentOrder, ArContentWhereInput, Company, Folder};
use crate::enums::ProjectStatus;
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{
    DateTimeFilter, DeletedMode, IdFilter, StringFilter, enum_filter, order_input, where_input,
};
use crate::graphql::node::node_type;

node_type! {
    /// A studio's project.
    Project over models::Project
}

/// A studio's project: a wedding, a school year, a campaign.
#[Object]
impl Project {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Project>(self.0.id)
    }

    /// Its name, of 1 to 255 characters, unique in the company.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it is worked on.
    async fn status(&self) -> ProjectStatus {
        self.0.status.into()
    }

    /// The studio.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
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

    /// Its folders of every level, in order of creation.
    async fn folders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(default_with = "Deleted::Exclude.into()", desc = "Whether deleted ones are in the list.")]
        deleted: DeletedMode,
    ) -> Result<Connection<Folder>> {
        let paging = Paging::new(first, after, last, before);
        ctx.children::<models::Project, Folder>(self.0.id, paging, ListOf::with(deleted.into())).await
    }

    /// Its orders.
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
        ctx.children::<models::Project, ArContent>(self.0.id, Paging::new(first, after, last, before), list).await
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
    /// Whether a project must be worked on.
    ProjectStatusFilter of ProjectStatus
}

where_input! {
    /// Which projects a list has.
    ProjectWhereInput for ProjectFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of such a name.
        name: StringFilter,
        /// That are worked on or are not.
        status: ProjectStatusFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of projects. Across companies only ID and CREATED_AT.
    ProjectOrder by ProjectOrderField {
        /// When it was created.
        CreatedAt,
        /// Its name, in the database's collation.
        Name,
    }
}
