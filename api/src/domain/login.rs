//! Signing in and out. Neither is a command: the count of failures must survive a refusal, and whoever signs out may
//! have no permission anywhere.
//!
//! Nothing tells an unknown person from a wrong password or a locked account: not the words, not the work. Every try
//! is counted in one committed transaction before the password is looked at, so that fifty at once are no more than
//! five.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use arvlite_db::models::{LoginAddress, Membership, NewAuditEntry, SignIn, User};
use arvlite_db::{Deleted, Entity, Scope, Tx};
use async_graphql::InputObject;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Checks, Error, Problem, ProblemCode, Result};
use crate::app::App;
use crate::auth::authenticate::SIGN_IN_LIFETIME;
use crate::auth::passwords::{self, Turn, Verdict};
use crate::auth::{Caller, Revoked, SignedIn, Viewer, Who, token};
use crate::config::Mode;

/// Failures in a row that lock an account.
const ATTEMPTS: i32 = 5;
/// Failures that lock an address. Many more, for a whole studio shares one.
const ATTEMPTS_OF_ADDRESS: i32 = 50;
/// How long an account or an address is locked, and after what pause an address starts anew.
const LOCKED_FOR: TimeDelta = TimeDelta::minutes(15);

/// Who wants to sign in.
#[derive(Clone, InputObject)]
#[graphql(name = "LoginInput")]
pub struct Login {
    /// The e-mail address, in any case.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Somebody who just signed in.
pub struct LoggedIn {
    /// What to show from now on. It is told once and never stored.
    pub token: String,
    /// When the token ends at the latest; 12 hours without use end it before.
    pub expires_at: DateTime<Utc>,
    /// Who they are.
    pub viewer: Viewer,
}

/// Signs somebody in.
///
/// # Errors
/// [`Error::Refused`] in the same words whatever is wrong; [`Error::Throttled`] when too many others sign in.
pub async fn login(app: &App, caller: &Arc<Caller>, input: Login) -> Result<LoggedIn> {
    let mut checks = Checks::default();
    let email = checks.text("email", &input.email, 255);
    passwords::check_typed(&mut checks, "password", &input.password);
    checks.finish()?;

    // Whoever is sent away for want of a turn must not have been counted.
    let turn = app.passwords.turn().await?;
    let now = app.clock.now();
    let address = caller.address.as_deref().map(counted_address);
    let may_try = count(app, &email, address.as_deref(), now).await?;
    let user = User::by_email(&app.db.session(Scope::Everything), &email).await?;
    let user = user.filter(|user| may_try && user.is_active && !is_barred(app, &input.password));
    let verdict = verify(turn, user.as_ref(), input.password).await?;
    match (user, verdict) {
        (None, _) | (_, Verdict::Wrong) => Err(refusal()),
        (Some(user), Verdict::Right) => sign_in(app, caller, address.as_deref(), user, None).await,
        (Some(user), Verdict::RightButOld { upgraded }) => {
            sign_in(app, caller, address.as_deref(), user, Some(upgraded)).await
        }
    }
}

/// Ends the sign-in that the caller showed.
///
/// # Errors
/// When nobody is signed in, or a program asks, whose key is revoked instead.
pub async fn logout(app: &App, viewer: &Viewer) -> Result<()> {
    let signed_in = match &viewer.who {
        Who::User(signed_in) => signed_in,
        Who::Anonymous => return Err(Error::Unauthenticated),
        Who::ApiKey(_) | Who::System => return Err(Error::Forbidden),
    };
    let (now, revoked) = (app.clock.now(), Revoked::SignIn(signed_in.sign_in_id));
    let tx = app.db.begin(Scope::Everything).await?;
    SignIn::revoke(&tx, signed_in.sign_in_id, now).await?;
    entry("logout", viewer, signed_in, now).insert(&tx).await?;
    app.credentials.revoke(&tx, revoked).await?;
    Ok(tx.commit().await?)
}

/// The one answer to whoever may not in.
fn refusal() -> Error {
    let message = "the e-mail address or the password is wrong, or the account is locked for a while";
    Problem::new(ProblemCode::Invalid, [""; 0], message).into()
}

fn is_barred(app: &App, password: &str) -> bool {
    app.config.mode == Mode::Production && passwords::is_published(password)
}

async fn verify(turn: Turn, user: Option<&User>, password: String) -> Result<Verdict> {
    turn.verify(user.map(|user| user.hashed_password.clone()), password).await
}

/// Counts a try, and tells whether the password may be looked at. A locked address counts on no account: it must not
/// be able to keep people out for good.
async fn count(app: &App, email: &str, address: Option<&str>, now: DateTime<Utc>) -> Result<bool> {
    let locked_until = now + LOCKED_FOR;
    let tx = app.db.begin(Scope::Everything).await?;
    let from_here = match address {
        Some(address) => {
            LoginAddress::count_login(&tx, address, ATTEMPTS_OF_ADDRESS, now, locked_until, now - LOCKED_FOR).await?
        }
        None => true,
    };
    let may_try = from_here && User::count_login(&tx, email, ATTEMPTS, now, locked_until).await?;
    tx.commit().await?;
    Ok(may_try)
}

/// What an address is counted as. Whoever has one IPv6 address has the whole network of 64 bits.
fn counted_address(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.chars().take(64).collect(),
    }
}

