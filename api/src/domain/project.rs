//! Projects: creating one.

use arvlite_db::models::{Company, NewProject, Project, ProjectStatus};
use async_graphql::InputObject;
use serde::Serialize;

use super::{Changed, Checks, Command, Result, Work};
use crate::auth::Permission;
use crate::enums;
use crate::global_id::NodeId;

/// A new project.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
#[graphql(name = "ProjectCreateInput")]
pub struct ProjectCreate {
    /// The company.
    pub company_id: NodeId<Company>,
    /// Its name, of 1 to 255 characters, unique in the company.
    pub name: String,
    /// Whether it is worked on; ACTIVE unless it is given.
    pub status: Option<enums::ProjectStatus>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for ProjectCreate {
    const NAME: &'static str = "projectCreate";
    const NEEDS: Permission = Permission::WriteContent;
    type Outcome = Changed<Project>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Project>> {
        let mut checks = Checks::default();
        let name = checks.text("name", &self.name, 255);
        checks.finish()?;
        let company = work.parent("companyId", self.company_id).await?;
        let new = NewProject {
            company_id: company.id,
            name,
            status: self.status.map_or(ProjectStatus::Active, Into::into),
            created_at: work.now,
            updated_at: work.now,
        };
        Ok(Changed::created(Project::insert(work, &new).await?))
    }
}
