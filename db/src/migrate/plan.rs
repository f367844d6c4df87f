//! Which migrations a wish comes to, in the order in which they run.

use super::migration::version_of;
use super::{MigrateError, Migration, RevisionError, Standing, State, Step};

/// How far up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpTo {
    /// All that is pending.
    Latest,
    /// So many of what is pending.
    Steps(usize),
    /// Up to this one, and with it.
    Revision(&'static Migration),
}

/// How far down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownTo {
    /// So many of what was applied last.
    Steps(usize),
    /// Down to this one, which stays.
    Revision(&'static Migration),
    /// Nothing is left.
    Base,
}

impl Standing {
    /// What an upgrade applies, oldest first.
    ///
    /// # Errors
    /// When the schema is in no state to be upgraded.
    pub fn upgradable(&self, to: UpTo) -> Result<Vec<&'static Migration>, MigrateError> {
        match self.state() {
            State::Empty | State::Behind { .. } | State::Current => {}
            refused => return Err(MigrateError::Refused(refused)),
        }
        let pending = self.steps.iter().filter(|step| step.applied_at.is_none()).filter_map(|step| step.migration);
        Ok(match to {
            UpTo::Latest => pending.collect(),
            UpTo::Steps(steps) => pending.take(steps).collect(),
            UpTo::Revision(last) => pending.filter(|migration| migration.version() <= last.version()).collect(),
        })
    }

    /// What a downgrade reverts, newest first. Of what is half applied the rest is undone; what was edited may go.
    ///
    /// # Errors
    /// When the schema is in no state to be downgraded, or should go back to what is not applied.
    pub fn downgradable(&self, to: DownTo) -> Result<Vec<&'static Migration>, MigrateError> {
        match self.state() {
            State::Empty => return Ok(Vec::new()),
            refused @ (State::Ahead { .. } | State::Foreign { .. }) => return Err(MigrateError::Refused(refused)),
            State::Behind { .. } | State::Current | State::Edited { .. } | State::HalfApplied(_) => {}
        }
        let is_there = |step: &&Step| step.applied_at.is_some() || step.half.is_some();
        let applied = self.steps.iter().rev().filter(is_there).filter_map(|step| step.migration);
        Ok(match to {
            DownTo::Base => applied.collect(),
            DownTo::Steps(steps) => applied.take(steps).collect(),
            DownTo::Revision(stays) => {
                let is_applied = |step: &Step| step.applied_at.is_some() && version_of(&step.name) == stays.version();
                if !self.steps.iter().any(is_applied) {
                    return Err(RevisionError::NotApplied(stays.name.to_owned()).into());
                }
                applied.filter(|migration| migration.version() > stays.version()).collect()
            }
        })
    }
}
