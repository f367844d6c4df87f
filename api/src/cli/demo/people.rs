//! The demo's people and keys: published on purpose, and let in by no server that works for real studios.

use arvlite_db::Scope;
use arvlite_db::models::{ApiKey, ApiKeyScope, Company, Membership, NewApiKey, Role, User, UserRole};

use super::seed::Seed;
use crate::auth::passwords::{PUBLISHED_ADMIN_PASSWORD, PUBLISHED_DEMO_PASSWORD};
use crate::auth::token::{NewKey, api_key_of};
use crate::cli::operator;
use crate::domain::membership::MembershipSet;
use crate::domain::user::{UserCreate, hash_new_password};
use crate::global_id::NodeId;
use crate::secret::{Purpose, SecretKey};

/// Somebody who may sign in.
pub(super) struct Person {
    pub(super) email: &'static str,
    pub(super) password: &'static str,
    name: &'static str,
    /// The slug of their company and their role there; none for whoever runs the platform.
    works: Option<(&'static str, Role)>,
}

pub(super) const PEOPLE: &[Person] = &[
    Person { email: "admin@vertex.local", password: PUBLISHED_ADMIN_PASSWORD, name: "Platform Admin", works: None },
    member("manager@vertex.local", "Мария Громова", "vertex-ar", Role::Manager),
    member("editor@vertex.local", "Егор Лапин", "vertex-ar", Role::Editor),
    member("viewer@vertex.local", "Вера Ильина", "vertex-ar", Role::Viewer),
    member("manager@lumen.local", "Lena Hofmann", "lumen", Role::Manager),
];

const fn member(email: &'static str, name: &'static str, company: &'static str, role: Role) -> Person {
    Person { email, password: PUBLISHED_DEMO_PASSWORD, name, works: Some((company, role)) }
}

impl Person {
    /// What they are, in words.
    pub(super) fn role(&self) -> String {
        self.works.map_or_else(
            || "runs the platform".to_owned(),
            |(company, role)| format!("{} of {company}", role.as_str().to_lowercase()),
        )
    }
}

/// Writes the people who are not there yet, and a key of each company.
pub(super) async fn write(seed: &Seed, companies: &[Company]) -> anyhow::Result<()> {
    let session = seed.app.db.session(Scope::Everything);
    for person in PEOPLE {
        if User::by_email(&session, person.email).await?.is_some() {
            continue;
        }
        let hashed_password =
            hash_new_password(&seed.app, person.password.to_owned()).await.map_err(operator::in_words)?;
        let role = if person.works.is_some() { UserRole::Member } else { UserRole::Admin };
        let (email, full_name) = (person.email.to_owned(), person.name.to_owned());
        let user: User = seed.run(person.email, UserCreate { email, full_name, role, hashed_password }).await?;
        let works = person.works.and_then(|(slug, role)| Some((companies.iter().find(|it| it.slug == slug)?, role)));
        if let Some((company, role)) = works {
            let set = MembershipSet {
                company_id: NodeId::of(company.id),
                user_id: Some(NodeId::of(user.id)),
                email: None,
                role: role.into(),
                validate_only: false,
            };
            let _: Membership = seed.run(person.email, set).await?;
        }
    }
    for company in companies {
        write_key(seed, company).await?;
    }
    Ok(())
}

/// The key of a company: made of the installation's secret, so that it can be printed at every start.
pub(super) fn key_of(secret: &SecretKey, company: &Company) -> NewKey {
    let part = |part: &str| secret.sign(Purpose::DemoKey, format!("{part} of {}", company.slug).as_bytes());
    api_key_of(part("prefix"), part("secret"))
}

async fn write_key(seed: &Seed, company: &Company) -> anyhow::Result<()> {
    let key = key_of(&seed.app.secret, company);
    let tx = seed.app.db.begin(Scope::Everything).await?;
    if ApiKey::by_prefix(&tx, &key.prefix).await?.is_none() {
        let new = NewApiKey {
            company_id: company.id,
            name: "Demo".to_owned(),
            prefix: key.prefix,
            secret_sha256: key.secret_sha256.to_vec(),
            role: Role::Editor,
            scopes: ApiKeyScope::ALL.to_vec(),
            expires_at: None,
            created_at: seed.now(),
        };
        ApiKey::insert(&tx, &new).await?;
    }
    tx.commit().await?;
    Ok(())
}
