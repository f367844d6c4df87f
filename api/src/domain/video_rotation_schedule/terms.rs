//! What a rule of turns may say: which terms its type uses, and what is wrong with them, all told at once.

use arvlite_db::models::{DateRule, RotationItem, RotationTerms, RotationType, Video, VideoRotationScheduleEdit};
use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Datelike, NaiveDate, SubsecRound, Utc};
use serde::Serialize;

use super::super::playback::{Cron, CronProblem};
use super::super::{Problem, ProblemCode};
use crate::dates::{Date, Time};
use crate::enums::Weekday;
use crate::global_id::NodeId;

/// How many items a rule may have.
const MOST_ITEMS: usize = 200;
/// How many dates.
const MOST_DATES: usize = 1_000;
const HEAVIEST: i32 = 1_000;
const LONGEST_CRON: usize = 100;
/// Random days follow one another from the anchor on, so it is not too long ago.
const EARLIEST_ANCHOR: i32 = 2000;

/// The terms of a rule besides its type: in the order's own, a field that is not given stays as it is.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
pub struct RotationTermsInput {
    /// When the days of DAILY, WEEKLY, MONTHLY and RANDOM_DAILY begin, in the company's zone; midnight unless it is said.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub time_of_day: MaybeUndefined<Time>,
    /// The day of WEEKLY; Monday unless it is said.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub day_of_week: MaybeUndefined<Weekday>,
    /// The day of MONTHLY, 1 to 31; the first unless it is said. A shorter month has it on its last day.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub day_of_month: MaybeUndefined<i32>,
    /// The times of CRON, at most 100 characters: minute, hour, day of month, month, day of week, with names, ranges,
    /// steps, lists and `L`. Of the two kinds of days one is enough.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub cron_expression: MaybeUndefined<String>,
    /// Steps are counted from here, for types with items; from the rule's creation unless it is said. Not before 2000.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub anchor_at: MaybeUndefined<DateTime<Utc>>,
    /// What FIXED plays.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub default_video_id: MaybeUndefined<NodeId<Video>>,
    /// What plays in turn, 1 to 200, for every type but FIXED and DATE_RULES.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub items: MaybeUndefined<Vec<RotationItemInput>>,
    /// What plays on dates, 1 to 1,000, for DATE_RULES.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    pub date_rules: MaybeUndefined<Vec<DateRuleInput>>,
}

/// What plays in turn.
#[derive(Debug, Clone, Default, Serialize, InputObject)]
pub struct RotationItemInput {
    /// The video, of the same order.
    pub video_id: NodeId<Video>,
    /// How often RANDOM_DAILY draws it, against the others: 1 to 1000.
    #[graphql(default = 1)]
    pub weight: i32,
}

/// What plays on a date.
#[derive(Debug, Clone, Serialize, InputObject)]
pub struct DateRuleInput {
    /// The date, in the company's zone.
    pub date: Date,
    /// In every year, on 28 February where there is no 29th.
    #[graphql(default)]
    pub yearly: bool,
    /// The video, of the same order.
    pub video_id: NodeId<Video>,
}

/// What somebody says of a rule.
pub struct Said<'a> {
    /// What it goes by.
    pub rotation_type: Option<RotationType>,
    /// Everything else.
    pub terms: &'a RotationTermsInput,
    /// Whether it counts.
    pub is_active: Option<bool>,
}

