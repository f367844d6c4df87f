//! Which video may play, and until when: one answer for windows, rotation, pin and default.

use chrono::{DateTime, Utc};

use super::PlayableVideo;

/// Later than any change.
pub(super) const FOREVER: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;
const NEVER: DateTime<Utc> = DateTime::<Utc>::MIN_UTC;

/// A video with the instant from which it may not play. Eligibility only ever ends, it never begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eligible {
    pub video: i64,
    pub until: DateTime<Utc>,
}

impl Eligible {
    pub fn at(self, at: DateTime<Utc>) -> bool {
        at < self.until
    }
}

/// The ends of the eligibility of a content's videos.
pub(super) struct Eligibility {
    by_id: Vec<Eligible>,
    by_order: Vec<Eligible>,
}

impl Eligibility {
    pub fn of(videos: &[PlayableVideo]) -> Self {
        let mut playable: Vec<_> =
            videos.iter().filter(|video| video.is_active && video.ready && !video.deleted).collect();
        let eligible =
            |video: &&PlayableVideo| Eligible { video: video.id, until: video.subscription_end.unwrap_or(FOREVER) };
        playable.sort_unstable_by_key(|video| video.id);
        let by_id = playable.iter().map(eligible).collect();
        playable.sort_by_key(|video| video.rotation_order);
        let by_order = playable.iter().map(eligible).collect();
        Self { by_id, by_order }
    }

    /// A video, which need not be one of the content's.
    pub fn of_video(&self, video: i64) -> Eligible {
        match self.by_id.binary_search_by_key(&video, |eligible| eligible.video) {
            Ok(place) => self.by_id[place],
            Err(_) => Eligible { video, until: NEVER },
        }
    }

    /// The eligible video of lowest rotation order, then of lowest id.
    pub fn default_at(&self, at: DateTime<Utc>) -> Option<Eligible> {
        self.by_order.iter().copied().find(|eligible| eligible.at(at))
    }
}
