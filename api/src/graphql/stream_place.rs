//! Where somebody who follows a log stands in it: kept beside the answers, whatever they select.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::domain;
use crate::domain::view::{Cursor, LogItem, Stretch};

const NOWHERE: i64 = -1;

/// Where a follower stands, and which part of the log it is told. Given to a subscription by whoever hands its answers on;
/// a subscription that knows no cursors leaves it alone. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StreamPlace {
    part: Part,
    stand: Arc<Stand>,
}

#[derive(Debug)]
struct Stand {
    reached: AtomicI64,
    is_live: AtomicBool,
    has_failed: AtomicBool,
}

#[derive(Debug, Clone)]
enum Part {
    /// From after this cursor, else from where the document says, to the end of times.
    On { after: Option<Arc<str>> },
    /// The same, as far as it is past, and no further than this.
    Past { after: Option<Arc<str>>, until: Option<Cursor> },
    /// What came after this position, of which somebody who was live before has fallen out.
    Missed { after: i64, only_the_past: bool },
    /// What happens from now on, whatever the document says.
    News,
}

impl Default for StreamPlace {
    fn default() -> Self {
        Self::on(None)
    }
}

impl StreamPlace {
    fn new(part: Part) -> Self {
        let (is_live, has_failed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { part, stand: Arc::new(Stand { reached: AtomicI64::new(NOWHERE), is_live, has_failed }) }
    }

    /// From after a cursor that goes before the document's, and for good.
    #[must_use]
    pub fn on(after: Option<Arc<str>>) -> Self {
        Self::new(Part::On { after })
    }

    /// The same, but it ends when the past is told.
    #[must_use]
    pub fn past(after: Option<Arc<str>>) -> Self {
        Self::new(Part::Past { after, until: None })
    }

    /// What is past between two positions. That the past is told is said only if it ends before the second.
    #[must_use]
    pub fn between(after: Cursor, until: Cursor) -> Self {
        Self::new(Part::Past { after: Some(after.to_string().into()), until: Some(until) })
    }

    /// For somebody who was live up to a position: what was missed since, and for good or no further. That the past is
    /// told is not said again.
    #[must_use]
    pub fn missed(Cursor(after): Cursor, only_the_past: bool) -> Self {
        Self::new(Part::Missed { after, only_the_past })
    }

    /// From now on.
    #[must_use]
    pub fn news() -> Self {
        Self::new(Part::News)
    }

    /// The same for somebody who was told everything up to here, and nothing that was reached since.
    #[must_use]
    pub fn again(&self, told: Option<Cursor>) -> Self {
        let Some(Cursor(after)) = told else { return Self::new(self.part.clone()) };
        let broke_off = Some(Cursor(after).to_string().into());
        Self::new(match self.part {
            Part::On { .. } if !self.is_live() => Part::On { after: broke_off },
            Part::Past { until, .. } => Part::Past { after: broke_off, until },
            Part::Missed { only_the_past, .. } => Part::Missed { after, only_the_past },
            Part::On { .. } | Part::News => Part::Missed { after, only_the_past: false },
        })
    }

    /// Everything up to here was told, or was not to be. Answers come one by one, so that this is where the last answer
    /// stands, as long as nobody has asked for the next one. None of a subscription that knows no positions.
    #[must_use]
    pub fn reached(&self) -> Option<Cursor> {
        Some(self.stand.reached.load(Ordering::Relaxed)).filter(|reached| *reached != NOWHERE).map(Cursor)
    }

    /// Whether the past was told.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.stand.is_live.load(Ordering::Relaxed)
    }

    /// Whether it is a stretch of the past, and so a limited amount of work.
    #[must_use]
    pub fn is_stretch(&self) -> bool {
        matches!(self.part, Part::Past { until: Some(_), .. })
    }

    /// Whether what is followed has failed, and not just what was asked of one event.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.stand.has_failed.load(Ordering::Relaxed)
    }

    /// What is to be followed, where the document says after which cursor.
    pub(crate) fn stretch(&self, began_after: Option<&str>) -> domain::Result<Stretch> {
        let after = |broke_off: &Option<Arc<str>>| broke_off.as_deref().or(began_after).map(Cursor::read).transpose();
        Ok(match &self.part {
            Part::On { after: broke_off } => Stretch { after: after(broke_off)?, ..Stretch::default() },
            Part::Past { after: broke_off, until } => {
                Stretch { after: after(broke_off)?, only_the_past: true, until: *until, ..Stretch::default() }
            }
            Part::Missed { after, only_the_past } => {
                let (after, only_the_past) = (Some(Cursor(*after)), *only_the_past);
                Stretch { after, was_live: true, only_the_past, until: None }
            }
            Part::News => Stretch::default(),
        })
    }

    /// It was gone so far.
    pub(crate) fn reach(&self, item: &LogItem) {
        self.stand.reached.store(item.position(), Ordering::Relaxed);
        if matches!(item, LogItem::CaughtUp { .. }) {
            self.stand.is_live.store(true, Ordering::Relaxed);
        }
    }

    /// It does not go on.
    pub(crate) fn fail(&self) {
        self.stand.has_failed.store(true, Ordering::Relaxed);
    }

    /// Whether this is told here.
    pub(crate) fn tells(&self, item: &LogItem) -> bool {
        !matches!((&self.part, item), (Part::Missed { .. }, LogItem::CaughtUp { .. }))
    }
}
