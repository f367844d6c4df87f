//! Views at the roots: what phones send, whose views a dashboard asks for, and the log of them as pages and live.

use std::sync::Arc;

use arvlite_db::{TimeFilter, models};
use async_graphql::{Context, InputObject, OneofObject, SimpleObject};
use futures_util::{Stream, StreamExt};
use uuid::Uuid;

use super::connection::{PageInfo, Paging, UncountedConnection};
use super::context::{ContextExt, ListOf};
use super::error::Result;
use super::filters::{self, DateTimeRange};
use super::payload::{self, UserError};
use super::query;
use super::stream_place::StreamPlace;
use super::types::{ArPlayback, ViewEventConnection, ViewEventEdge, ViewSession, ViewStreamItem};
use crate::domain::view::{self, Beat, Cursor, LogItem, Start};
use crate::domain::{Error, Problem};
use crate::enums::{DeviceType, TrackingQuality, ViewSessionStatus};
use crate::global_id::NodeId;

/// Whose views: of a company, of a project or of an order. One of another company answers as one that does not exist.
#[derive(Debug, Clone, Copy, OneofObject)]
#[expect(clippy::enum_variant_names, reason = "they are the contract's field names")]
pub enum AnalyticsScope {
    /// All views of a company.
    CompanyId(NodeId<models::Company>),
    /// The views that were seen under a project, also of orders that have moved to another one since.
    ProjectId(NodeId<models::Project>),
    /// The views of an order.
    ArContentId(NodeId<models::ArContent>),
}

/// Which views. All given parts must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ViewSessionWhereInput {
    /// That stand in one of these ways.
    pub status: Option<Vec<ViewSessionStatus>>,
    /// That began then.
    pub started_at: Option<DateTimeRange>,
    /// On one of these kinds of devices.
    pub device_type: Option<Vec<DeviceType>>,
    /// In one of these countries.
    pub country: Option<Vec<String>>,
}

/// Which views of a stream: only what cannot change while a view lives, so that whoever sees it start also sees it end.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ViewStreamWhere {
    /// On one of these kinds of devices.
    pub device_type: Option<Vec<DeviceType>>,
    /// On one of these systems.
    pub os: Option<Vec<String>>,
    /// In one of these browsers.
    pub browser: Option<Vec<String>>,
    /// In one of these countries.
    pub country: Option<Vec<String>>,
}

/// A view that begins.
#[derive(Debug, Clone, InputObject)]
pub struct ViewSessionStartInput {
    /// The code that was scanned.
    pub unique_id: Uuid,
    /// The phone's own id of the view: a new random UUID for each view, the same for each repetition of this start.
    pub session_id: Uuid,
    /// What kind of device it is; told from the header User-Agent unless it is said.
    pub device_type: Option<DeviceType>,
    /// The browser or app, of at most 100 characters; told from the header User-Agent unless it is said.
    pub browser: Option<String>,
    /// The system, of at most 100 characters; told from the header User-Agent unless it is said.
    pub os: Option<String>,
    /// How well the photo is followed.
    pub tracking_quality: Option<TrackingQuality>,
}

/// A view that goes on.
#[derive(Debug, Clone, InputObject)]
pub struct ViewSessionHeartbeatInput {
    /// What the start answered.
    pub view_token: String,
    /// How many seconds the video has played so far, in all. What is more than time has passed is cut.
    pub played_seconds: i32,
    /// How well the photo is followed.
    pub tracking_quality: Option<TrackingQuality>,
    /// Whether the video has played at all.
    pub video_played: Option<bool>,
}

/// A view that ends.
#[derive(Debug, Clone, InputObject)]
pub struct ViewSessionEndInput {
    /// What the start answered.
    pub view_token: String,
    /// How many seconds the video has played, in all.
    pub played_seconds: Option<i32>,
    /// How well the photo was followed at the end.
    pub tracking_quality: Option<TrackingQuality>,
    /// Whether the video has played at all.
    pub video_played: Option<bool>,
}

/// What became of a start.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewSessionStartPayload {
    /// The id of the view; null where nothing plays, because then there is nothing to view.
    pub session_id: Option<Uuid>,
    /// What to report with, for 24 hours; null where nothing plays.
    pub view_token: Option<String>,
    /// How often to report, in seconds; after 60 seconds of silence the view is over.
    pub heartbeat_seconds: Option<i32>,
    /// What to play now, or why nothing plays; null if the start was refused.
    pub playback: Option<ArPlayback>,
    /// What the caller can mend.
    pub user_errors: Vec<UserError>,
}