impl Said<'_> {
    /// What the rule is to become: what is not said stays as it was `before`, or begins as a new rule does. `videos` are
    /// those of the order.
    ///
    /// # Errors
    /// Everything that is wrong with it; what names no video of the order comes alone.
    pub fn wanted(
        &self,
        before: Option<&VideoRotationScheduleEdit>,
        videos: &[i64],
        now: DateTime<Utc>,
    ) -> Result<VideoRotationScheduleEdit, Vec<Problem>> {
        let unknown = self.unknown_videos(videos);
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let is = before.map(|before| &before.terms);
        let Some(of) = self.rotation_type.or(is.map(|terms| terms.rotation_type)) else {
            return Err(vec![Problem::new(ProblemCode::Required, ["rotationType"], "must be given")]);
        };
        let given = self.terms;
        let mut terms = Terms { of, problems: Vec::new() };
        let (takes_time, takes_items) = (takes_time(of), takes_items(of));
        let anchor_at = terms.one("anchorAt", takes_items, &given.anchor_at, is.map(|terms| terms.anchor_at));
        let edit = VideoRotationScheduleEdit {
            terms: RotationTerms {
                rotation_type: of,
                time_of_day: terms
                    .one("timeOfDay", takes_time, &given.time_of_day, is.and_then(|is| is.time_of_day.map(Time)))
                    .map(|time| time.0),
                day_of_week: terms
                    .one(
                        "dayOfWeek",
                        of == RotationType::Weekly,
                        &given.day_of_week,
                        is.and_then(|is| is.day_of_week.map(Into::into)),
                    )
                    .map(Into::into),
                day_of_month: terms.one(
                    "dayOfMonth",
                    of == RotationType::Monthly,
                    &given.day_of_month,
                    is.and_then(|is| is.day_of_month),
                ),
                cron_expression: terms
                    .one(
                        "cronExpression",
                        of == RotationType::Cron,
                        &given.cron_expression,
                        is.and_then(|is| is.cron_expression.clone()),
                    )
                    .map(|cron| cron.split_whitespace().collect::<Vec<_>>().join(" ")),
                anchor_at: anchor_at.or(is.map(|is| is.anchor_at)).unwrap_or(now).trunc_subsecs(6),
                default_video_id: terms
                    .one(
                        "defaultVideoId",
                        of == RotationType::Fixed,
                        &given.default_video_id,
                        is.and_then(|is| is.default_video_id.map(NodeId::of)),
                    )
                    .map(|video| video.number()),
                is_active: self.is_active.or(is.map(|terms| terms.is_active)).unwrap_or(true),
            },
            items: terms.several("items", takes_items, &given.items, before.map(|before| &before.items[..]), item),
            date_rules: terms.several(
                "dateRules",
                of == RotationType::DateRules,
                &given.date_rules,
                before.map(|before| &before.date_rules[..]),
                date_rule,
            ),
        };
        if given.anchor_at.is_null() {
            terms.refuse_null("anchorAt");
        }
        terms.check(&edit);
        if terms.problems.is_empty() { Ok(edit) } else { Err(terms.problems) }
    }

    /// What names no video of the order: one of another order is as unknown as one that does not exist.
    fn unknown_videos(&self, videos: &[i64]) -> Vec<Problem> {
        let named = |list: &str, index: usize| vec![list.to_owned(), index.to_string(), "videoId".to_owned()];
        let default_video = self.terms.default_video_id.value().map(|id| (vec!["defaultVideoId".to_owned()], *id));
        let items = self.terms.items.value().into_iter().flatten().enumerate();
        let items = items.map(|(index, item)| (named("items", index), item.video_id));
        let date_rules = self.terms.date_rules.value().into_iter().flatten().enumerate();
        let date_rules = date_rules.map(|(index, rule)| (named("dateRules", index), rule.video_id));
        let all = default_video.into_iter().chain(items).chain(date_rules);
        all.filter(|(_, id)| !videos.contains(&id.number()))
            .map(|(field, _)| Problem::new(ProblemCode::NotFound, field, "is not a video of this order"))
            .collect()
    }
}

/// The terms of a rule of one type, and what was found wrong with them.
struct Terms {
    of: RotationType,
    problems: Vec<Problem>,
}

impl Terms {
    fn add(&mut self, code: ProblemCode, field: &[&str], message: impl Into<String>) {
        self.problems.push(Problem::new(code, field.iter().copied(), message));
    }

    fn refuse_unused(&mut self, field: &str) {
        let message = format!("is nothing for a rule that is {}", self.of.as_str());
        self.add(ProblemCode::Invalid, &[field], message);
    }

    fn refuse_null(&mut self, field: &str) {
        self.add(ProblemCode::Required, &[field], "must not be null: leave it out to keep it");
    }

    /// What a term is to become.
    fn one<T: Clone>(&mut self, field: &str, is_used: bool, given: &MaybeUndefined<T>, is: Option<T>) -> Option<T> {
        match given {
            MaybeUndefined::Value(_) if !is_used => {
                self.refuse_unused(field);
                None
            }
            MaybeUndefined::Value(given) => Some(given.clone()),
            MaybeUndefined::Null => None,
            MaybeUndefined::Undefined => is.filter(|_| is_used),
        }
    }

    fn several<G, T: Clone>(
        &mut self,
        field: &str,
        is_used: bool,
        given: &MaybeUndefined<Vec<G>>,
        is: Option<&[T]>,
        row: impl Fn(&G) -> T,
    ) -> Vec<T> {
        match given {
            MaybeUndefined::Value(given) if !is_used && !given.is_empty() => {
                self.refuse_unused(field);
                Vec::new()
            }
            MaybeUndefined::Value(given) => given.iter().map(row).collect(),
            MaybeUndefined::Null => {
                self.refuse_null(field);
                Vec::new()
            }
            MaybeUndefined::Undefined => is.filter(|_| is_used).map(<[T]>::to_vec).unwrap_or_default(),
        }
    }

