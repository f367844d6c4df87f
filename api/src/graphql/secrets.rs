//! Payloads that carry a secret, which is told once: signing in, and a new key.

use async_graphql::{Context, SimpleObject};
use chrono::{DateTime, Utc};

use super::context::ContextExt;
use super::error::Result;
use super::node::NodeType;
use super::payload::{Payload, UserError, told};
use super::types::{ApiKey, Viewer};
use crate::domain::api_key::ApiKeyCreated;
use crate::domain::login::{self, Login};
use crate::domain::{Error, Problem, Warning};

/// What became of signing in.
#[derive(Debug, SimpleObject)]
pub struct LoginPayload {
    /// What to send as `Authorization: Bearer …` from now on; null if it was refused. It cannot be read again.
    pub token: Option<String>,
    /// When the token ends at the latest. 12 hours without a request end it before.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who signed in.
    pub viewer: Option<Viewer>,
    /// What the caller can mend. An unknown address, a wrong password and a locked account are told in the same words.
    pub user_errors: Vec<UserError>,
}

/// What became of signing out.
#[derive(Debug, SimpleObject)]
pub struct LogoutPayload {
    /// What the caller can mend: nothing, by now.
    pub user_errors: Vec<UserError>,
}

/// What became of making a key.
#[derive(Debug, SimpleObject)]
pub struct ApiKeyCreatePayload {
    /// The key; null if it was refused or only validated.
    pub api_key: Option<ApiKey>,
    /// What a program sends as `Authorization: Bearer …`. It cannot be read again: null also when the write is
    /// repeated.
    pub secret: Option<String>,
    /// What the caller can mend; empty when it was done, or would have been.
    pub user_errors: Vec<UserError>,
}

impl Payload<ApiKeyCreated> for ApiKeyCreatePayload {
    fn done(outcome: ApiKeyCreated) -> Self {
        let ApiKeyCreated { row, secret } = outcome;
        Self { api_key: Some(ApiKey::from_row(std::sync::Arc::new(row))), secret, user_errors: Vec::new() }
    }

    fn refused(problems: Vec<Problem>) -> Self {
        Self { api_key: None, secret: None, user_errors: told(problems) }
    }

    fn valid(_: Vec<Warning>) -> Self {
        Self { api_key: None, secret: None, user_errors: Vec::new() }
    }
}

pub(super) async fn login(ctx: &Context<'_>, input: Login) -> Result<LoginPayload> {
    match login::login(ctx.app(), &ctx.viewer().caller, input).await {
        Ok(signed_in) => {
            ctx.continue_as(&signed_in.viewer);
            Ok(LoginPayload {
                token: Some(signed_in.token),
                expires_at: Some(signed_in.expires_at),
                viewer: Some(Viewer(signed_in.viewer)),
                user_errors: Vec::new(),
            })
        }
        Err(Error::Refused(problems)) => {
            Ok(LoginPayload { token: None, expires_at: None, viewer: None, user_errors: told(problems) })
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn logout(ctx: &Context<'_>) -> Result<LogoutPayload> {
    login::logout(ctx.app(), ctx.viewer()).await?;
    Ok(LogoutPayload { user_errors: Vec::new() })
}
