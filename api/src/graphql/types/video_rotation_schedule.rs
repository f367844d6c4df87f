use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::audit_entry::{AuditEntry, history};
use super::{ArContent, Video};
use crate::dates::{Date, Time};
use crate::domain::Error;
use crate::domain::playback::RotationState;
use crate::enums::{RotationType, Weekday};
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A rule of turns.
    VideoRotationSchedule over models::VideoRotationSchedule
}

/// A rule of turns. Of the rules that count, an order has one by dates and one of any other kind. What plays follows from
/// the rule and the time: nothing is stored and ticked.
#[Object]
impl VideoRotationSchedule {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::VideoRotationSchedule>(self.0.id)
    }

    /// The order.
    async fn ar_content(&self, ctx: &Context<'_>) -> Result<ArContent> {
        ctx.the(self.0.ar_content_id).await
    }

    /// What it goes by.
    async fn rotation_type(&self) -> RotationType {
        self.0.rotation_type.into()
    }

    /// When its days begin, in the company's zone; null is midnight.
    async fn time_of_day(&self) -> Option<Time> {
        self.0.time_of_day.map(Time)
    }

    /// On which day of the week WEEKLY steps on; null is Monday.
    async fn day_of_week(&self) -> Option<Weekday> {
        self.0.day_of_week.map(Into::into)
    }

    /// On which day of the month MONTHLY steps on; null is the first.
    async fn day_of_month(&self) -> Option<i32> {
        self.0.day_of_month
    }

    /// When CRON steps on: minute, hour, day of month, month, day of week.
    async fn cron_expression(&self) -> Option<&str> {
        self.0.cron_expression.as_deref()
    }

    /// Steps are counted from here; up to here the first item plays.
    async fn anchor_at(&self) -> DateTime<Utc> {
        self.0.anchor_at
    }

    /// What FIXED plays.
    async fn default_video(&self, ctx: &Context<'_>) -> Result<Option<Video>> {
        ctx.one_of(self.0.default_video_id).await
    }

    /// What plays in turn, at most 200.
    async fn items(&self) -> Vec<RotationItem> {
        self.0.items.iter().cloned().map(RotationItem).collect()
    }

    /// What plays on dates, at most 1,000.
    async fn date_rules(&self) -> Vec<DateRule> {
        self.0.date_rules.iter().cloned().map(DateRule).collect()
    }

    /// Whether it counts.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// The place of the item that it gives now, from 0; null where it has no items or none of them can play.
    async fn current_index(&self, ctx: &Context<'_>) -> Result<Option<usize>> {
        Ok(self.state(ctx).await?.current_index)
    }

    /// When it last stepped on; null before the first time.
    async fn last_rotation_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        Ok(self.state(ctx).await?.last_rotation_at)
    }

    /// When it steps on next; null if it never does.
    async fn next_rotation_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        Ok(self.state(ctx).await?.next_rotation_at)
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

impl VideoRotationSchedule {
    /// Where it stands now. All fields that ask for it share what is read.
    async fn state(&self, ctx: &Context<'_>) -> Result<RotationState> {
        let loaders = ctx.loaders_of_parent();
        let content = loaders.one::<models::ArContent>(self.0.ar_content_id).await?.ok_or(Error::NotFound)?;
        let content = loaders.playback_of(&content).await?;
        Ok(content.rotation_state(self.0.id, ctx.app().clock.now()))
    }
}

/// What plays in turn.
#[derive(Debug, Clone)]
pub struct RotationItem(models::RotationItem);

/// What plays in turn.
#[Object]
impl RotationItem {
    /// The video. One that can not play gives way to the next item that can.
    async fn video(&self, ctx: &Context<'_>) -> Result<Video> {
        ctx.the(self.0.video_id).await
    }

    /// How often RANDOM_DAILY draws it, against the others.
    async fn weight(&self) -> i32 {
        self.0.weight
    }
}

/// What plays on a date.
#[derive(Debug, Clone)]
pub struct DateRule(models::DateRule);

/// What plays on a date, from midnight to midnight in the company's zone. An exact date beats a yearly one.
#[Object]
impl DateRule {
    /// The date.
    async fn date(&self) -> Date {
        Date(self.0.date)
    }

    /// It is so in every year, on 28 February where there is no 29th.
    async fn yearly(&self) -> bool {
        self.0.yearly
    }

    /// The video. While it can not play, the date is as if absent.
    async fn video(&self, ctx: &Context<'_>) -> Result<Video> {
        ctx.the(self.0.video_id).await
    }
}

enum_filter! {
    /// What a rule must go by.
    RotationTypeFilter of RotationType
}

where_input! {
    /// Which rules a list has.
    VideoRotationScheduleWhereInput for VideoRotationScheduleFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of these orders.
        ar_content_id: IdFilter of ArContent,
        /// That go by this.
        rotation_type: RotationTypeFilter,
        /// That count or do not.
        is_active: bool,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of rules.
    VideoRotationScheduleOrder by VideoRotationScheduleOrderField {
        /// When it was created.
        CreatedAt,
    }
}
