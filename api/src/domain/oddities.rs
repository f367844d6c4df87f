//! What is allowed but odd, in one place: the warnings of everything that decides what plays.

use arvlite_db::models::{ArContent, PlaybackRows, Video, VideoSchedule, VideoScheduleStatus};
use chrono::{DateTime, Utc};

use super::playback::{Reason, Rules};
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
    let Some(mut rows) = rows_of(work, content).await? else { return Ok(Vec::new()) };
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
    let after = first_dark(&rows, work.now);
    rows.videos.retain(|other| other.id != before.id);
    rows.videos.push(before.clone());
    oddities.extend(dark_gap(first_dark(&rows, work.now), after, field, work.now));
    Ok(oddities)
}

/// The deletion of a video, which is stored already.
pub(super) async fn of_deletion(work: &Work<'_>, content: &ArContent, before: &Video) -> Result<Option<Warning>> {
    let Some(mut rows) = rows_of(work, content).await? else { return Ok(None) };
    let after = first_dark(&rows, work.now);
    rows.videos.push(before.clone());
    Ok(dark_gap(first_dark(&rows, work.now), after, "id", work.now))
}

/// An edit of an order, which is stored already.
pub(super) async fn of_content(work: &Work<'_>, before: &ArContent, content: &ArContent) -> Result<Option<Warning>> {
    let Some(mut rows) = rows_of(work, content).await? else { return Ok(None) };
    let field = if content.photo_media_id == before.photo_media_id { "archived" } else { "photoUploadId" };
    let after = first_dark(&rows, work.now);
    rows.content = before.clone();
    Ok(dark_gap(first_dark(&rows, work.now), after, field, work.now))
}

/// What decides what plays by now, as the transaction sees it.
async fn rows_of(work: &Work<'_>, content: &ArContent) -> Result<Option<PlaybackRows>> {
    Ok(PlaybackRows::by_unique_ids(work, &[content.unique_id], work.now).await?.pop())
}

/// A time without anything to play that was not there before.
fn dark_gap(
    before: Option<DateTime<Utc>>,
    after: Option<DateTime<Utc>>,
    field: &str,
    now: DateTime<Utc>,
) -> Option<Warning> {
    let from = after.filter(|after| before.is_none_or(|before| *after < before))?;
    let since = if from <= now { "now".to_owned() } else { from.to_rfc3339() };
    Some(odd(WarningCode::DarkGap, field, &format!("from {since} on the code plays nothing")))
}

/// From when on nothing plays, though the paid term is not over.
fn first_dark(rows: &PlaybackRows, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let rules = Rules::new(&rows.content, &rows.project, &rows.company, &rows.videos, &rows.windows);
    let mut at = now;
    loop {
        let decision = rules.decide(at);
        match decision.reason {
            Some(Reason::Expired) => return None,
            Some(_) => return Some(at),
            None => at = decision.valid_until?,
        }
    }
}

fn may_play(video: &Video, at: DateTime<Utc>) -> bool {
    video.deleted_at.is_none() && video.is_active && video.subscription_end.is_none_or(|end| at < end)
}

fn odd(code: WarningCode, field: &str, message: &str) -> Warning {
    Warning { code, message: message.to_owned(), field: vec![field.to_owned()] }
}
