//! What was looked up a moment ago, so that a busy caller costs no statement a request, and the news that something
//! no longer holds.
//!
//! A revocation is forgotten here at once and told to all processes by NOTIFY when its transaction commits;
//! [`listen`](Credentials::listen) hears it. Where the news is lost, what is remembered grows old within seconds.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arvlite_db::{Db, Listener, Session};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Semaphore, broadcast};
use tokio::time::Instant;

use super::Who;
use crate::monitoring::Metrics;

const CHANNEL: &str = "arvlite_revoked";
const REMEMBERED_FOR: Duration = Duration::from_secs(3);
const REMEMBERED_BY_CLOCK: TimeDelta = TimeDelta::seconds(3);
const REMEMBERED_AT_MOST: usize = 10_000;
/// News that a socket may be behind before it looks for itself.
const NEWS_KEPT: usize = 256;
const LOOKS_AT_ONCE: usize = 4;
const PAUSE_BEFORE_LISTENING_AGAIN: Duration = Duration::from_secs(1);

/// What no longer holds as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// One sign-in of a person.
    SignIn(i64),
    /// Everything about a person: their sign-ins or their roles.
    User(i64),
    /// A program's key.
    ApiKey(i64),
    /// Nobody knows: news may have been lost.
    Unknown,
}

impl Revoked {
    /// Whether it is about this one.
    #[must_use]
    pub fn concerns(self, who: &Who) -> bool {
        match (self, who) {
            (Self::SignIn(id), Who::User(signed_in)) => signed_in.sign_in_id == id,
            (Self::User(id), Who::User(signed_in)) => signed_in.user.id == id,
            (Self::ApiKey(id), Who::ApiKey(holder)) => holder.key.id == id,
            _ => false,
        }
    }
}

impl std::fmt::Display for Revoked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SignIn(id) => write!(formatter, "sign-in:{id}"),
            Self::User(id) => write!(formatter, "user:{id}"),
            Self::ApiKey(id) => write!(formatter, "key:{id}"),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

impl FromStr for Revoked {
    type Err = std::convert::Infallible;

    /// What nobody understands may be about anybody: a later program could have sent it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let told = text.split_once(':').and_then(|(kind, id)| Some((kind, id.parse().ok()?)));
        Ok(match told {
            Some(("sign-in", id)) => Self::SignIn(id),
            Some(("user", id)) => Self::User(id),
            Some(("key", id)) => Self::ApiKey(id),
            _ => Self::Unknown,
        })
    }
}

/// Who showed which token a moment ago.
pub struct Credentials {
    remembered: Mutex<Remembered>,
    news: broadcast::Sender<Revoked>,
    /// Keeps the sockets of a large installation from looking all at once.
    pub(super) looks: Semaphore,
}

#[derive(Default)]
struct Remembered {
    by_digest: HashMap<[u8; 32], Recent>,
    forgotten: u64,
}

struct Recent {
    credential: Credential,
    since: Moment,
}

/// Who a token stands for, and until when if nobody revokes it.
#[derive(Clone)]
pub(super) struct Credential {
    pub(super) who: Who,
    pub(super) ends_at: Option<DateTime<Utc>>,
}

/// A moment before a credential was read from the database.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    forgotten: u64,
    at: Instant,
    now: DateTime<Utc>,
}

impl Default for Credentials {
    fn default() -> Self {
        let news = broadcast::Sender::new(NEWS_KEPT);
        Self { remembered: Mutex::default(), news, looks: Semaphore::new(LOOKS_AT_ONCE) }
    }
}

