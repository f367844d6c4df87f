//! The cost of a recipe for given variables: each selection is added up once, those inside it before it.

use async_graphql::{Name, Value, Variables};

use super::{Condition, LEAST, Length, Number, Part, Priced, Recipe, Rows, Spread};
use crate::config::Limits;

/// How many rows a page has.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Pages {
    pub(super) most: u64,
    /// Unless it is said; and what lists without pages are taken to have.
    pub(super) usual: u64,
}

/// What a document leaves open, as it is for one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) variables: &'a Variables,
    pub(super) pages: Pages,
    /// A page that is asked for with another number of rows.
    pub(super) instead: Option<(Page<'a>, u64)>,
}

/// Where the number of rows of a page is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page<'a> {
    /// In a variable, which may be the number of other pages too.
    Variable(&'a Name),
    /// In a field of a selection.
    Field(usize, usize),
}

impl Pages {
    pub(in crate::http) fn of(limits: &Limits) -> Self {
        let rows = |rows: i32| u64::try_from(rows).unwrap_or_default();
        Self { most: rows(limits.page_size), usual: rows(limits.default_page_size) }
    }
}

impl<'a> Given<'a> {
    pub(super) fn new(variables: &'a Variables, pages: Pages) -> Self {
        Self { variables, pages, instead: None }
    }

    pub(super) fn holds(&self, conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| {
            // The executor takes whatever is no boolean for false, and so does this.
            let is = matches!(self.variables.get(&condition.variable), Some(Value::Boolean(true)));
            is == condition.holds_if
        })
    }

    /// How many objects the field at a place of a selection may answer.
    pub(super) fn rows(&self, field: &Priced, place: (usize, usize)) -> u64 {
        match &field.rows {
            Rows::One => 1,
            Rows::Some => self.pages.usual,
            Rows::Each(Length::Literal(values)) => *values,
            Rows::Each(Length::Variable(name)) => match self.variables.get(name) {
                Some(Value::List(values)) => values.len() as u64,
                None | Some(Value::Null) => 0,
                Some(_) => 1,
            },
            Rows::Page(first, last) => match self.instead {
                Some((page, rows)) if Some(page) == page_of(field, place) => rows,
                _ => {
                    let asked = self.number(first).or_else(|| self.number(last));
                    asked.unwrap_or(self.pages.usual).min(self.pages.most)
                }
            },
        }
    }

    fn number(&self, number: &Number) -> Option<u64> {
        match number {
            Number::Absent => None,
            Number::Literal(rows) => Some(*rows),
            Number::Variable(name) => match self.variables.get(name) {
                Some(Value::Number(rows)) => Some(rows.as_u64().unwrap_or_default()),
                _ => None,
            },
        }
    }
}

/// Where the rows of a page are said.
pub(super) fn page_of(field: &Priced, (part, at): (usize, usize)) -> Option<Page<'_>> {
    match &field.rows {
        Rows::Page(Number::Variable(name), _) | Rows::Page(Number::Absent, Number::Variable(name)) => {
            Some(Page::Variable(name))
        }
        Rows::Page(..) => Some(Page::Field(part, at)),
        _ => None,
    }
}

impl Recipe {
    /// What the operation may cost at most.
    pub(super) fn cost(&self, given: &Given<'_>) -> u64 {
        self.costs(given).last().copied().unwrap_or_default().max(LEAST)
    }

    /// The cost of each selection.
    pub(super) fn costs(&self, given: &Given<'_>) -> Vec<u64> {
        let mut costs = Vec::with_capacity(self.parts.len());
        for (place, part) in self.parts.iter().enumerate() {
            let cost = part.cost(place, &costs, given);
            costs.push(cost);
        }
        costs
    }
}

impl Part {
    fn cost(&self, place: usize, costs: &[u64], given: &Given<'_>) -> u64 {
        let fields = self.fields.iter().enumerate().filter(|(_, field)| given.holds(&field.conditions));
        let fields = fields.map(|(at, field)| {
            let each = field.each.saturating_add(costs[field.selection]);
            field.once.saturating_add(given.rows(field, (place, at)).saturating_mul(each))
        });
        let dearest = self.by_type.iter().map(|(_, spreads)| cost_of(spreads, costs, given)).max();
        sum(fields).saturating_add(cost_of(&self.fragments, costs, given)).saturating_add(dearest.unwrap_or_default())
    }
}

pub(super) fn cost_of(spreads: &[Spread], costs: &[u64], given: &Given<'_>) -> u64 {
    sum(spreads.iter().filter(|spread| given.holds(&spread.conditions)).map(|spread| costs[spread.part]))
}

pub(super) fn sum(costs: impl Iterator<Item = u64>) -> u64 {
    costs.fold(0, u64::saturating_add)
}
