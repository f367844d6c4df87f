//! From `Authorization` to a [`Viewer`], and how long that viewer may stay.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arvlite_db::models::{ApiKey, Company, Membership, SignIn, User};
use arvlite_db::{DbError, Entity, Scope, Session};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast::error::RecvError;

use super::credentials::Credential;
use super::token::{Token, proves};
use super::{Caller, KeyHolder, Permission, Revoked, SignedIn, Viewer, Who};
use crate::app::App;
use crate::clock::Clock;
use crate::domain::{Error, Result};

/// A sign-in that nobody used for this long has ended.
pub const SIGN_IN_IDLE: TimeDelta = TimeDelta::hours(12);
/// A sign-in ends after this long, however busy it is.
pub const SIGN_IN_LIFETIME: TimeDelta = TimeDelta::days(30);

/// How often it is written down that somebody is here.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(2);
/// How often a socket makes sure, besides the news. It also counts as a use of the sign-in.
const LOOK_AGAIN: Duration = Duration::from_secs(300);
/// When nobody knows whether a credential holds, it is soon looked again.
const LOOK_AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// Who shows this header. Nobody shows none.
///
/// # Errors
/// [`Error::Unauthenticated`] when the header is malformed, or its token unknown, expired or revoked.
pub async fn authenticate(app: &App, authorization: Option<&str>, caller: Caller) -> Result<Viewer> {
    let Some(header) = authorization else { return Ok(Viewer::anonymous(caller)) };
    let token = bearer(header).and_then(Token::parse).ok_or(Error::Unauthenticated)?;
    let digest = token.digest();
    let now = app.clock.now();
    let who = match app.credentials.find(&digest, now) {
        Some(who) => who,
        None => {
            let moment = app.credentials.moment(now);
            let credential = look_up(app, token, digest, now).await?.ok_or(Error::Unauthenticated)?;
            app.credentials.remember(digest, credential.clone(), moment);
            credential.who
        }
    };
    Ok(Viewer { who, caller: Arc::new(caller) })
}

/// Ends when what a viewer showed no longer holds, or opens something else than it did: for sockets, which outlive
/// requests. It never ends for those who showed nothing.
pub fn until_revoked(app: &Arc<App>, viewer: &Viewer) -> impl Future<Output = ()> + Send + 'static {
    let (app, viewer, mut news) = (Arc::clone(app), viewer.clone(), app.credentials.news());
    async move {
        if matches!(viewer.who, Who::Anonymous | Who::System) {
            return std::future::pending().await;
        }
        // The first tick is at once: what was revoked between the request and the subscription made no news here.
        let mut ticks = tokio::time::interval(LOOK_AGAIN);
        let mut ends_at = None;
        loop {
            let look = tokio::select! {
                heard = news.recv() => match heard {
                    Ok(Revoked::Unknown) | Err(RecvError::Lagged(_)) => true,
                    Ok(revoked) if revoked.concerns(&viewer.who) => return,
                    Ok(_) | Err(RecvError::Closed) => false,
                },
                _ = ticks.tick() => true,
                // By then somebody may have used the sign-in, so that it lasts longer.
                () = reach(&app.clock, ends_at) => true,
            };
            if look {
                match still_holds(&app, &viewer).await {
                    Ok(Some(credential)) => ends_at = credential.ends_at,
                    Ok(None) => return app.credentials.forget_whoever_is(&viewer.who),
                    Err(error) => {
                        // An end that has come would be looked at again without a pause.
                        ends_at = None;
                        tracing::warn!(%error, "it cannot be seen whether a credential still holds; it is tried again");
                        ticks.reset_after(LOOK_AFTER_A_FAILURE);
                    }
                }
            }
        }
    }
}

/// Waits until it is this time, if it ever is.
async fn reach(clock: &Clock, instant: Option<DateTime<Utc>>) {
    match instant {
        Some(instant) => clock.reach(instant).await,
        None => std::future::pending().await,
    }
}

