//! Answers as the specification wants them: keys in the order that the document asks in, and what failed as null.
//!
//! The executor puts a field into its object when it is ready, so relations come behind scalars and two answers to one
//! document may differ. It leaves a field that failed out of its object, whether that may be null or not; and an object
//! without any field that did not fail it makes null.

use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    BaseType, DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, OperationType,
    Selection, SelectionSet, Type,
};
use async_graphql::{Name, PathSegment, Positioned, Request, Response, Value};

use super::contract::{Contract, name_of};

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// The keys of an object in the order of the document, and what is below each. A scalar has none.
#[derive(Default)]
pub(super) struct Shape {
    fields: Vec<Field>,
}

struct Field {
    key: Name,
    /// Of what type; none for what the contract does not tell of, as in an introspection.
    of: Option<Type>,
    below: Shape,
}

impl Shape {
    /// The shape of what a request asks for; of one that cannot be read, nothing. The document was admitted, so its
    /// fragments run in no circle.
    pub(super) fn of(request: &mut Request, contract: &Contract) -> Self {
        let wanted = request.operation_name.clone();
        let mut shape = Self::default();
        if let Ok(document) = request.parsed_query()
            && let Some(operation) = chosen(document, wanted.as_deref())
        {
            let reader = Reader { fragments: &document.fragments, contract };
            let root = match operation.ty {
                OperationType::Query => "Query",
                OperationType::Mutation => "Mutation",
                OperationType::Subscription => "Subscription",
            };
            shape.add(&operation.selection_set.node, root, &reader);
        }
        shape
    }

    /// Puts an answer into this shape.
    pub(super) fn arrange(&self, response: &mut Response) {
        if !response.errors.is_empty() {
            for error in &response.errors {
                self.mark(&mut response.data, &error.path);
            }
            if self.nullify(&mut response.data) {
                response.data = Value::Null;
            }
        }
        self.sort(&mut response.data);
    }

    /// Adds a selection on a type. An object gets every key that any of its types is asked for; it has some of them.
    fn add(&mut self, selections: &SelectionSet, on: &str, reader: &Reader<'_>) {
        for selection in &selections.items {
            match &selection.node {
                Selection::Field(field) => {
                    let of = reader.contract.field(on, &field.node.name.node).map(|field| &field.of);
                    let below = of.map_or("", name_of);
                    self.below(&field.node.response_key().node, of).add(&field.node.selection_set.node, below, reader);
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map_or(on, |condition| &condition.node.on.node);
                    self.add(&fragment.node.selection_set.node, on, reader);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = reader.fragments.get(&spread.node.fragment_name.node) {
                        let on = &fragment.node.type_condition.node.on.node;
                        self.add(&fragment.node.selection_set.node, on, reader);
                    }
                }
            }
        }
    }

    fn below(&mut self, key: &Name, of: Option<&Type>) -> &mut Self {
        let place = self.place(key).unwrap_or_else(|| {
            self.fields.push(Field { key: key.clone(), of: of.cloned(), below: Self::default() });
            self.fields.len() - 1
        });
        &mut self.fields[place].below
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.key == key)
    }

    /// Puts null where a field failed.
    fn mark(&self, value: &mut Value, path: &[PathSegment]) {
        match (path.split_first(), &mut *value) {
            (Some((PathSegment::Index(index), rest)), Value::List(items)) => {
                if let Some(item) = items.get_mut(*index) {
                    self.mark(item, rest);
                }
            }
            (Some((PathSegment::Field(key), rest)), Value::Object(object)) => {
                if let Some(place) = self.place(key) {
                    let below = object.entry(Name::new(key)).or_insert(Value::Null);
                    self.fields[place].below.mark(below, rest);
                }
            }
            // All that was asked of this object failed.
            (Some((PathSegment::Field(_), _)), Value::Null) => {
                *value = Value::Object(IndexMap::new());
                self.mark(value, path);
            }
            _ => {}
        }
    }

    /// Makes each object null that has null where there must be something, and tells whether this one would be.
    fn nullify(&self, value: &mut Value) -> bool {
        let Value::Object(object) = value else { return false };
        let mut broken = false;
        for (key, value) in object {
            if let Some(field) = self.place(key).map(|place| &self.fields[place])
                && let Some(of) = &field.of
            {
                broken |= field.below.nullify_as(of, value);
            }
        }
        broken
    }

    fn nullify_as(&self, of: &Type, value: &mut Value) -> bool {
        let broken = match (&of.base, &mut *value) {
            (BaseType::List(of), Value::List(items)) => {
                let mut broken = false;
                for item in items {
                    broken |= self.nullify_as(of, item);
                }
                broken
            }
            (BaseType::Named(_), value) => self.nullify(value),
            _ => false,
        };
        if broken {
            *value = Value::Null;
        }
        !of.nullable && *value == Value::Null
    }

    /// Puts the keys of an answer in order, all the way down.
    fn sort(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.sort(item)),
            Value::Object(object) if !self.fields.is_empty() => {
                if !object.keys().is_sorted_by_key(|key| self.place(key)) {
                    object.sort_by_cached_key(|key, _| self.place(key));
                }
                for (key, below) in object.iter_mut() {
                    if let Some(place) = self.place(key) {
                        self.fields[place].below.sort(below);
                    }
                }
            }
            _ => {}
        }
    }
}

