//! Companies: creating one.

use arvlite_db::models::{Company, NewCompany};
use async_graphql::InputObject;
use chrono_tz::Tz;
use serde::Serialize;

use super::{Changed, Checks, Command, Problem, ProblemCode, Result, Work};
use crate::auth::Permission;
use crate::domain::slug::{LONGEST_SLUG, slug_of};

/// A new company.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "CompanyCreateInput")]
pub struct CompanyCreate {
    /// Its name, of 1 to 255 characters.
    pub name: String,
    /// Its name in addresses: lower-case Latin letters, digits and hyphens. Made from the name unless it is given.
    pub slug: Option<String>,
    /// Where to write to it.
    pub contact_email: Option<String>,
    /// The zone of its days and wall times; UTC unless it is given.
    pub time_zone: Option<Tz>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for CompanyCreate {
    const NAME: &'static str = "companyCreate";
    const NEEDS: Permission = Permission::CreateCompanies;
    type Outcome = Changed<Company>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Company>> {
        let mut checks = Checks::default();
        let name = checks.text("name", &self.name, 255);
        let slug = match &self.slug {
            Some(slug) => given_slug(&mut checks, slug),
            None => made_slug(&mut checks, &name),
        };
        let contact_email = checks.optional_email("contactEmail", self.contact_email.as_deref());
        checks.finish()?;
        let time_zone = self.time_zone.unwrap_or(Tz::UTC).name().to_owned();
        let (created_at, updated_at) = (work.now, work.now);
        let new = NewCompany { name, slug, contact_email, time_zone, created_at, updated_at };
        Ok(Changed::created(Company::insert(work, &new).await?))
    }
}

fn given_slug(checks: &mut Checks, slug: &str) -> String {
    let length = slug.chars().count();
    if slug.is_empty() {
        checks.add(Problem::new(ProblemCode::Required, ["slug"], "must not be empty"));
    } else if length > LONGEST_SLUG {
        let message = format!("has {length} characters, at most {LONGEST_SLUG} are allowed");
        checks.add(Problem::new(ProblemCode::TooLong, ["slug"], message));
    } else if slug != slug_of(slug) {
        let message = "may have lower-case Latin letters, digits and single hyphens only";
        checks.add(Problem::new(ProblemCode::Invalid, ["slug"], message));
    }
    slug.to_owned()
}

fn made_slug(checks: &mut Checks, name: &str) -> String {
    let slug = slug_of(name);
    // Without a name there is nothing to make it from, and that is told already.
    if slug.is_empty() && !name.is_empty() {
        checks.add(Problem::new(ProblemCode::Required, ["slug"], "cannot be made from this name: give one"));
    }
    slug
}
