//! Reads a measured document into a recipe.

use std::collections::HashMap;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;

use super::{
    Condition, INTROSPECTION, Length, MUTATION, NUMBERS, Number, OBJECT, PAGE, Part, Priced, Recipe, Rows, Spread,
};
use crate::graphql::{self, Contract, name_of};

/// The root whose fields do something.
const MUTATIONS: &str = "Mutation";
/// The type whose fields are added up of many views.
const ADDED_UP: &str = "ViewAnalytics";
/// The selection without anything that costs.
const NOTHING: usize = 0;

impl Recipe {
    /// Of an operation of a document that was measured: it has no circles, and is not too deep.
    pub(in crate::http) fn of(
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        contract: &Contract,
    ) -> Self {
        let mut reader = Reader {
            document,
            contract,
            fragments: HashMap::new(),
            recipe: Self { parts: vec![Part::default()], ..Self::default() },
        };
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => MUTATIONS,
            OperationType::Subscription => "Subscription",
        };
        let part = reader.part(&operation.selection_set.node, root);
        reader.recipe.parts.push(part);
        reader.recipe.variables = reader.recipe.used_variables();
        reader.recipe
    }
}

impl Recipe {
    fn used_variables(&self) -> Vec<Name> {
        let mut used = Vec::new();
        for part in &self.parts {
            for field in &part.fields {
                used.extend(field.conditions.iter().map(|condition| &condition.variable));
                match &field.rows {
                    Rows::Page(first, last) => used.extend([first, last].into_iter().filter_map(Number::variable)),
                    Rows::Each(Length::Variable(name)) => used.push(name),
                    _ => {}
                }
            }
            let spreads = part.fragments.iter().chain(part.by_type.iter().flat_map(|(_, spreads)| spreads));
            used.extend(spreads.flat_map(|spread| &spread.conditions).map(|condition| &condition.variable));
        }
        used.sort_unstable();
        used.dedup();
        used.into_iter().cloned().collect()
    }
}

impl Number {
    fn variable(&self) -> Option<&Name> {
        if let Self::Variable(name) = self { Some(name) } else { None }
    }
}

struct Reader<'d> {
    document: &'d ExecutableDocument,
    contract: &'d Contract,
    fragments: HashMap<&'d str, usize>,
    recipe: Recipe,
}

impl<'d> Reader<'d> {
    fn selection(&mut self, set: &'d SelectionSet, on: &str) -> usize {
        let part = self.part(set, on);
        if part.fields.is_empty() && part.fragments.is_empty() && part.by_type.is_empty() {
            return NOTHING;
        }
        self.recipe.parts.push(part);
        self.recipe.parts.len() - 1
    }

    fn part(&mut self, set: &'d SelectionSet, on: &str) -> Part {
        let mut part = Part::default();
        for selection in &set.items {
            let Some(conditions) = conditions(selection.node.directives()) else { continue };
            match &selection.node {
                Selection::Field(field) => {
                    if let Some(priced) = self.field(&field.node, on, conditions) {
                        part.fields.push(priced);
                    }
                }
                Selection::InlineFragment(inline) => {
                    let of = inline.node.type_condition.as_ref().map(|of| &of.node.on.node);
                    let inside = self.selection(&inline.node.selection_set.node, of.map_or(on, Name::as_str));
                    self.spread(&mut part, Spread { part: inside, conditions }, of, on);
                }
                Selection::FragmentSpread(spread) => {
                    let named = self.document.fragments.get_key_value(&spread.node.fragment_name.node);
                    // One that is missing is told by validation.
                    let Some((name, fragment)) = named else { continue };
                    let of = &fragment.node.type_condition.node.on.node;
                    let inside = match self.fragments.get(name.as_str()) {
                        Some(known) => *known,
                        None => self.selection(&fragment.node.selection_set.node, of),
                    };
                    self.fragments.insert(name.as_str(), inside);
                    self.spread(&mut part, Spread { part: inside, conditions }, Some(of), on);
                }
            }
        }
        part
    }

