//! A rule that lets an order's videos play in turn, with its items and its dates: they are read and written with it.

use std::ops::Deref;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Jsonb;
use diesel_async::RunQueryDsl;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::entity::entity;
use crate::enums::text_enum;
use crate::filter::filter;
use crate::models::ArContent;
use crate::prepared::Kept;
use crate::schema::{video_rotation_dates, video_rotation_items, video_rotation_schedules};
use crate::{Editable, Result, Tx};

text_enum! {
    /// What a rule goes by.
    RotationType {
        /// One video, always.
        Fixed = "FIXED",
        /// A video on a date.
        DateRules = "DATE_RULES",
        /// The next item every day.
        Daily = "DAILY",
        /// The next item every week.
        Weekly = "WEEKLY",
        /// The next item every month.
        Monthly = "MONTHLY",
        /// The next item at each time of a cron expression.
        Cron = "CRON",
        /// An item drawn anew every day.
        RandomDaily = "RANDOM_DAILY",
    }
}

text_enum! {
    /// A day of the week.
    Weekday {
        /// Monday.
        Monday = "MONDAY",
        /// Tuesday.
        Tuesday = "TUESDAY",
        /// Wednesday.
        Wednesday = "WEDNESDAY",
        /// Thursday.
        Thursday = "THURSDAY",
        /// Friday.
        Friday = "FRIDAY",
        /// Saturday.
        Saturday = "SATURDAY",
        /// Sunday.
        Sunday = "SUNDAY",
    }
}

/// A row of `video_rotation_schedules` with the rows that hang below it.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = video_rotation_schedules, check_for_backend(Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct VideoRotationSchedule {
    pub id: i64,
    pub company_id: i64,
    pub ar_content_id: i64,
    pub rotation_type: RotationType,
    pub time_of_day: Option<NaiveTime>,
    pub day_of_week: Option<Weekday>,
    pub day_of_month: Option<i32>,
    pub cron_expression: Option<String>,
    pub anchor_at: DateTime<Utc>,
    pub default_video_id: Option<i64>,
    pub is_active: bool,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// In their order.
    #[diesel(select_expression = ItemsOfRow, select_expression_type = ItemsOfRow)]
    pub items: Below<RotationItem>,
    /// The earlier row first.
    #[diesel(select_expression = DatesOfRow, select_expression_type = DatesOfRow)]
    pub date_rules: Below<DateRule>,
}

/// A row of `video_rotation_items`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct RotationItem {
    pub video_id: i64,
    pub weight: i32,
}

/// A row of `video_rotation_dates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct DateRule {
    pub date: NaiveDate,
    pub yearly: bool,
    pub video_id: i64,
}

entity!(
    VideoRotationSchedule in video_rotation_schedules as "videoRotationSchedule", scoped by company_id, permanent,
    ordered by VideoRotationScheduleOrder { CreatedAt: created_at as Time },
    filtered by VideoRotationScheduleFilter,
    child of ArContent by ar_content_id,
    child of Company by company_id,
);

filter! {
    /// Which rules a list holds.
    VideoRotationScheduleFilter of video_rotation_schedules {
        company_id: reference,
        ar_content_id: reference,
        rotation_type: value(RotationType),
        is_active: value(bool),
        created_at: time,
    }
}

/// The columns of a rule that clients set. All of them are replaced together.
#[derive(Debug, Clone, PartialEq, Insertable, AsChangeset)]
#[diesel(table_name = video_rotation_schedules, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct RotationTerms {
    pub rotation_type: RotationType,
    pub time_of_day: Option<NaiveTime>,
    pub day_of_week: Option<Weekday>,
    pub day_of_month: Option<i32>,
    pub cron_expression: Option<String>,
    pub anchor_at: DateTime<Utc>,
    pub default_video_id: Option<i64>,
    pub is_active: bool,
}

/// What clients say of a rule, all of it.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns are told at the rows")]
pub struct VideoRotationScheduleEdit {
    pub terms: RotationTerms,
    pub items: Vec<RotationItem>,
    pub date_rules: Vec<DateRule>,
}

impl Editable for VideoRotationSchedule {
    type Edit = VideoRotationScheduleEdit;

    fn version(&self) -> i32 {
        self.version
    }

    fn edit(&self) -> VideoRotationScheduleEdit {
        VideoRotationScheduleEdit {
            terms: RotationTerms {
                rotation_type: self.rotation_type,
                time_of_day: self.time_of_day,
                day_of_week: self.day_of_week,
                day_of_month: self.day_of_month,
                cron_expression: self.cron_expression.clone(),
                anchor_at: self.anchor_at,
                default_video_id: self.default_video_id,
                is_active: self.is_active,
            },
            items: self.items.to_vec(),
            date_rules: self.date_rules.to_vec(),
        }
    }

    fn differing(&self, edit: &VideoRotationScheduleEdit) -> Vec<&'static str> {
        let VideoRotationScheduleEdit { terms, items, date_rules } = edit;
        let columns = [
            ("rotation_type", self.rotation_type == terms.rotation_type),
            ("time_of_day", self.time_of_day == terms.time_of_day),
            ("day_of_week", self.day_of_week == terms.day_of_week),
            ("day_of_month", self.day_of_month == terms.day_of_month),
            ("cron_expression", self.cron_expression == terms.cron_expression),
            ("anchor_at", self.anchor_at == terms.anchor_at),
            ("default_video_id", self.default_video_id == terms.default_video_id),
            ("is_active", self.is_active == terms.is_active),
            ("items", *self.items == **items),
            ("date_rules", *self.date_rules == **date_rules),
        ];
        columns.into_iter().filter(|(_, is_so)| !is_so).map(|(column, _)| column).collect()
    }

    async fn store(tx: &Tx, id: i64, edit: &VideoRotationScheduleEdit, now: DateTime<Utc>) -> Result<Self> {
        Self::clear(tx, id).await?;
        let row = diesel::update(video_rotation_schedules::table.find(id))
            .set((
                edit.terms.clone(),
                video_rotation_schedules::version.eq(video_rotation_schedules::version + 1),
                video_rotation_schedules::updated_at.eq(now),
            ))
            .returning(Self::as_returning());
        let row: Self = Kept(row).get_result(&mut *tx.connection().await?).await?;
        row.with_below(tx, edit).await
    }
}

