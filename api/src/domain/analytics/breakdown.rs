//! Views told apart by something: the largest groups, each with a name, and the rest in one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use arvlite_db::models::{ArContent, Facet, Grain, Project, SlotNumbers, Video, ViewColumn, ViewNumbers};
use arvlite_db::{Entity, Session};

use super::calendar::Period;
use super::timeframe::by_the_clock;
use super::{Asking, Metrics, sum};
use crate::auth::{Permission, Viewer};
use crate::domain::Result;
use crate::global_id;

/// What views are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "told in the API")]
pub enum Dimension {
    DeviceType,
    Os,
    Browser,
    Country,
    City,
    TrackingQuality,
    Project,
    ArContent,
    Video,
    Source,
    HourOfDay,
    Weekday,
}

/// Views told apart.
#[derive(Debug, Clone)]
pub struct Breakdown {
    /// The groups with the most views, most first.
    pub rows: Vec<Row>,
    /// All views that are in none of them; none if there are none.
    pub other: Option<Metrics>,
}

/// A group of views.
#[derive(Debug, Clone)]
pub struct Row {
    /// What they have in common, for programs; empty where it is not known.
    pub value: String,
    /// The same for people.
    pub label: String,
    /// What is told of them.
    pub metrics: Metrics,
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Dimension {
    fn column(self) -> Option<ViewColumn> {
        Some(match self {
            Self::DeviceType => ViewColumn::DeviceType,
            Self::Os => ViewColumn::Os,
            Self::Browser => ViewColumn::Browser,
            Self::Country => ViewColumn::Country,
            Self::City => ViewColumn::City,
            Self::TrackingQuality => ViewColumn::TrackingQuality,
            Self::Project => ViewColumn::Project,
            Self::ArContent => ViewColumn::ArContent,
            Self::Video => ViewColumn::Video,
            Self::Source => ViewColumn::Source,
            Self::HourOfDay | Self::Weekday => return None,
        })
    }
}

/// Groups of the views that are asked about.
pub(super) async fn of(asking: &Asking<'_>, viewer: &Viewer, dimension: Dimension, first: i32) -> Result<Breakdown> {
    let mut groups = match dimension.column() {
        Some(column) => asking.largest(column, first).await?,
        None => by_clock(asking, dimension).await?,
    };
    let rest = groups.split_off(usize::try_from(first).map_or(groups.len(), |first| first.min(groups.len())));
    let other = (!rest.is_empty()).then(|| Metrics::of(sum(rest.iter().map(|group| &group.numbers))));

    let session = asking.tx.with_scope(viewer.scope(Permission::ReadStudio));
    let named = names(&session, dimension, &groups).await?;
    let rows = groups.into_iter().zip(named);
    let rows = rows.map(|(group, (value, label))| Row { value, label, metrics: Metrics::of(group.numbers) }).collect();
    Ok(Breakdown { rows, other })
}

/// All groups by what the clock shows, most views first.
async fn by_clock(asking: &Asking<'_>, dimension: Dimension) -> Result<Vec<SlotNumbers>> {
    let span = asking.question.timeframe.span();
    let period = if dimension == Dimension::Weekday { Period::Day } else { Period::Seconds(3600) };
    let (slots, pieces) = by_the_clock(span, asking.calendar, period);
    let rows = match dimension {
        Dimension::HourOfDay if asking.hours_are_rolled_up() => {
            asking.numbers_from(Some(Facet::Hour), slots, [span]).await?
        }
        Dimension::HourOfDay => {
            // No day lies within an hour, and thousands of hours are not looked through for one.
            let facet = Facet::of(&asking.columns(None)).filter(|facet| facet.grains().contains(&Grain::Quarter));
            asking.numbers_from(facet, slots, pieces).await?
        }
        _ => asking.numbers(slots, pieces).await?,
    };
    let mut groups: BTreeMap<i32, ViewNumbers> = BTreeMap::new();
    for row in rows {
        groups.entry(row.slot).or_default().add(&row.numbers);
    }
    let group = |(slot, numbers)| SlotNumbers { slot, value: None, numbers };
    let mut groups: Vec<SlotNumbers> = groups.into_iter().map(group).filter(|group| group.numbers.views > 0).collect();
    groups.sort_by_key(|group| Reverse(group.numbers.views));
    Ok(groups)
}

/// Value and label of each group. What the viewer may not see the name of is called by its id.
async fn names(session: &Session, dimension: Dimension, groups: &[SlotNumbers]) -> Result<Vec<(String, String)>> {
    let numbers: Vec<i64> = groups.iter().filter_map(|group| group.value.as_ref()?.parse().ok()).collect();
    let names: HashMap<i64, String> = match dimension {
        Dimension::Project => {
            let rows = Project::by_ids(session, &numbers).await?;
            rows.into_iter().map(|row| (row.id, row.name)).collect()
        }
        Dimension::ArContent => {
            let rows = ArContent::by_ids(session, &numbers).await?;
            rows.into_iter().map(|row| (row.id, row.order_number)).collect()
        }
        Dimension::Video => {
            let rows = Video::by_ids(session, &numbers).await?;
            rows.into_iter().map(|row| (row.id, row.filename)).collect()
        }
        _ => HashMap::new(),
    };
    let told = |SlotNumbers { slot, value, .. }: &SlotNumbers| {
        let global_id = |encode: fn(i64) -> async_graphql::ID| {
            let number = value.as_ref()?.parse().ok()?;
            let id = encode(number).0;
            let label = names.get(&number).cloned().unwrap_or_else(|| id.clone());
            Some((id, label))
        };
        let told = match dimension {
            Dimension::HourOfDay => Some((slot.to_string(), format!("{slot:02}:00–{:02}:00", slot + 1))),
            Dimension::Weekday => {
                let name = usize::try_from(*slot).ok().and_then(|day| WEEKDAYS.get(day)).copied().unwrap_or_default();
                Some((name.to_uppercase(), name.to_owned()))
            }
            Dimension::Project => global_id(global_id::encode::<Project>),
            Dimension::ArContent => global_id(global_id::encode::<ArContent>),
            Dimension::Video => global_id(global_id::encode::<Video>),
            _ => value.clone().map(|value| (value.clone(), value)),
        };
        told.unwrap_or_else(|| (String::new(), "unknown".to_owned()))
    };
    Ok(groups.iter().map(told).collect())
}