    fn check(&mut self, edit: &VideoRotationScheduleEdit) {
        let VideoRotationScheduleEdit { terms, items, date_rules } = edit;
        if let Some(day) = terms.day_of_month.filter(|day| !(1..=31).contains(day)) {
            let code = if day < 1 { ProblemCode::TooSmall } else { ProblemCode::TooLarge };
            self.add(code, &["dayOfMonth"], "must be from 1 to 31");
        }
        if !(EARLIEST_ANCHOR..=9999).contains(&terms.anchor_at.year()) {
            self.add(ProblemCode::Invalid, &["anchorAt"], "must be of the years 2000 to 9999");
        }
        match self.of {
            RotationType::Fixed if terms.default_video_id.is_none() && !self.is_refused("defaultVideoId") => {
                self.add(ProblemCode::Required, &["defaultVideoId"], "a rule that is FIXED plays one video");
            }
            RotationType::Cron => self.check_cron(terms.cron_expression.as_deref()),
            _ => {}
        }
        self.check_items(items);
        self.check_dates(date_rules);
    }

    fn is_refused(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == [field])
    }

    fn check_cron(&mut self, cron: Option<&str>) {
        let field = &["cronExpression"];
        let Some(cron) = cron.filter(|cron| !cron.is_empty()) else {
            return self.add(ProblemCode::Required, field, "a rule that is CRON has an expression");
        };
        let length = cron.chars().count();
        if length > LONGEST_CRON {
            let message = format!("has {length} characters, at most {LONGEST_CRON} are allowed");
            return self.add(ProblemCode::TooLong, field, message);
        }
        match Cron::parse(cron) {
            Ok(_) => {}
            Err(problem @ CronProblem::NeverFires) => {
                self.add(ProblemCode::Invalid, field, format!("never comes: {problem}"));
            }
            Err(problem) => self.add(ProblemCode::Invalid, field, format!("is no cron expression: {problem}")),
        }
    }

    fn check_items(&mut self, items: &[RotationItem]) {
        if !takes_items(self.of) {
            return;
        }
        if items.is_empty() && !self.is_refused("items") {
            self.add(ProblemCode::Required, &["items"], format!("a rule that is {} has items", self.of.as_str()));
        }
        if items.len() > MOST_ITEMS {
            self.add(ProblemCode::TooLarge, &["items"], format!("at most {MOST_ITEMS} are allowed"));
        }
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !(1..=HEAVIEST).contains(&item.weight)) {
            let code = if item.weight < 1 { ProblemCode::TooSmall } else { ProblemCode::TooLarge };
            self.add(code, &["items", &index.to_string(), "weight"], format!("must be from 1 to {HEAVIEST}"));
        }
    }

    fn check_dates(&mut self, date_rules: &[DateRule]) {
        if self.of != RotationType::DateRules {
            return;
        }
        if date_rules.is_empty() && !self.is_refused("dateRules") {
            self.add(ProblemCode::Required, &["dateRules"], "a rule that is DATE_RULES has dates");
        }
        if date_rules.len() > MOST_DATES {
            self.add(ProblemCode::TooLarge, &["dateRules"], format!("at most {MOST_DATES} are allowed"));
        }
        let mut days = std::collections::HashSet::new();
        for (index, rule) in date_rules.iter().enumerate() {
            if !days.insert(day(rule)) {
                let message = "this day is in the list already";
                self.add(ProblemCode::Taken, &["dateRules", &index.to_string(), "date"], message);
            }
        }
    }
}

/// What tells days apart: of a yearly one the year does not matter.
fn day(rule: &DateRule) -> (Option<i32>, u32, u32) {
    let date: NaiveDate = rule.date;
    ((!rule.yearly).then(|| date.year()), date.month(), date.day())
}

fn takes_time(of: RotationType) -> bool {
    use RotationType::{Daily, Monthly, RandomDaily, Weekly};
    matches!(of, Daily | Weekly | Monthly | RandomDaily)
}

fn takes_items(of: RotationType) -> bool {
    !matches!(of, RotationType::Fixed | RotationType::DateRules)
}

fn item(given: &RotationItemInput) -> RotationItem {
    RotationItem { video_id: given.video_id.number(), weight: given.weight }
}

fn date_rule(given: &DateRuleInput) -> DateRule {
    DateRule { date: given.date.0, yearly: given.yearly, video_id: given.video_id.number() }
}
