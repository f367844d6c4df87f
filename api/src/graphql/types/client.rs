use arvlite_db::{Deleted, models};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::{ArContent, ArContentOrder, ArContentWhereInput, Company};
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, DeletedMode, IdFilter, StringFilter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// Whom a studio works for.
    Client over models::Client
}

/// Whom a studio works for: a couple, a school, a hotel.
#[Object]
impl Client {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Client>(self.0.id)
    }

    /// Their name, of 1 to 255 characters.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Their telephone number.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    /// Their e-mail address.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Where they are.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// What the studio keeps in mind about them.
    async fn notes(&self) -> Option<&str> {
        self.0.notes.as_deref()
    }

    /// Whether the studio still works for them.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// The studio.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// Grows by one with every edit.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When somebody last edited it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was deleted; null while it lives.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.0.deleted_at
    }

    /// Their orders, of all projects.
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
        ctx.children::<models::Client, ArContent>(self.0.id, Paging::new(first, after, last, before), list).await
    }
}

where_input! {
    /// Which clients a list has.
    ClientWhereInput for ClientFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of such a name.
        name: StringFilter,
        /// With such a telephone number.
        phone: StringFilter,
        /// With such an e-mail address.
        email: StringFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of clients. Across companies only ID and CREATED_AT.
    ClientOrder by ClientOrderField {
        /// When it was created.
        CreatedAt,
        /// Their name, in the database's collation.
        Name,
    }
}
