use arvlite_db::{Deleted, models};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::{ArContent, ArContentOrder, ArContentWhereInput, Project};
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, DeletedMode, IdFilter, StringFilter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A folder.
    Folder over models::Folder
}

/// A folder of a project, in which orders and further folders may lie.
#[Object]
impl Folder {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Folder>(self.0.id)
    }

    /// Its name, of 1 to 255 characters without a slash, unique beside its siblings.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The names from the project down to it, each behind a slash, such as `/Weddings/2026`; at most 500 characters.
    async fn path(&self) -> &str {
        &self.0.path
    }

    /// Its place among its siblings, the lowest first.
    async fn sort_order(&self) -> i32 {
        self.0.sort_order
    }

    /// Whether it is worked with.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        ctx.the(self.0.project_id).await
    }

    /// The folder that it lies in; null at the top of the project.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Folder>> {
        ctx.one_of(self.0.parent_id).await
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

    /// The folders right inside it, in order of creation.
    async fn children(
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
        ctx.children::<models::Folder, Folder>(self.0.id, paging, ListOf::with(deleted.into())).await
    }

    /// The orders right inside it.
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
        ctx.children::<models::Folder, ArContent>(self.0.id, Paging::new(first, after, last, before), list).await
    }
}

where_input! {
    /// Which folders a list has.
    FolderWhereInput for FolderFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of these projects.
        project_id: IdFilter of Project,
        /// Right inside these folders, or at the top of their project.
        parent_id: IdFilter of Folder,
        /// Of such a name.
        name: StringFilter,
        /// Of such a path.
        path: StringFilter,
        /// That are worked with, or are not.
        is_active: bool,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of folders. Across companies only ID and CREATED_AT.
    FolderOrder by FolderOrderField {
        /// When it was created.
        CreatedAt,
        /// Its path, in the database's collation.
        Path,
    }
}