async fn sign_in(
    app: &App,
    caller: &Arc<Caller>,
    address: Option<&str>,
    verified: User,
    upgraded: Option<String>,
) -> Result<LoggedIn> {
    let now = app.clock.now();
    let tx = app.db.begin(Scope::Everything).await?;
    // The address before the person, as they are counted: two sign-ins at once must not wait for each other.
    if let Some(address) = address {
        LoginAddress::uncount_login(&tx, address).await?;
    }
    let user = still_the_same(&tx, &verified).await?.ok_or_else(refusal)?;
    if let Some(hash) = upgraded {
        User::upgrade_password(&tx, user.id, &hash).await?;
    }
    let (token, digest) = token::new_sign_in();
    let sign_in = SignIn::insert(&tx, user.id, digest, now).await?;
    User::signed_in(&tx, user.id, now).await?;
    let memberships = Membership::of_user(&tx, user.id).await?.into_iter().map(Arc::new).collect();
    let user = Arc::new(User { last_login_at: Some(now), ..user });
    let signed_in = Arc::new(SignedIn { sign_in_id: sign_in.id, user, memberships });
    let viewer = Viewer { who: Who::User(Arc::clone(&signed_in)), caller: Arc::clone(caller) };
    entry("login", &viewer, &signed_in, now).insert(&tx).await?;
    tx.commit().await?;
    Ok(LoggedIn { token, expires_at: now + SIGN_IN_LIFETIME, viewer })
}

/// The person whose password was right, unless it was changed or they were locked out while it was looked at: a
/// sign-in must not outlive what ends all of them.
async fn still_the_same(tx: &Tx, verified: &User) -> Result<Option<User>> {
    let user = User::lock(tx, verified.id, Deleted::Exclude).await?;
    Ok(user.filter(|user| user.is_active && user.hashed_password == verified.hashed_password))
}

/// What the audit log says of a sign-in's beginning or end.
fn entry(action: &str, viewer: &Viewer, signed_in: &SignedIn, now: DateTime<Utc>) -> NewAuditEntry {
    let (actor_kind, actor_id, actor_email) = viewer.actor();
    let caller = &viewer.caller;
    NewAuditEntry {
        company_id: None,
        entity_type: User::NAME.to_owned(),
        entity_id: signed_in.user.id,
        action: action.to_owned(),
        changes: serde_json::json!({ "signInId": signed_in.sign_in_id }),
        actor_kind,
        actor_id,
        actor_email,
        actor_ip: caller.address.clone(),
        user_agent: caller.user_agent.as_ref().map(|agent| agent.chars().take(1000).collect()),
        request_id: (!caller.request_id.is_empty()).then(|| caller.request_id.clone()),
        created_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::counted_address;

    #[test]
    fn an_address_is_counted_as_what_one_person_has() {
        assert_eq!(counted_address("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted_address("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(counted_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(counted_address("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
    }
}
