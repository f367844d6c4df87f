//! A refusal that teaches: what the operation costs, where, and how many rows would fit.

use async_graphql::Value;
use async_graphql::value;

use super::price::{Page, cost_of, page_of};
use super::{Given, Recipe, Rows, Spread};
use crate::http::refusal::{Code, Refusal};

/// Nobody mends more at once.
const DEAREST: usize = 3;
/// Of a path in the message; `extensions` have all of it.
const LONGEST_PATH: usize = 50;

/// What one list costs, without the lists below it.
#[derive(Debug)]
pub(super) struct Share<'r> {
    pub(super) path: String,
    pub(super) cost: u64,
    page: Option<Page<'r>>,
}

/// The refusal of an operation that costs more than it may.
pub(super) fn too_dear(recipe: &Recipe, given: &Given<'_>, most: u64) -> Refusal {
    let cost = recipe.cost(given);
    let mut shares = recipe.shares(given);
    shares.sort_by_key(|share| std::cmp::Reverse(share.cost));
    shares.truncate(DEAREST);
    let fitting: Vec<Option<u64>> = shares.iter().map(|share| recipe.largest(share.page?, given, most)).collect();

    let mut message = format!("this operation costs {cost}, and at most {most} is allowed; dearest: ");
    let parts = shares.iter().map(|share| format!("{} ({}%)", short(&share.path), percent(share.cost, cost)));
    message.push_str(&parts.collect::<Vec<_>>().join(", "));
    if let Some(Some(rows)) = fitting.first() {
        message.push_str(&format!("; with {rows} rows in the first of these it fits"));
    }
    let dearest = shares
        .iter()
        .zip(fitting)
        .map(|(share, largest)| value!({ "path": share.path.clone(), "cost": share.cost, "largestFirst": largest }));
    let dearest = Value::List(dearest.collect());
    let told = value!({ "requested": cost, "maximum": most, "dearest": dearest });
    Refusal::of_document(Code::CostExceeded, message).for_limit("cost").with("cost", told)
}

impl Recipe {
    /// What each list costs by itself, and the root for what is in none; together they are the whole.
    pub(super) fn shares(&self, given: &Given<'_>) -> Vec<Share<'_>> {
        let costs = self.costs(given);
        let root = Share { path: String::new(), cost: 0, page: None };
        let mut walk = Walk { recipe: self, given, costs, shares: vec![root] };
        walk.part(self.parts.len().saturating_sub(1), 1, "", 0);
        walk.shares.retain(|share| share.cost > 0);
        walk.shares
    }

    /// The most rows with which the operation costs no more than this; none if one row is too much.
    fn largest(&self, page: Page<'_>, given: &Given<'_>, most: u64) -> Option<u64> {
        let fits = |rows: u64| self.cost(&Given { instead: Some((page, rows)), ..*given }) <= most;
        let rows: Vec<u64> = (1..=given.pages.most).collect();
        rows[..rows.partition_point(|rows| fits(*rows))].last().copied()
    }
}

struct Walk<'r, 'g> {
    recipe: &'r Recipe,
    given: &'g Given<'g>,
    costs: Vec<u64>,
    shares: Vec<Share<'r>>,
}

impl<'r> Walk<'r, '_> {
    /// Goes through a selection that is made so many times, for a list whose share is known. The document's fields were
    /// counted with its fragments expanded, and are few.
    fn part(&mut self, place: usize, times: u64, path: &str, list: usize) {
        let part = &self.recipe.parts[place];
        for (at, field) in part.fields.iter().enumerate() {
            if !self.given.holds(&field.conditions) {
                continue;
            }
            let rows = self.given.rows(field, (place, at));
            let own = times.saturating_mul(field.once.saturating_add(rows.saturating_mul(field.each)));
            let below = if path.is_empty() { field.key.to_string() } else { format!("{path}.{}", field.key) };
            let is_list = path.is_empty() || !matches!(field.rows, Rows::One);
            let list = if is_list {
                self.shares.push(Share { path: below.clone(), cost: 0, page: page_of(field, (place, at)) });
                self.shares.len() - 1
            } else {
                list
            };
            self.shares[list].cost = self.shares[list].cost.saturating_add(own);
            self.part(field.selection, times.saturating_mul(rows), &below, list);
        }
        self.spreads(&part.fragments, times, path, list);
        let dearest = part.by_type.iter().max_by_key(|(_, spreads)| cost_of(spreads, &self.costs, self.given));
        if let Some((_, spreads)) = dearest {
            self.spreads(spreads, times, path, list);
        }
    }

    fn spreads(&mut self, spreads: &'r [Spread], times: u64, path: &str, list: usize) {
        for spread in spreads.iter().filter(|spread| self.given.holds(&spread.conditions)) {
            self.part(spread.part, times, path, list);
        }
    }
}

fn percent(share: u64, of: u64) -> u64 {
    u64::try_from(u128::from(share) * 100 / u128::from(of.max(1))).unwrap_or_default()
}

/// The end of a path, which tells more than its beginning.
fn short(path: &str) -> String {
    let letters = path.chars().count();
    if letters <= LONGEST_PATH {
        return path.to_owned();
    }
    let end: String = path.chars().skip(letters - LONGEST_PATH).collect();
    format!("…{}", end.split_once('.').map_or(end.as_str(), |(_, whole)| whole))
}
