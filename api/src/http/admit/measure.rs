//! How large a document is once its fragments are expanded, without expanding them: each fragment is measured once, and
//! a spread adds its size. Numbers saturate, cycles are refused, and nothing recurses deeper than it may.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Pos, Positioned};

use super::Refusal;
use crate::config::Limits;
use crate::graphql::FOR_PHONES;

/// Introspection's lists lead from type to type, so that each more of them multiplies the answer by the schema.
const INTROSPECTION_LISTS: [&str; 5] = ["types", "fields", "inputFields", "interfaces", "possibleTypes"];
/// Enough for what GraphiQL and code generators ask.
const MOST_INTROSPECTION_LISTS: usize = 2;

/// What a selection amounts to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Fields, and besides them spreads and inline fragments.
    pub(super) fields: usize,
    pub(super) selections: usize,
    pub(super) aliases: usize,
    pub(super) directives: usize,
    /// Fields on the longest path, and besides them spreads and inline fragments.
    pub(super) depth: usize,
    pub(super) levels: usize,
    /// At the root alone: fields, those whose name starts with two underscores, and logins.
    pub(super) root_fields: usize,
    pub(super) root_metas: usize,
    pub(super) logins: usize,
    pub(super) aliased_logins: usize,
    /// Fields with `@idempotent`, and those of them at the root.
    pub(super) keyed: usize,
    pub(super) root_keyed: usize,
    /// What phones ask.
    pub(super) for_phones: usize,
    /// `__schema` and `__type`.
    pub(super) introspections: usize,
    /// Of introspection's lists the most on one path.
    lists: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        for (sum, more) in [
            (&mut self.fields, other.fields),
            (&mut self.selections, other.selections),
            (&mut self.aliases, other.aliases),
            (&mut self.directives, other.directives),
            (&mut self.root_fields, other.root_fields),
            (&mut self.root_metas, other.root_metas),
            (&mut self.logins, other.logins),
            (&mut self.aliased_logins, other.aliased_logins),
            (&mut self.keyed, other.keyed),
            (&mut self.root_keyed, other.root_keyed),
            (&mut self.for_phones, other.for_phones),
            (&mut self.introspections, other.introspections),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.depth = self.depth.max(other.depth);
        self.levels = self.levels.max(other.levels);
        self.lists = self.lists.max(other.lists);
    }

    /// One selection around this one that is no field.
    fn in_fragment(self, directives: usize) -> Self {
        Self {
            selections: self.selections.saturating_add(1),
            directives: self.directives.saturating_add(directives),
            levels: self.levels.saturating_add(1),
            ..self
        }
    }

    /// The field that has this selection.
    fn in_field(self, field: &Field) -> Self {
        let name = field.name.node.as_str();
        let (one_if_login, one_if_aliased) = (usize::from(name == "login"), usize::from(field.alias.is_some()));
        let one_if_keyed =
            usize::from(field.directives.iter().any(|directive| directive.node.name.node == "idempotent"));
        let of_introspection = usize::from(matches!(name, "__schema" | "__type"));
        let of_lists = usize::from(INTROSPECTION_LISTS.contains(&name));
        Self {
            fields: self.fields.saturating_add(1),
            selections: self.selections.saturating_add(1),
            aliases: self.aliases.saturating_add(one_if_aliased),
            directives: self.directives.saturating_add(field.directives.len()),
            depth: self.depth.saturating_add(1),
            levels: self.levels.saturating_add(1),
            root_fields: 1,
            root_metas: usize::from(name.starts_with("__")),
            logins: one_if_login,
            aliased_logins: one_if_login * one_if_aliased,
            keyed: self.keyed.saturating_add(one_if_keyed),
            root_keyed: one_if_keyed,
            for_phones: usize::from(FOR_PHONES.contains(&name)),
            introspections: self.introspections.saturating_add(of_introspection),
            lists: self.lists.saturating_add(of_lists),
        }
    }
}

enum Measured {
    /// Being measured: whoever meets it again is inside it.
    Open,
    Known(Size),
}

/// Measures the parts of one document.
pub(super) struct Measure<'d> {
    document: &'d ExecutableDocument,
    limits: &'d Limits,
    fragments: HashMap<&'d str, Measured>,
    /// Selections looked at so far: never more than the document has.
    pub(super) looked_at: usize,
}

impl<'d> Measure<'d> {
    pub(super) fn new(document: &'d ExecutableDocument, limits: &'d Limits) -> Self {
        Self { document, limits, fragments: HashMap::new(), looked_at: 0 }
    }

