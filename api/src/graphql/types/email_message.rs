use arvlite_db::models::{self, EmailStatus as Stored};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::Company;
use crate::domain::delivery;
use crate::enums::EmailStatus;
use crate::global_id;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, StringFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A mail.
    EmailMessage over models::EmailMessage
}

/// A mail that waits to be sent, or was. Its text is for the recipient alone and is told to nobody.
#[Object]
impl EmailMessage {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::EmailMessage>(self.0.id)
    }

    /// The studio that it is sent for.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// To whom.
    async fn recipient_to(&self) -> &str {
        &self.0.recipient_to
    }

    /// Who gets a copy that the recipient knows of.
    async fn recipient_cc(&self) -> Option<&str> {
        self.0.recipient_cc.as_deref()
    }

    /// Its heading.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The name of the template that it is made of.
    async fn template(&self) -> Option<&str> {
        self.0.template_id.as_deref()
    }

    /// How far it came.
    async fn status(&self) -> EmailStatus {
        self.0.status.into()
    }

    /// How soon it is sent among those that wait: from 1, at once, to 10.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// How often sending it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// How often it is tried before it is given up.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts
    }

    /// That it has not arrived, in words; null unless sending it went wrong.
    async fn failure(&self) -> Option<String> {
        let answered = self.0.last_error.as_deref().filter(|_| self.0.status != Stored::Sent);
        delivery::failure(answered, self.0.attempts, self.0.status != Stored::Failed)
    }

    /// When it is sent at the earliest.
    async fn scheduled_at(&self) -> DateTime<Utc> {
        self.0.scheduled_at
    }

    /// When a mail server took it.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last came further.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

enum_filter! {
    /// How far a mail must have come.
    EmailStatusFilter of EmailStatus
}

where_input! {
    /// Which mails a list has.
    EmailMessageWhereInput for EmailMessageFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// To such a recipient.
        recipient_to: StringFilter,
        /// That came that far.
        status: EmailStatusFilter,
        /// Written then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of mails.
    EmailMessageOrder by EmailMessageOrderField {
        /// When it was written.
        CreatedAt,
    }
}