/// What became of a report.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewSessionPayload {
    /// The id of the view; null if the report was refused.
    pub session_id: Option<Uuid>,
    /// How the view stands; null if the report was refused.
    pub status: Option<ViewSessionStatus>,
    /// What the caller can mend.
    pub user_errors: Vec<UserError>,
}

impl From<ViewSessionHeartbeatInput> for (String, Beat) {
    fn from(input: ViewSessionHeartbeatInput) -> Self {
        let beat = Beat {
            played_seconds: Some(input.played_seconds),
            tracking_quality: input.tracking_quality.map(Into::into),
            video_played: input.video_played.unwrap_or(false),
            ..Beat::default()
        };
        (input.view_token, beat)
    }
}

impl From<ViewSessionEndInput> for (String, Beat) {
    fn from(input: ViewSessionEndInput) -> Self {
        let beat = Beat {
            played_seconds: input.played_seconds,
            tracking_quality: input.tracking_quality.map(Into::into),
            video_played: input.video_played.unwrap_or(false),
            ended: true,
            ..Beat::default()
        };
        (input.view_token, beat)
    }
}

/// Starts a view.
pub(crate) async fn start(ctx: &Context<'_>, input: ViewSessionStartInput) -> Result<ViewSessionStartPayload> {
    let start = Start {
        unique_id: input.unique_id,
        session_id: input.session_id,
        device_type: input.device_type.map(Into::into),
        browser: input.browser,
        os: input.os,
        tracking_quality: input.tracking_quality.map(Into::into),
        reports_for: ctx.viewer().reports_for(),
        ..Start::default()
    };
    let started = ctx.app().views.writer.start(start, &ctx.viewer().caller).await;
    let (started, user_errors) = or_problems(started)?;
    let view = started.as_ref().and_then(|started| started.view.as_ref());
    Ok(ViewSessionStartPayload {
        session_id: view.map(|view| view.session_id),
        heartbeat_seconds: view.map(|_| view::HEARTBEAT_SECONDS),
        view_token: started.as_ref().and_then(|started| started.token.clone()),
        playback: started.as_ref().map(|started| ArPlayback(Arc::clone(&started.playback))),
        user_errors,
    })
}

/// Reports on a view.
pub(crate) async fn report(ctx: &Context<'_>, report: impl Into<(String, Beat)>) -> Result<ViewSessionPayload> {
    let (token, beat) = report.into();
    let (view, user_errors) = or_problems(ctx.app().views.writer.beat(&token, beat).await)?;
    let (session_id, status) = (view.as_ref().map(|view| view.session_id), view.map(|view| view.status.into()));
    Ok(ViewSessionPayload { session_id, status, user_errors })
}

fn or_problems<T>(done: crate::domain::Result<T>) -> Result<(Option<T>, Vec<UserError>)> {
    let refused = |problems: Vec<Problem>| (None, payload::told(problems));
    match done {
        Ok(done) => Ok((Some(done), Vec::new())),
        Err(Error::Refused(problems)) => Ok(refused(problems)),
        Err(error) => Err(error.into()),
    }
}

impl AnalyticsScope {
    /// The part of the log that it is.
    pub(crate) fn log_scope(self) -> models::ViewLogScope {
        match self {
            Self::CompanyId(id) => models::ViewLogScope::Company(id.number()),
            Self::ProjectId(id) => models::ViewLogScope::Project(id.number()),
            Self::ArContentId(id) => models::ViewLogScope::ArContent(id.number()),
        }
    }
}

/// A page of the views of a scope.
pub(crate) async fn sessions(
    ctx: &Context<'_>,
    scope: AnalyticsScope,
    paging: Paging,
    condition: Option<ViewSessionWhereInput>,
) -> Result<UncountedConnection<ViewSession>> {
    query::allowed::<ViewSession>(ctx)?;
    view::resolve(ctx.app(), ctx.viewer(), scope.log_scope()).await?;
    let mut filter = condition.unwrap_or_default().into_filter()?;
    match scope {
        AnalyticsScope::CompanyId(id) => filter.company_id = Some(id.number()),
        AnalyticsScope::ProjectId(id) => filter.project_id = Some(id.number()),
        AnalyticsScope::ArContentId(id) => filter.ar_content_id = Some(id.number()),
    }
    Ok(UncountedConnection(ctx.list(paging, ListOf { filter, ..in_order_of_starts() }).await?))
}

