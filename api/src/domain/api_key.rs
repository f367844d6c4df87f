//! API keys: making one, and ending it.

use arvlite_db::Entity;
use arvlite_db::models::{self, ApiKey, Company, NewApiKey};
use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Changed, Checks, Command, Outcome, Problem, ProblemCode, Result, Work};
use crate::auth::{Permission, Revoked, token};
use crate::enums;
use crate::global_id::NodeId;

/// A new key of a company.
#[derive(Debug, Clone, Serialize, InputObject)]
#[graphql(name = "ApiKeyCreateInput")]
pub struct ApiKeyCreate {
    /// The company; the key opens nothing else.
    pub company_id: NodeId<Company>,
    /// What it is for, of 1 to 255 characters.
    pub name: String,
    /// What it may do in the company; at most what the caller may.
    pub role: enums::Role,
    /// What it may be used for. It may do what both its role and its scopes allow.
    pub scopes: Vec<enums::ApiKeyScope>,
    /// When it ends; never unless it is given.
    pub expires_at: Option<DateTime<Utc>>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// The end of a key.
#[derive(Debug, Clone, Serialize, InputObject)]
#[graphql(name = "ApiKeyRevokeInput")]
pub struct ApiKeyRevoke {
    /// The key. One that was revoked before stays as it is.
    pub id: NodeId<ApiKey>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// A key that was just made.
pub struct ApiKeyCreated {
    /// The key as it is stored.
    pub row: ApiKey,
    /// The whole key, to be shown once; none when the write is repeated, for it is stored nowhere.
    pub secret: Option<String>,
}

impl Outcome for ApiKeyCreated {
    type Row = ApiKey;

    fn row(&self) -> &ApiKey {
        &self.row
    }

    fn before(&self) -> Option<&ApiKey> {
        None
    }

    fn repeated(row: ApiKey) -> Self {
        Self { row, secret: None }
    }
}

impl Command for ApiKeyCreate {
    const NAME: &'static str = "apiKeyCreate";
    const NEEDS: Permission = Permission::ManageKeys;
    type Outcome = ApiKeyCreated;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<ApiKeyCreated> {
        let mut checks = Checks::default();
        let name = checks.text("name", &self.name, 255);
        let mut scopes: Vec<models::ApiKeyScope> = self.scopes.iter().map(|scope| (*scope).into()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            checks.add(Problem::new(ProblemCode::Required, ["scopes"], "must name at least one"));
        }
        checks.optional_instant("expiresAt", self.expires_at);
        if self.expires_at.is_some_and(|end| end <= work.now) {
            checks.add(Problem::new(ProblemCode::Invalid, ["expiresAt"], "is in the past"));
        }
        let company = work.parent("companyId", self.company_id).await?;
        let role = self.role.into();
        if !work.viewer.covers(role, company.id()) {
            checks.add(Problem::new(ProblemCode::NotAllowed, ["role"], "opens more than you may yourself"));
        }
        checks.finish()?;
        let key = token::new_api_key();
        let new = NewApiKey {
            company_id: company.id,
            name,
            prefix: key.prefix,
            secret_sha256: key.secret_sha256.to_vec(),
            role,
            scopes,
            expires_at: self.expires_at,
            created_at: work.now,
        };
        Ok(ApiKeyCreated { row: ApiKey::insert(work, &new).await?, secret: Some(key.text) })
    }
}

impl Command for ApiKeyRevoke {
    const NAME: &'static str = "apiKeyRevoke";
    const NEEDS: Permission = Permission::ManageKeys;
    type Outcome = Changed<ApiKey>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<ApiKey>> {
        let before = work.target("id", self.id).await?;
        if before.revoked_at.is_some() {
            return Ok(Changed::edited(before.clone(), before));
        }
        let row = ApiKey::revoke(work, before.id, work.now).await?;
        work.app.credentials.revoke(work, Revoked::ApiKey(row.id)).await?;
        Ok(Changed::edited(before, row))
    }
}
