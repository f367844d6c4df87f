//! What an operation costs before it runs, and what it cost after.
//!
//! A scalar costs nothing, an object 1, a page 1 and for each of its rows what a row costs (1 and its selection), a
//! mutation 10 and its selection; `edges`, `nodes`, `pageInfo` and the payload of a mutation are wrappers and cost
//! nothing themselves. Of what is asked behind an interface or a union only the dearest type counts, since an object has
//! one. Numbers of views cost 100 for the whole, for each timeseries and for each breakdown, however many parts they have.
//! Nothing is for free: an operation costs 1 at least.
//!
//! A document is read once into a [`Recipe`], in which what depends on variables is still open; a fragment is read once
//! and pointed at. With variables it is a sum over its parts, each added up once (`price.rs`), and with an answer it is
//! what really came (`actual.rs`). `refusal.rs` tells of what is too dear.

mod actual;
mod price;
mod read;
mod refusal;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_graphql::{Name, Value, Variables};

use self::price::Given;
pub(in crate::http) use self::price::Pages;
use self::refusal::too_dear;
use super::Refusal;

/// What every operation costs at least.
pub(in crate::http) const LEAST: u64 = 1;
const OBJECT: u64 = 1;
const PAGE: u64 = 1;
const MUTATION: u64 = 10;
/// What adds up many views.
const NUMBERS: u64 = 100;
/// What introspection answers is always the same, and long.
const INTROSPECTION: u64 = 100;

/// What one operation of a document costs, as far as the document tells.
#[derive(Debug, Default)]
pub(in crate::http) struct Recipe {
    /// Selections, each behind those that it contains; the last one is the operation's own.
    parts: Vec<Part>,
    /// The variables that it depends on.
    variables: Vec<Name>,
}

/// What one run of an operation costs.
#[derive(Debug, Clone)]
pub(in crate::http) struct Cost {
    recipe: Arc<Recipe>,
    /// Those that the recipe depends on.
    variables: Variables,
    pages: Pages,
    /// What it may cost at most, which is told and drawn before it runs.
    pub(in crate::http) requested: u64,
}

impl Cost {
    pub(super) fn new(recipe: &Arc<Recipe>, variables: &Variables, pages: Pages) -> Self {
        let mut kept = Variables::default();
        kept.extend(recipe.variables.iter().filter_map(|name| Some((name.clone(), variables.get(name)?.clone()))));
        let requested = recipe.cost(&Given::new(&kept, pages));
        Self { recipe: Arc::clone(recipe), variables: kept, pages, requested }
    }

    /// Refuses what costs more than it may.
    pub(super) fn check(&self, most: u64) -> Result<(), Refusal> {
        if self.requested <= most {
            return Ok(());
        }
        Err(too_dear(&self.recipe, &Given::new(&self.variables, self.pages), most))
    }

    /// What it cost, by what came.
    pub(in crate::http) fn actual(&self, data: &Value) -> u64 {
        self.recipe.actual(data, &Given::new(&self.variables, self.pages))
    }
}

/// One selection: of an operation, of a field, or of a fragment.
#[derive(Debug, Default)]
struct Part {
    fields: Vec<Priced>,
    /// Fragments that belong to every object here.
    fragments: Vec<Spread>,
    /// Fragments that belong to objects of one type, by type.
    by_type: Vec<(Name, Vec<Spread>)>,
}

/// A field that costs something, or has below it what does.
#[derive(Debug)]
struct Priced {
    key: Name,
    /// The cost of asking, whatever comes.
    once: u64,
    /// The cost of each object that comes, without its selection.
    each: u64,
    rows: Rows,
    selection: usize,
    conditions: Vec<Condition>,
}

/// A selection that stands somewhere else.
#[derive(Debug)]
struct Spread {
    part: usize,
    conditions: Vec<Condition>,
}

/// `@include` or `@skip` by a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    variable: Name,
    /// What the variable has to be.
    holds_if: bool,
}

/// How many objects a field answers.
#[derive(Debug)]
enum Rows {
    One,
    /// A list that has no pages, of a length that nobody knows before.
    Some,
    /// A page of at most so many rows: `first`, or `last`.
    Page(Number, Number),
    /// One for each value of an argument.
    Each(Length),
}

/// A number in a document.
#[derive(Debug)]
enum Number {
    Absent,
    Literal(u64),
    Variable(Name),
}

/// How many values an argument has.
#[derive(Debug)]
enum Length {
    Literal(u64),
    Variable(Name),
}
