//! Answers in the order that the document asks in.
//!
//! The executor puts a field into its object when it is ready, so relations come behind scalars and two answers to one
//! document may differ. The specification wants the order of the selection, and so does whoever reads one.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Request, Value};

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// The keys of an object in the order of the document, and what is below each. A scalar has none.
#[derive(Default)]
pub(super) struct Shape {
    fields: Vec<(Name, Shape)>,
}

impl Shape {
    /// The shape of what a request asks for; of one that cannot be read, nothing. The document was admitted, so its
    /// fragments run in no circle.
    pub(super) fn of(request: &mut Request) -> Self {
        let wanted = request.operation_name.clone();
        let mut shape = Self::default();
        if let Ok(document) = request.parsed_query()
            && let Some(operation) = chosen(document, wanted.as_deref())
        {
            shape.add(&operation.selection_set.node, &document.fragments);
        }
        shape
    }

    /// Adds a selection. An object gets every key that any of its types is asked for; it has some of them.
    fn add(&mut self, selections: &SelectionSet, fragments: &Fragments) {
        for selection in &selections.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    self.below(&field.response_key().node).add(&field.selection_set.node, fragments);
                }
                Selection::InlineFragment(fragment) => self.add(&fragment.node.selection_set.node, fragments),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                        self.add(&fragment.node.selection_set.node, fragments);
                    }
                }
            }
        }
    }

    fn below(&mut self, key: &Name) -> &mut Self {
        let place = self.place(key).unwrap_or_else(|| {
            self.fields.push((key.clone(), Self::default()));
            self.fields.len() - 1
        });
        &mut self.fields[place].1
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.fields.iter().position(|(name, _)| name == key)
    }

    /// Puts the keys of an answer in order, all the way down.
    pub(super) fn arrange(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            Value::Object(object) if !self.fields.is_empty() => {
                if !object.keys().is_sorted_by_key(|key| self.place(key)) {
                    object.sort_by_cached_key(|key, _| self.place(key));
                }
                for (key, below) in object.iter_mut() {
                    if let Some(place) = self.place(key) {
                        self.fields[place].1.arrange(below);
                    }
                }
            }
            _ => {}
        }
    }
}

fn chosen<'d>(document: &'d ExecutableDocument, wanted: Option<&str>) -> Option<&'d OperationDefinition> {
    match (&document.operations, wanted) {
        (DocumentOperations::Single(operation), _) => Some(&operation.node),
        (DocumentOperations::Multiple(several), Some(wanted)) => several.get(wanted).map(|operation| &operation.node),
        (DocumentOperations::Multiple(several), None) => several.values().next().map(|operation| &operation.node),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[test]
    fn keys_come_as_the_document_asks_for_them() {
        let document = "query A { a { one two: three ...More { four } } list { b a } } query B { other }
            fragment More on T { five ... on U { one six } }";
        let document = document.replace("...More { four }", "...More four");
        let shape = Shape::of(&mut Request::new(document).operation_name("A"));
        let mut answer = value!({
            "list": [{ "a": 1, "b": 2 }, null],
            "a": { "four": 1, "six": 2, "five": 3, "two": { "z": 1, "a": 2 }, "one": 5 },
        });
        shape.arrange(&mut answer);
        let expected = r#"{"a":{"one":5,"two":{"z":1,"a":2},"five":3,"six":2,"four":1},"list":[{"b":2,"a":1},null]}"#;
        assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
    }
}