    /// A fragment on one of several types belongs to objects of that type alone.
    fn spread(&self, part: &mut Part, spread: Spread, of: Option<&Name>, on: &str) {
        if spread.part == NOTHING {
            return;
        }
        let Some(of) = of.filter(|of| self.contract.is_abstract(on) && !self.contract.is_abstract(of)) else {
            part.fragments.push(spread);
            return;
        };
        match part.by_type.iter_mut().find(|(known, _)| known == of) {
            Some((_, spreads)) => spreads.push(spread),
            None => part.by_type.push((of.clone(), vec![spread])),
        }
    }

    /// None for what costs nothing: a scalar, or what the contract does not have.
    fn field(&mut self, field: &'d Field, on: &str, conditions: Vec<Condition>) -> Option<Priced> {
        let (key, name) = (field.response_key().node.clone(), field.name.node.as_str());
        if matches!(name, "__schema" | "__type") {
            let rows = Rows::One;
            return Some(Priced { key, once: INTROSPECTION, each: 0, rows, selection: NOTHING, conditions });
        }
        let declared = self.contract.field(on, name)?;
        let of = name_of(&declared.of);
        if on == MUTATIONS {
            let selection = self.selection(&field.selection_set.node, of);
            return Some(Priced { key, once: MUTATION, each: 0, rows: Rows::One, selection, conditions });
        }
        if !self.contract.is_composite(of) {
            return None;
        }
        if on == ADDED_UP {
            return Some(Priced { key, once: NUMBERS, each: 0, rows: Rows::One, selection: NOTHING, conditions });
        }
        let selection = self.selection(&field.selection_set.node, of);
        let rows = self.rows(field, declared);
        let (once, each) = match rows {
            Rows::Page(..) => (PAGE, OBJECT),
            // Their rows are counted where the page is asked for.
            _ if self.contract.is_page(on) || self.is_edge(on, name) => (0, 0),
            _ => (0, OBJECT),
        };
        let rows = if each == 0 { Rows::One } else { rows };
        Some(Priced { key, once, each, rows, selection, conditions })
    }

    fn rows(&self, field: &Field, declared: &graphql::Field) -> Rows {
        let number = |name: &str| field.get_argument(name).map_or(Number::Absent, |value| number(&value.node));
        if self.contract.is_page(name_of(&declared.of)) {
            return Rows::Page(number("first"), number("last"));
        }
        if !matches!(declared.of.base, BaseType::List(_)) {
            return Rows::One;
        }
        let listed = declared.arguments.iter().find(|(_, input)| matches!(input.of.base, BaseType::List(_)));
        match listed {
            Some((name, _)) => Rows::Each(length(field.get_argument(name).map(|value| &value.node))),
            None => Rows::Some,
        }
    }

    /// The row inside an edge of a page.
    fn is_edge(&self, on: &str, name: &str) -> bool {
        name == "node" && self.contract.field(on, "cursor").is_some()
    }
}

/// What has to hold for a selection to count; none for one that is left out whatever the variables are.
fn conditions(directives: &[Positioned<Directive>]) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for directive in directives {
        let holds_if = match directive.node.name.node.as_str() {
            "include" => true,
            "skip" => false,
            _ => continue,
        };
        match directive.node.get_argument("if").map(|value| &value.node) {
            Some(Value::Variable(variable)) => conditions.push(Condition { variable: variable.clone(), holds_if }),
            Some(Value::Boolean(is)) if *is != holds_if => return None,
            _ => {}
        }
    }
    Some(conditions)
}

fn number(value: &Value) -> Number {
    match value {
        Value::Variable(name) => Number::Variable(name.clone()),
        Value::Number(number) => Number::Literal(number.as_u64().unwrap_or_default()),
        _ => Number::Absent,
    }
}

fn length(value: Option<&Value>) -> Length {
    match value {
        Some(Value::Variable(name)) => Length::Variable(name.clone()),
        Some(Value::List(values)) => Length::Literal(values.len() as u64),
        Some(_) => Length::Literal(1),
        None => Length::Literal(0),
    }
}