/// What a viewer showed, if it would make the same viewer again.
async fn still_holds(app: &App, viewer: &Viewer) -> arvlite_db::Result<Option<Credential>> {
    let Ok(_turn) = app.credentials.looks.acquire().await else { return Ok(None) };
    let session = app.db.session(Scope::Everything);
    let credential = match &viewer.who {
        Who::User(signed_in) => match SignIn::by_id(&session, signed_in.sign_in_id).await? {
            Some(sign_in) => of_sign_in(&session, sign_in, app.clock.now()).await?,
            None => None,
        },
        Who::ApiKey(holder) => match ApiKey::by_prefix(&session, &holder.key.prefix).await? {
            Some(key) => of_key(&session, key, app.clock.now()).await?,
            None => None,
        },
        Who::Anonymous | Who::System => None,
    };
    let opens_the_same = |credential: &Credential| {
        let again = Viewer { who: credential.who.clone(), ..viewer.clone() };
        Permission::ALL.iter().all(|permission| again.scope(*permission) == viewer.scope(*permission))
    };
    Ok(credential.filter(opens_the_same))
}

/// The token of `Bearer <token>`.
pub(crate) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

async fn look_up(
    app: &App,
    token: Token<'_>,
    digest: [u8; 32],
    now: DateTime<Utc>,
) -> arvlite_db::Result<Option<Credential>> {
    let session = app.db.session(Scope::Everything);
    match token {
        Token::SignIn(_) => match SignIn::by_digest(&session, digest).await? {
            Some(sign_in) => of_sign_in(&session, sign_in, now).await,
            None => Ok(None),
        },
        Token::ApiKey { prefix, secret, .. } => match ApiKey::by_prefix(&session, prefix).await? {
            Some(key) if proves(secret, &key) => of_key(&session, key, now).await,
            _ => Ok(None),
        },
    }
}

/// The person of a sign-in, if it still holds.
async fn of_sign_in(session: &Session, sign_in: SignIn, now: DateTime<Utc>) -> arvlite_db::Result<Option<Credential>> {
    let lifetime_ends = sign_in.created_at + SIGN_IN_LIFETIME;
    if sign_in.revoked_at.is_some() || now >= lifetime_ends || now >= sign_in.last_seen_at + SIGN_IN_IDLE {
        return Ok(None);
    }
    let ids = [sign_in.user_id];
    let (mut users, memberships) =
        tokio::try_join!(User::by_ids(session, &ids), Membership::of_user(session, sign_in.user_id))?;
    let Some(user) = users.pop().filter(|user| user.is_active) else { return Ok(None) };
    let noted_before = now - NOTED_EVERY;
    let mut last_seen_at = sign_in.last_seen_at;
    if last_seen_at <= noted_before {
        note(SignIn::seen(session, sign_in.id, now, noted_before).await);
        last_seen_at = now;
    }
    let memberships = memberships.into_iter().map(Arc::new).collect();
    let signed_in = SignedIn { sign_in_id: sign_in.id, user: Arc::new(user), memberships };
    let ends_at = Some(lifetime_ends.min(last_seen_at + SIGN_IN_IDLE));
    Ok(Some(Credential { who: Who::User(Arc::new(signed_in)), ends_at }))
}

/// The holder of a key, if it still holds.
async fn of_key(session: &Session, key: ApiKey, now: DateTime<Utc>) -> arvlite_db::Result<Option<Credential>> {
    if key.revoked_at.is_some() || key.expires_at.is_some_and(|end| now >= end) {
        return Ok(None);
    }
    let company = Company::by_ids(session, &[key.company_id]).await?.pop();
    if company.is_none_or(|company| company.is_deleted()) {
        return Ok(None);
    }
    let noted_before = now - NOTED_EVERY;
    if key.last_used_at.is_none_or(|used| used <= noted_before) {
        note(ApiKey::used(session, key.id, now, noted_before).await);
    }
    let ends_at = key.expires_at;
    Ok(Some(Credential { who: Who::ApiKey(Arc::new(KeyHolder { key: Arc::new(key) })), ends_at }))
}

/// Nobody is turned away because their use could not be noted.
fn note(noted: std::result::Result<(), DbError>) {
    if let Err(error) = noted {
        tracing::warn!(%error, "the use of a credential could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_is_understood() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for header in ["", "Bearer", "Bearer ", "abc", "Basic abc", "Bearerabc"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }
}