impl Credentials {
    /// Says that something no longer holds: here at once, and in all processes when the session's transaction
    /// commits.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn revoke(&self, session: &Session, revoked: Revoked) -> arvlite_db::Result<()> {
        self.forget(revoked);
        session.notify(CHANNEL, &revoked.to_string()).await
    }

    /// Hears what other processes, and this one, revoke. Never ends by itself.
    pub async fn listen(&self, db: &Db, metrics: &Metrics) {
        loop {
            if let Err(error) = self.hear(db, metrics).await {
                metrics.listens(CHANNEL, false);
                tracing::warn!(%error, "revocations cannot be heard; listening again");
            }
            tokio::time::sleep(PAUSE_BEFORE_LISTENING_AGAIN).await;
        }
    }

    async fn hear(&self, db: &Db, metrics: &Metrics) -> arvlite_db::Result<()> {
        let mut listener = Listener::start(db, CHANNEL).await?;
        // Whatever was revoked before there was a listener.
        self.spread(Revoked::Unknown);
        metrics.listens(CHANNEL, true);
        loop {
            let Ok(revoked) = listener.next().await?.parse();
            self.spread(revoked);
        }
    }

    fn spread(&self, revoked: Revoked) {
        self.forget(revoked);
        // Nobody may be waiting for news.
        let _ = self.news.send(revoked);
    }

    fn forget(&self, revoked: Revoked) {
        let mut remembered = self.remembered();
        remembered.forgotten += 1;
        remembered
            .by_digest
            .retain(|_, recent| revoked != Revoked::Unknown && !revoked.concerns(&recent.credential.who));
    }

    /// Forgets whoever no longer holds, where the news of it came late.
    pub(super) fn forget_whoever_is(&self, who: &Who) {
        let mut remembered = self.remembered();
        remembered.forgotten += 1;
        let revoked = match who {
            Who::User(signed_in) => Revoked::User(signed_in.user.id),
            Who::ApiKey(holder) => Revoked::ApiKey(holder.key.id),
            Who::Anonymous | Who::System => return,
        };
        remembered.by_digest.retain(|_, recent| !revoked.concerns(&recent.credential.who));
    }

    /// News of what was revoked from now on.
    pub(super) fn news(&self) -> broadcast::Receiver<Revoked> {
        self.news.subscribe()
    }

    pub(super) fn moment(&self, now: DateTime<Utc>) -> Moment {
        Moment { forgotten: self.remembered().forgotten, at: Instant::now(), now }
    }

    pub(super) fn find(&self, digest: &[u8; 32], now: DateTime<Utc>) -> Option<Who> {
        let remembered = self.remembered();
        let recent = remembered.by_digest.get(digest)?;
        let holds = recent.credential.ends_at.is_none_or(|end| now < end);
        (holds && recent.is_fresh(now)).then(|| recent.credential.who.clone())
    }

    /// Remembers what was read after a moment, unless something was revoked since: it may be just that.
    pub(super) fn remember(&self, digest: [u8; 32], credential: Credential, since: Moment) {
        let mut remembered = self.remembered();
        if remembered.forgotten != since.forgotten {
            return;
        }
        if remembered.by_digest.len() >= REMEMBERED_AT_MOST {
            remembered.by_digest.retain(|_, recent| recent.is_fresh(since.now));
        }
        if remembered.by_digest.len() < REMEMBERED_AT_MOST {
            remembered.by_digest.insert(digest, Recent { credential, since });
        }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    /// By the program's clock, which may be set, and by one that only runs.
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        self.since.at.elapsed() < REMEMBERED_FOR && now.signed_duration_since(self.since.now) < REMEMBERED_BY_CLOCK
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arvlite_db::models::{User, UserRole};

    use super::*;
    use crate::auth::SignedIn;
    use crate::clock::Clock;

    fn person(sign_in_id: i64, user_id: i64) -> Credential {
        let now = Clock::default().now();
        let user = User {
            id: user_id,
            email: "somebody@vertex.local".to_owned(),
            hashed_password: String::new(),
            full_name: "Somebody".to_owned(),
            role: UserRole::Member,
            is_active: true,
            last_login_at: None,
            login_attempts: 0,
            locked_until: None,
            created_at: now,
            updated_at: now,
        };
        let signed_in = SignedIn { sign_in_id, user: Arc::new(user), memberships: Vec::new() };
        Credential { who: Who::User(Arc::new(signed_in)), ends_at: Some(now + TimeDelta::hours(1)) }
    }

    #[test]
    fn news_are_read_as_they_were_written() {
        for revoked in [Revoked::SignIn(1), Revoked::User(2), Revoked::ApiKey(i64::MAX), Revoked::Unknown] {
            assert_eq!(revoked.to_string().parse(), Ok(revoked));
        }
        for text in ["", "user:", "user:x", "company:5"] {
            assert_eq!(text.parse(), Ok(Revoked::Unknown));
        }
    }

    #[test]
    fn what_is_remembered_grows_old() {
        let (credentials, now) = (Credentials::default(), Clock::default().now());
        let moment = credentials.moment(now);
        credentials.remember([1; 32], person(1, 1), moment);
        assert!(credentials.find(&[1; 32], now).is_some());
        assert!(credentials.find(&[1; 32], now + TimeDelta::seconds(4)).is_none());
        let long_ago = Moment { at: moment.at.checked_sub(REMEMBERED_FOR).unwrap(), ..moment };
        credentials.remember([1; 32], person(1, 1), long_ago);
        assert!(credentials.find(&[1; 32], now).is_none());
    }

    #[test]
    fn what_is_revoked_is_forgotten_and_nothing_else() {
        let (credentials, now) = (Credentials::default(), Clock::default().now());
        for (digest, sign_in_id, user_id) in [([1; 32], 1, 1), ([2; 32], 2, 1), ([3; 32], 3, 2)] {
            credentials.remember(digest, person(sign_in_id, user_id), credentials.moment(now));
        }
        let known = |digest| credentials.find(&[digest; 32], now).is_some();
        credentials.forget(Revoked::SignIn(1));
        assert_eq!([known(1), known(2), known(3)], [false, true, true]);
        credentials.forget(Revoked::ApiKey(3));
        assert_eq!([known(1), known(2), known(3)], [false, true, true]);
        credentials.forget(Revoked::User(1));
        assert_eq!([known(1), known(2), known(3)], [false, false, true]);
        credentials.forget(Revoked::Unknown);
        assert_eq!([known(1), known(2), known(3)], [false, false, false]);
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_remembered_after_it() {
        let (credentials, now) = (Credentials::default(), Clock::default().now());
        let before = credentials.moment(now);
        credentials.forget(Revoked::SignIn(1));
        credentials.remember([1; 32], person(1, 1), before);
        assert!(credentials.find(&[1; 32], now).is_none());
    }
}