struct Reader<'a> {
    fragments: &'a Fragments,
    contract: &'a Contract,
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
    use async_graphql::{Pos, ServerError, value};

    use super::*;

    const CONTRACT: &str = "type Query { a: A list: [A!] strict: [A!]! must: A! one: One }
        type A { id: Int! b: A c: A! d: [A]! } union One = A";

    fn answered(document: &str, data: Value, failed: &[&[&str]]) -> String {
        let contract = Contract::of(CONTRACT);
        let shape = Shape::of(&mut Request::new(document).operation_name("A"), &contract);
        let segment = |text: &&str| match text.parse() {
            Ok(index) => PathSegment::Index(index),
            Err(_) => PathSegment::Field((*text).to_owned()),
        };
        let error = |path: &&[&str]| {
            let mut error = ServerError::new("failed", Some(Pos::default()));
            error.path = path.iter().map(segment).collect();
            error
        };
        let mut response = Response::new(data);
        response.errors = failed.iter().map(error).collect();
        shape.arrange(&mut response);
        serde_json::to_string(&response.data).unwrap()
    }

    #[test]
    fn keys_come_as_the_document_asks_for_them() {
        let document = "query A { a { one two: three ...More four } list { b a } } query B { other }
            fragment More on T { five ... on U { one six } }";
        let answer = value!({
            "list": [{ "a": 1, "b": 2 }, null],
            "a": { "four": 1, "six": 2, "five": 3, "two": { "z": 1, "a": 2 }, "one": 5 },
        });
        let expected = r#"{"a":{"one":5,"two":{"z":1,"a":2},"five":3,"six":2,"four":1},"list":[{"b":2,"a":1},null]}"#;
        assert_eq!(answered(document, answer, &[]), expected);
    }

    #[test]
    fn what_failed_is_null_and_so_is_what_cannot_be_without_it() {
        let cases: [(&str, Value, &[&[&str]], &str); 9] = [
            ("{ a { id b { id } } }", value!({ "a": { "id": 1 } }), &[&["a", "b"]], r#"{"a":{"id":1,"b":null}}"#),
            ("{ a { b { id } } }", value!({ "a": null }), &[&["a", "b"]], r#"{"a":{"b":null}}"#),
            ("{ a { id b { id } } }", value!({ "a": { "id": 1 } }), &[&["a", "b", "id"]], r#"{"a":{"id":1,"b":null}}"#),
            ("{ a { c { id } b { id } } }", value!({ "a": { "b": { "id": 1 } } }), &[&["a", "c"]], r#"{"a":null}"#),
            ("{ a { c { c { id } } } }", value!({ "a": { "c": null } }), &[&["a", "c", "c"]], r#"{"a":null}"#),
            (
                "{ list { id c { id } } a { id } }",
                value!({ "list": [{ "id": 1, "c": { "id": 2 } }, { "id": 2 }], "a": { "id": 3 } }),
                &[&["list", "1", "c"]],
                r#"{"list":null,"a":{"id":3}}"#,
            ),
            (
                "{ a { d { id c { id } } } }",
                value!({ "a": { "d": [{ "id": 1, "c": { "id": 2 } }, { "id": 2 }] } }),
                &[&["a", "d", "1", "c"]],
                r#"{"a":{"d":[{"id":1,"c":{"id":2}},null]}}"#,
            ),
            ("{ a { id } strict { id } }", value!({ "a": { "id": 1 } }), &[&["strict"]], "null"),
            (
                "{ one { ... on A { c { id } } } a { id } }",
                value!({ "a": { "id": 1 } }),
                &[&["one", "c"], &["nothing", "3", "x"]],
                r#"{"one":null,"a":{"id":1}}"#,
            ),
        ];
        for (document, data, failed, expected) in cases {
            assert_eq!(answered(&format!("query A {document}"), data, failed), expected, "{document} {failed:?}");
        }
    }
}