    /// Measures all fragments, also those that nothing spreads.
    pub(super) fn fragments(&mut self) -> Result<(), Refusal> {
        for (name, fragment) in &self.document.fragments {
            let size = self.fragment(name.as_str(), fragment, 0)?;
            self.check(&size, fragment.pos)?;
        }
        Ok(())
    }

    pub(super) fn operation(&mut self, operation: &'d OperationDefinition) -> Result<Size, Refusal> {
        let mut size = self.selection_set(&operation.selection_set.node, 0)?;
        let on_variables: usize = operation.variable_definitions.iter().map(|one| one.node.directives.len()).sum();
        size.directives = size.directives.saturating_add(operation.directives.len() + on_variables);
        self.check(&size, operation.selection_set.pos)?;
        if size.root_fields > self.limits.root_fields {
            let (limit, place) = (self.limits.root_fields, operation.selection_set.pos);
            return Err(too_many("rootFields", "root fields", limit, size.root_fields, place));
        }
        Ok(size)
    }

    fn fragment(
        &mut self,
        name: &'d str,
        fragment: &'d Positioned<FragmentDefinition>,
        level: usize,
    ) -> Result<Size, Refusal> {
        match self.fragments.get(name) {
            Some(Measured::Known(size)) => return Ok(*size),
            Some(Measured::Open) => {
                return Err(Refusal::invalid("a fragment contains itself").at(fragment.pos));
            }
            None => {}
        }
        self.fragments.insert(name, Measured::Open);
        let mut size = self.selection_set(&fragment.node.selection_set.node, level)?;
        size.directives = size.directives.saturating_add(fragment.node.directives.len());
        self.fragments.insert(name, Measured::Known(size));
        Ok(size)
    }

    fn selection_set(&mut self, set: &'d SelectionSet, level: usize) -> Result<Size, Refusal> {
        let mut sum = Size::default();
        for selection in &set.items {
            self.looked_at += 1;
            if level >= self.deepest() {
                return Err(self.too_deep(None, selection.pos));
            }
            let document = self.document;
            sum.add(match &selection.node {
                Selection::Field(field) => self.field(field, level + 1)?,
                Selection::InlineFragment(inline) => {
                    let inside = self.selection_set(&inline.node.selection_set.node, level + 1)?;
                    inside.in_fragment(inline.node.directives.len())
                }
                Selection::FragmentSpread(spread) => {
                    // One that is missing is told by validation.
                    let inside = match document.fragments.get_key_value(&spread.node.fragment_name.node) {
                        Some((name, fragment)) => self.fragment(name.as_str(), fragment, level + 1)?,
                        None => Size::default(),
                    };
                    inside.in_fragment(spread.node.directives.len())
                }
            });
        }
        Ok(sum)
    }

    fn field(&mut self, field: &'d Positioned<Field>, level: usize) -> Result<Size, Refusal> {
        let inside = self.selection_set(&field.node.selection_set.node, level)?;
        let size = inside.in_field(&field.node);
        if size.introspections > inside.introspections && inside.lists > MOST_INTROSPECTION_LISTS {
            let message = "introspection goes from type to type at most twice on a path";
            return Err(Refusal::invalid(message).at(field.pos));
        }
        Ok(size)
    }

    /// Twice the depth, so that each field may stand in a fragment of its own.
    fn deepest(&self) -> usize {
        self.limits.depth.saturating_mul(2)
    }

    fn too_deep(&self, counted: Option<usize>, place: Pos) -> Refusal {
        let limit = self.limits.depth;
        let message = format!("the document goes deeper than {limit} fields");
        Refusal::beyond("depth", limit, counted, message).at(place)
    }

    fn check(&self, size: &Size, place: Pos) -> Result<(), Refusal> {
        let limits = self.limits;
        if size.depth > limits.depth || size.levels > self.deepest() {
            return Err(self.too_deep(Some(size.depth.max(size.levels.div_ceil(2))), place));
        }
        // Spreads cost the validator as much as fields do.
        let spread_out = size.fields.max(size.selections.div_ceil(2));
        for (name, what, limit, counted) in [
            ("fields", "fields after its fragments are expanded", limits.fields, spread_out),
            ("aliases", "aliases", limits.aliases, size.aliases),
            ("directives", "directives", limits.directives, size.directives),
        ] {
            if counted > limit {
                return Err(too_many(name, what, limit, counted, place));
            }
        }
        Ok(())
    }
}

fn too_many(name: &'static str, what: &str, limit: usize, counted: usize, place: Pos) -> Refusal {
    Refusal::beyond(name, limit, Some(counted), format!("the document has more than {limit} {what}")).at(place)
}
