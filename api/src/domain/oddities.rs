//! What is allowed but odd, in one place: the warnings of everything that decides what plays.

use arvlite_db::Editable;
use arvlite_db::models::{
    ArContent, PlaybackRows, RotationType, Video, VideoRotationSchedule, VideoSchedule, VideoScheduleStatus,
};
use chrono::{DateTime, Utc};

use super::playback::{
    Content, DarkGap, HORIZON, RotationPlan, RotationRule, RuleId, dark_gaps, never_fires, timeline,
};
use super::{Result, Warning, WarningCode, Work};

/// A window as it was stored. `naming_video` is the field of the input that says which video plays in it.
pub(super) fn of_window(
    window: &VideoSchedule,
    content: &ArContent,
    video: &Video,
    naming_video: &str,
    now: DateTime<Utc>,
) -> Vec<Warning> {
    let mut oddities = Vec::new();
    if window.status != VideoScheduleStatus::Active {
        return oddities;
    }
    if window.end_time <= now {
        oddities.push(odd(WarningCode::InThePast, "endTime", "the window lies wholly in the past"));
    }
    if content.expires_at <= window.start_time {
        let message = "the order's paid term is over before the window opens";
        oddities.push(odd(WarningCode::NeverPlays, "startTime", message));
    } else if !may_play(video, window.start_time) {
        oddities.push(odd(WarningCode::NeverPlays, naming_video, "this video may not be played in the window"));
    } else if video.subscription_end.is_some_and(|end| end < window.end_time) {
        let message = "the video's subscription ends before the window does";
        oddities.push(odd(WarningCode::SubscriptionEndsFirst, "endTime", message));
    }
    oddities
}

/// The operator's choice of a video.
pub(super) fn of_pin(video: &Video, now: DateTime<Utc>) -> Option<Warning> {
    let message = "this video may not be played, so the choice has no effect";
    (!may_play(video, now)).then(|| odd(WarningCode::NeverPlays, "videoId", message))
}

/// An edit of a video, which is stored already.
pub(super) async fn of_video(
    work: &Work<'_>,
    content: &ArContent,
    before: &Video,
    video: &Video,
) -> Result<Vec<Warning>> {
    let Some(rows) = rows_of(work, content).await? else { return Ok(Vec::new()) };
    let mut oddities = Vec::new();
    if let Some(end) = video.subscription_end
        && video.subscription_end != before.subscription_end
    {
        let outlasts = |window: &VideoSchedule| window.video_id == video.id && end < window.end_time;
        if end <= work.now {
            let message = "the subscription is over, so that the video never plays";
            oddities.push(odd(WarningCode::NeverPlays, "subscriptionEnd", message));
        } else if rows.windows.iter().any(outlasts) {
            let message = "the subscription ends before a window of the video does";
            oddities.push(odd(WarningCode::SubscriptionEndsFirst, "subscriptionEnd", message));
        }
    }
    let field = if video.is_active == before.is_active { "subscriptionEnd" } else { "isActive" };
    let mut then = rows.clone();
    then.videos.retain(|other| other.id != before.id);
    then.videos.push(before.clone());
    oddities.extend(dark_gap(&then, &rows, field, work.now));
    Ok(oddities)
}

/// The deletion of a video, which is stored already.
pub(super) async fn of_deletion(work: &Work<'_>, content: &ArContent, before: &Video) -> Result<Option<Warning>> {
    let Some(rows) = rows_of(work, content).await? else { return Ok(None) };
    let mut then = rows.clone();
    then.videos.push(before.clone());
    Ok(dark_gap(&then, &rows, "id", work.now))
}

/// An edit of an order, which is stored already.
pub(super) async fn of_content(work: &Work<'_>, before: &ArContent, content: &ArContent) -> Result<Option<Warning>> {
    let Some(rows) = rows_of(work, content).await? else { return Ok(None) };
    let field = if content.photo_media_id == before.photo_media_id { "archived" } else { "photoUploadId" };
    let then = PlaybackRows { content: before.clone(), ..rows.clone() };
    Ok(dark_gap(&then, &rows, field, work.now))
}

/// A rule of turns as it was stored, of an order with these rows. It never darkens a code: where it plays nothing, what
/// comes after it does.
pub(super) fn of_rotation(rows: &PlaybackRows, rule: &VideoRotationSchedule, now: DateTime<Utc>) -> Vec<Warning> {
    let edit = rule.edit();
    let Some(plan) = RotationPlan::of(&edit).filter(|_| rule.is_active) else { return Vec::new() };
    let (id, anchor_at) = (RuleId::Saved(rule.id), rule.anchor_at);
    let playing = RotationRule { id, is_active: true, anchor_at, plan };
    let field = match rule.rotation_type {
        RotationType::Fixed => "defaultVideoId",
        RotationType::DateRules => "dateRules",
        _ => "items",
    };
    let message = "nothing of this will play before the order's paid term ends";
    let never = never_fires(&Content::of_rows(rows), &playing, now);
    never.then(|| odd(WarningCode::NeverPlays, field, message)).into_iter().collect()
}

/// What decides what plays by now, as the transaction sees it.
async fn rows_of(work: &Work<'_>, content: &ArContent) -> Result<Option<PlaybackRows>> {
    Ok(PlaybackRows::by_ids(work, &[content.id], work.now).await?.pop())
}

/// A time in which something played before a change and nothing does after it.
fn dark_gap(before: &PlaybackRows, after: &PlaybackRows, field: &str, now: DateTime<Utc>) -> Option<Warning> {
    let end = now.checked_add_months(HORIZON)?.min(after.content.expires_at);
    let of = |rows: &PlaybackRows| timeline(&Content::of_rows(rows), now, end).ok();
    let DarkGap { from, to, .. } = *dark_gaps(&of(before)?, &of(after)?).first()?;
    let since = if from <= now { "now".to_owned() } else { from.to_rfc3339() };
    let message = if to < end {
        format!("from {since} until {} the code plays nothing", to.to_rfc3339())
    } else {
        format!("from {since} on the code plays nothing")
    };
    Some(odd(WarningCode::DarkGap, field, &message))
}

fn may_play(video: &Video, at: DateTime<Utc>) -> bool {
    video.deleted_at.is_none() && video.is_active && video.subscription_end.is_none_or(|end| at < end)
}

fn odd(code: WarningCode, field: &str, message: &str) -> Warning {
    Warning { code, message: message.to_owned(), field: vec![field.to_owned()] }
}