impl VideoRotationSchedule {
    /// Stores a new rule of an order.
    ///
    /// # Errors
    /// When a constraint refuses it or a statement fails.
    pub async fn insert(
        tx: &Tx,
        content: &ArContent,
        edit: &VideoRotationScheduleEdit,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let row = diesel::insert_into(video_rotation_schedules::table)
            .values((
                video_rotation_schedules::company_id.eq(content.company_id),
                video_rotation_schedules::ar_content_id.eq(content.id),
                edit.terms.clone(),
                video_rotation_schedules::created_at.eq(now),
                video_rotation_schedules::updated_at.eq(now),
            ))
            .returning(Self::as_returning());
        let row: Self = row.get_result(&mut *tx.connection().await?).await?;
        row.with_below(tx, edit).await
    }

    /// Removes a rule with its items and dates.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn remove(tx: &Tx, id: i64) -> Result<()> {
        Self::clear(tx, id).await?;
        let row = diesel::delete(video_rotation_schedules::table.find(id));
        row.execute(&mut *tx.connection().await?).await?;
        Ok(())
    }

    async fn clear(tx: &Tx, id: i64) -> Result<()> {
        let mut connection = tx.connection().await?;
        let items = video_rotation_items::table.filter(video_rotation_items::video_rotation_schedule_id.eq(id));
        diesel::delete(items).execute(&mut *connection).await?;
        let dates = video_rotation_dates::table.filter(video_rotation_dates::video_rotation_schedule_id.eq(id));
        diesel::delete(dates).execute(&mut *connection).await?;
        Ok(())
    }

    /// Stores what hangs below a rule that has nothing below it.
    async fn with_below(self, tx: &Tx, edit: &VideoRotationScheduleEdit) -> Result<Self> {
        let mut connection = tx.connection().await?;
        let item = |(position, item): (i32, &RotationItem)| {
            (
                video_rotation_items::company_id.eq(self.company_id),
                video_rotation_items::ar_content_id.eq(self.ar_content_id),
                video_rotation_items::video_rotation_schedule_id.eq(self.id),
                video_rotation_items::video_id.eq(item.video_id),
                video_rotation_items::position.eq(position),
                video_rotation_items::weight.eq(item.weight),
            )
        };
        if !edit.items.is_empty() {
            let new: Vec<_> = (0..).zip(&edit.items).map(item).collect();
            diesel::insert_into(video_rotation_items::table).values(new).execute(&mut *connection).await?;
        }
        let date_rule = |rule: &DateRule| {
            (
                video_rotation_dates::company_id.eq(self.company_id),
                video_rotation_dates::ar_content_id.eq(self.ar_content_id),
                video_rotation_dates::video_rotation_schedule_id.eq(self.id),
                video_rotation_dates::video_id.eq(rule.video_id),
                video_rotation_dates::date.eq(rule.date),
                video_rotation_dates::yearly.eq(rule.yearly),
            )
        };
        if !edit.date_rules.is_empty() {
            let new: Vec<_> = edit.date_rules.iter().map(date_rule).collect();
            diesel::insert_into(video_rotation_dates::table).values(new).execute(&mut *connection).await?;
        }
        drop(connection);
        Ok(Self { items: Below(edit.items.clone()), date_rules: Below(edit.date_rules.clone()), ..self })
    }
}

/// Rows that are read together with the one that they hang below.
#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Below<T>(Vec<T>);

impl<T> Deref for Below<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: DeserializeOwned> FromSql<Jsonb, Pg> for Below<T> {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let rows = <serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(bytes)?;
        Ok(serde_json::from_value(rows)?)
    }
}

/// Declares what is read for each row of a table besides its columns, as SQL that stays prepared.
macro_rules! read_with_row {
    ($(#[$meta:meta])* $name:ident of $table:ident: $of:ty = $text:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, QueryId)]
        pub struct $name;

        impl Expression for $name {
            type SqlType = $of;
        }

        impl QueryFragment<Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_sql($text);
                Ok(())
            }
        }

        impl AppearsOnTable<$table::table> for $name {}
        impl SelectableExpression<$table::table> for $name {}
        impl<G> ValidGrouping<G> for $name {
            type IsAggregate = is_aggregate::Never;
        }
    };
}

read_with_row! {
    /// The items of a rule.
    ItemsOfRow of video_rotation_schedules: Jsonb = "(SELECT coalesce(jsonb_agg(
        jsonb_build_object('video_id', item.video_id, 'weight', item.weight) ORDER BY item.position), '[]')
        FROM video_rotation_items item WHERE item.video_rotation_schedule_id = video_rotation_schedules.id)"
}

read_with_row! {
    /// The dates of a rule.
    DatesOfRow of video_rotation_schedules: Jsonb = "(SELECT coalesce(jsonb_agg(
        jsonb_build_object('date', rule.date, 'yearly', rule.yearly, 'video_id', rule.video_id) ORDER BY rule.id), '[]')
        FROM video_rotation_dates rule WHERE rule.video_rotation_schedule_id = video_rotation_schedules.id)"
}
