use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::{ArContent, Company, Project};
use crate::domain::delivery;
use crate::enums::NotificationType;
use crate::global_id;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// Something that happened.
    Notification over models::Notification
}

/// Something that happened in a studio, told to its people here, by mail and by Telegram.
#[Object]
impl Notification {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Notification>(self.0.id)
    }

    /// What it is about.
    async fn notification_type(&self) -> NotificationType {
        self.0.notification_type.into()
    }

    /// The studio.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// The project that it is about; null where it is about none.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>> {
        ctx.one_of(self.0.project_id).await
    }

    /// The order that it is about; null where it is about none.
    async fn ar_content(&self, ctx: &Context<'_>) -> Result<Option<ArContent>> {
        ctx.one_of(self.0.ar_content_id).await
    }

    /// Its heading.
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// Its text.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What programs may know besides: an object.
    async fn metadata(&self) -> async_graphql::Json<&serde_json::Value> {
        async_graphql::Json(&self.0.metadata)
    }

    /// Whether it was sent by mail.
    async fn email_sent(&self) -> bool {
        self.0.email_sent
    }

    /// When it was sent by mail.
    async fn email_sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.email_sent_at
    }

    /// How often sending it by mail was tried.
    async fn email_attempts(&self) -> i32 {
        self.0.email_attempts
    }

    /// That it has not arrived by mail, in words; null unless sending it went wrong.
    async fn email_failure(&self) -> Option<String> {
        let answered = self.0.email_error.as_deref().filter(|_| !self.0.email_sent);
        delivery::failure(answered, self.0.email_attempts, false)
    }

    /// Whether it was sent by Telegram.
    async fn telegram_sent(&self) -> bool {
        self.0.telegram_sent
    }

    /// When it was sent by Telegram.
    async fn telegram_sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.telegram_sent_at
    }

    /// How often sending it by Telegram was tried.
    async fn telegram_attempts(&self) -> i32 {
        self.0.telegram_attempts
    }

    /// That it has not arrived by Telegram, in words; null unless sending it went wrong.
    async fn telegram_failure(&self) -> Option<String> {
        let answered = self.0.telegram_error.as_deref().filter(|_| !self.0.telegram_sent);
        delivery::failure(answered, self.0.telegram_attempts, false)
    }

    /// When somebody of the studio marked it as read; null until then.
    async fn read_at(&self) -> Option<DateTime<Utc>> {
        self.0.read_at
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

enum_filter! {
    /// What a notification must be about.
    NotificationTypeFilter of NotificationType
}

where_input! {
    /// Which notifications a list has.
    NotificationWhereInput for NotificationFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// About these projects.
        project_id: IdFilter of Project,
        /// About these orders.
        ar_content_id: IdFilter of ArContent,
        /// About such things.
        notification_type: NotificationTypeFilter,
        /// Marked as read then, or not at all.
        read_at: DateTimeFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of notifications.
    NotificationOrder by NotificationOrderField {
        /// When it was created.
        CreatedAt,
    }
}
