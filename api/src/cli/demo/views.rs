//! A month of views: more on evenings and weekends, more for some orders than for others, the same at every first
//! start of a kind.

use arvlite_db::models::{
    ArContent, Company, DeviceType, NewViewSession, PlaybackSource, TrackingQuality, Video, ViewRollup, ViewSession,
    ViewSessionStatus,
};
use arvlite_db::{ChildOf, Page, Scope};
use chrono::{Datelike, TimeDelta, Timelike};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use super::seed::Seed;

/// Days that are told of.
const DAYS: i64 = 30;
/// Views that are written at once.
const BATCH: usize = 500;

const DEVICES: [(DeviceType, &str, &str); 5] = [
    (DeviceType::Mobile, "Safari", "iOS"),
    (DeviceType::Mobile, "Chrome", "Android"),
    (DeviceType::Mobile, "Yandex Browser", "Android"),
    (DeviceType::Tablet, "Safari", "iPadOS"),
    (DeviceType::Desktop, "Chrome", "Windows"),
];

/// Writes the views of these companies. Views that are there already stay as they are.
pub(super) async fn write(seed: &Seed, companies: &[Company]) -> anyhow::Result<()> {
    let session = seed.app.db.session(Scope::Everything);
    for company in companies {
        let mut chance = StdRng::seed_from_u64(company.id.unsigned_abs());
        let contents = <ArContent as ChildOf<Company>>::of_parents(&session, &[company.id], &Page::first(1000)).await?;
        let ids: Vec<i64> = contents.iter().map(|content| content.id).collect();
        let videos = <Video as ChildOf<ArContent>>::of_parents(&session, &ids, &Page::first(1)).await?;
        let mut views = Vec::new();
        for (liked, content) in contents.iter().enumerate() {
            let video = videos.iter().find(|video| video.ar_content_id == content.id);
            for day in 0..DAYS {
                let most = 2 + 12 / (liked + 1);
                for _ in 0..chance.random_range(0..=most) {
                    views.extend(view(seed, &mut chance, content, video, day));
                }
            }
        }
        for batch in views.chunks(BATCH) {
            store(seed, &mut chance, batch).await?;
        }
        let tx = seed.app.db.begin(Scope::Everything).await?;
        ViewRollup::recount(&tx, company.id).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn view(
    seed: &Seed,
    chance: &mut StdRng,
    content: &ArContent,
    video: Option<&Video>,
    day: i64,
) -> Option<NewViewSession> {
    let started_at = seed.opened - TimeDelta::days(DAYS - day) + TimeDelta::seconds(chance.random_range(0..86_400));
    let session_id = Uuid::from_u128(chance.random());
    let evening = (15..22).contains(&started_at.hour()) || started_at.weekday().num_days_from_monday() >= 5;
    if (!evening && chance.random_bool(0.5)) || started_at >= seed.opened || started_at < content.created_at {
        return None;
    }
    let (device_type, browser, os) = DEVICES[chance.random_range(0..DEVICES.len())];
    Some(NewViewSession {
        company_id: content.company_id,
        project_id: content.project_id,
        ar_content_id: content.id,
        video_id: video.map(|video| video.id),
        session_id,
        source: PlaybackSource::Default,
        device_type,
        browser: Some(browser.to_owned()),
        os: Some(os.to_owned()),
        user_agent: None,
        country: None,
        city: None,
        network: Some("203.0.113.0/24".to_owned()),
        viewer: Some((i64::from(started_at.num_days_from_ce()) << 16) + chance.random_range(0..100)),
        tracking_quality: TrackingQuality::Unknown,
        started_at,
        updated_at: started_at,
    })
}

/// Stores views that began, and how they ended, in one transaction.
async fn store(seed: &Seed, chance: &mut StdRng, batch: &[NewViewSession]) -> anyhow::Result<()> {
    let tx = seed.app.db.begin(Scope::Everything).await?;
    let mut views = ViewSession::insert_all(&tx, batch).await?;
    for view in &mut views {
        let seconds: i32 = chance.random_range(2..95);
        let ended_at = view.started_at + TimeDelta::seconds(seconds.into());
        let silent = chance.random_bool(0.1);
        view.status = if silent { ViewSessionStatus::TimedOut } else { ViewSessionStatus::Ended };
        view.duration_seconds = Some(seconds);
        view.video_played = seconds > 4;
        view.tracking_quality = if seconds > 20 { TrackingQuality::Good } else { TrackingQuality::Fair };
        view.version = 2;
        (view.updated_at, view.last_seen_at, view.ended_at) = (ended_at, ended_at, Some(ended_at));
    }
    ViewSession::save_all(&tx, &views).await?;
    tx.commit().await?;
    Ok(())
}
