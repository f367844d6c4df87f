//! A change that is not saved: the content as it would be.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{Content, RotationPlan, RotationRule, RuleId, Window};

/// What would change. Everything else stays.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// New windows, and others in place of saved ones.
    pub windows: Vec<ProposedWindow>,
    /// Saved windows that would go.
    pub removed_windows: Vec<i64>,
    /// New rotation rules, and others in place of saved ones.
    pub rotations: Vec<ProposedRotation>,
    /// The operator's choice: absent leaves it, none unpins.
    pub pinned_video: Option<Option<i64>>,
}

/// A window that plays, whatever the saved one's status.
#[derive(Clone, Debug)]
pub struct ProposedWindow {
    /// The saved one that it is in place of.
    pub id: Option<i64>,
    /// What plays in it.
    pub video_id: i64,
    /// The first instant.
    pub start: DateTime<Utc>,
    /// The first instant after it.
    pub end: DateTime<Utc>,
    /// Absent: that of the saved one, or 0.
    pub priority: Option<i32>,
}

/// A whole rule; what a client left out of it is filled in before.
#[derive(Clone, Debug)]
pub struct ProposedRotation {
    /// The saved one that it is in place of.
    pub id: Option<i64>,
    /// It counts.
    pub is_active: bool,
    /// Steps are counted from here.
    pub anchor_at: DateTime<Utc>,
    /// What it says.
    pub plan: RotationPlan,
}

/// What is wrong with a proposal; `index` is the place in the list that it names, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProposalProblem {
    /// A window in place of one that the content does not have, or that another takes the place of as well.
    #[error("no such window")]
    UnknownWindow {
        /// In the list of windows.
        index: usize,
    },
    /// The removal of a window that the content does not have.
    #[error("no such window")]
    UnknownRemovedWindow {
        /// In the list of removed windows.
        index: usize,
    },
    /// A window that does not end after it starts.
    #[error("a window ends after it starts")]
    BackwardsWindow {
        /// In the list of windows.
        index: usize,
    },
    /// A rule in place of one that the content does not have, or that another takes the place of as well.
    #[error("no such rotation rule")]
    UnknownRotation {
        /// In the list of rotation rules.
        index: usize,
    },
    /// A second active rule of dates, or a second active one that is not of dates.
    #[error("another active rule of this kind is there")]
    Taken {
        /// In the list of rotation rules.
        index: usize,
    },
}

/// Later than any row was made: of what is not saved, the later in the list is the newer.
const UNSAVED: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;

impl Proposal {
    /// The content as it would be. A video that is not one of the content's is never eligible.
    ///
    /// # Errors
    /// Everything that is wrong with the proposal.
    pub fn apply(&self, content: &Content) -> Result<Content, Vec<ProposalProblem>> {
        let mut content = content.clone();
        let mut problems = Vec::new();
        self.change_windows(&mut content.windows, &mut problems);
        self.change_rotations(&mut content.rotations, &mut problems);
        if let Some(pinned_video) = self.pinned_video {
            content.pinned_video = pinned_video;
        }
        if problems.is_empty() { Ok(content) } else { Err(problems) }
    }

    fn change_windows(&self, windows: &mut Vec<Window>, problems: &mut Vec<ProposalProblem>) {
        for (index, id) in self.removed_windows.iter().enumerate() {
            match windows.iter().position(|window| window.id == RuleId::Saved(*id)) {
                Some(place) => drop(windows.swap_remove(place)),
                None => problems.push(ProposalProblem::UnknownRemovedWindow { index }),
            }
        }
        let mut replaced = HashSet::new();
        for (index, proposed) in self.windows.iter().enumerate() {
            let ProposedWindow { id, video_id, start, end, priority } = *proposed;
            if end <= start {
                problems.push(ProposalProblem::BackwardsWindow { index });
            }
            let Some(id) = id else {
                let priority = priority.unwrap_or(0);
                let id = RuleId::Proposed(index);
                windows.push(Window { id, video_id, start, end, priority, created_at: UNSAVED, active: true });
                continue;
            };
            let saved = windows.iter_mut().find(|window| window.id == RuleId::Saved(id));
            match saved.filter(|_| replaced.insert(id)) {
                Some(saved) => {
                    let priority = priority.unwrap_or(saved.priority);
                    *saved = Window { video_id, start, end, priority, active: true, ..*saved };
                }
                None => problems.push(ProposalProblem::UnknownWindow { index }),
            }
        }
    }

    fn change_rotations(&self, rotations: &mut Vec<RotationRule>, problems: &mut Vec<ProposalProblem>) {
        let mut replaced = HashSet::new();
        for (index, proposed) in self.rotations.iter().enumerate() {
            let ProposedRotation { id, is_active, anchor_at, plan } = proposed.clone();
            let Some(id) = id else {
                rotations.push(RotationRule { id: RuleId::Proposed(index), is_active, anchor_at, plan });
                continue;
            };
            let saved = rotations.iter_mut().find(|rule| rule.id == RuleId::Saved(id));
            match saved.filter(|_| replaced.insert(id)) {
                Some(saved) => *saved = RotationRule { is_active, anchor_at, plan, ..saved.clone() },
                None => problems.push(ProposalProblem::UnknownRotation { index }),
            }
        }
        self.refuse_second_rules(rotations, problems);
    }

    /// Names each proposed active rule of a kind of which there is another.
    fn refuse_second_rules(&self, rotations: &[RotationRule], problems: &mut Vec<ProposalProblem>) {
        let id_of =
            |(index, proposed): (usize, &ProposedRotation)| proposed.id.map_or(RuleId::Proposed(index), RuleId::Saved);
        for (index, proposed) in self.rotations.iter().enumerate().filter(|(_, proposed)| proposed.is_active) {
            let own = id_of((index, proposed));
            let same_kind =
                |rule: &&RotationRule| rule.is_active && rule.plan.is_of_dates() == proposed.plan.is_of_dates();
            if rotations.iter().filter(same_kind).any(|other| other.id != own) {
                problems.push(ProposalProblem::Taken { index });
            }
        }
    }
}