/// The one order of views: an index of each scope holds it, and a span of time is a part of it.
pub(crate) fn in_order_of_starts() -> ListOf<ViewSession> {
    ListOf { order: Some((models::ViewSessionOrder::StartedAt, false)), ..ListOf::default() }
}

impl ViewSessionWhereInput {
    fn into_filter(self) -> Result<models::ViewSessionFilter> {
        Ok(models::ViewSessionFilter {
            statuses: self.status.map(values).transpose()?,
            device_types: self.device_type.map(values).transpose()?,
            countries: self.country.map(texts).transpose()?,
            started_at: self.started_at.map(|range| TimeFilter { range: Some(range.into()), ..TimeFilter::default() }),
            ..models::ViewSessionFilter::default()
        })
    }
}

pub(crate) fn values<T: Into<V>, V: Ord>(given: Vec<T>) -> Result<Vec<V>> {
    let mut values: Vec<V> = filters::few(given)?.into_iter().map(Into::into).collect();
    values.sort_unstable();
    values.dedup();
    Ok(values)
}

pub(crate) fn texts(given: Vec<String>) -> Result<Vec<String>> {
    filters::few(given)?.into_iter().map(filters::text).collect()
}

/// A page of the log, oldest first.
pub(crate) async fn events(
    ctx: &Context<'_>,
    scope: AnalyticsScope,
    first: Option<i32>,
    after: Option<String>,
) -> Result<ViewEventConnection> {
    query::allowed::<ViewSession>(ctx)?;
    let limit = Paging::new(first, None, None, None).limit(&ctx.app().config.limits)?;
    let position = after.as_deref().map(Cursor::read).transpose()?;
    let (items, has_next_page) = view::page(ctx.app(), ctx.viewer(), scope.log_scope(), position, limit).await?;
    let cursor = |item: &LogItem| Cursor(item.position()).to_string();
    let page_info = PageInfo {
        has_next_page,
        has_previous_page: position.is_some(),
        start_cursor: items.first().map(cursor),
        end_cursor: items.last().map(cursor),
    };
    let edge = |item: &LogItem| Some(ViewEventEdge { cursor: cursor(item), node: ViewStreamItem::of(item)? });
    let edges: Vec<ViewEventEdge> = items.iter().filter_map(edge).collect();
    Ok(ViewEventConnection { nodes: edges.iter().map(|edge| edge.node.clone()).collect(), edges, page_info })
}

/// The log as it happens.
pub(crate) async fn follow(
    ctx: &Context<'_>,
    scope: AnalyticsScope,
    after: Option<String>,
    condition: Option<ViewStreamWhere>,
) -> Result<impl Stream<Item = Result<ViewStreamItem>> + use<>> {
    query::allowed::<ViewSession>(ctx)?;
    let place = ctx.data_opt::<StreamPlace>().cloned().unwrap_or_default();
    let stretch = place.stretch(after.as_deref())?;
    let condition = condition.unwrap_or_default().checked()?;
    let items = view::follow_stretch(ctx.app(), ctx.viewer(), scope.log_scope(), stretch).await?;
    Ok(items.filter_map(move |item| {
        let told = match item {
            Ok(item) => {
                place.reach(&item);
                let is_told = condition.holds(&item) && place.tells(&item);
                is_told.then(|| ViewStreamItem::of(&item)).flatten().map(Ok)
            }
            Err(error) => {
                place.fail();
                Some(Err(error.into()))
            }
        };
        std::future::ready(told)
    }))
}

impl ViewStreamWhere {
    fn checked(self) -> Result<Self> {
        Ok(Self {
            device_type: self.device_type.map(filters::few).transpose()?,
            os: self.os.map(texts).transpose()?,
            browser: self.browser.map(texts).transpose()?,
            country: self.country.map(texts).transpose()?,
        })
    }

    fn holds(&self, item: &LogItem) -> bool {
        let LogItem::Event(event) = item else { return true };
        let Some(view) = &event.view_session else { return false };
        let among = |wanted: &Option<Vec<String>>, value: &Option<String>| match wanted {
            Some(wanted) => value.as_ref().is_some_and(|value| wanted.contains(value)),
            None => true,
        };
        self.device_type.as_ref().is_none_or(|wanted| wanted.contains(&view.device_type.into()))
            && among(&self.os, &view.os)
            && among(&self.browser, &view.browser)
            && among(&self.country, &view.country)
    }
}
