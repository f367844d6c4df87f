//! Whether what a request gives is what the contract takes: the values of variables for each request, and the values
//! that a document has in it once. A refusal says which value is wrong, by its path, and never repeats it.

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet, Type,
};
use async_graphql::{Name, Pos, Value, Variables, value};

use super::{Code, Refusal};
use crate::graphql::{Contract, Fits, Input, InputField, fits, name_of};

/// Of an enum's words in a message.
const MOST_WORDS: usize = 8;

/// The variables of an operation, defaults among them, as far as they are declared.
pub(super) fn coerced(
    contract: &Contract,
    operation: &OperationDefinition,
    mut given: Variables,
) -> Result<Variables, Refusal> {
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let name = &variable.name.node;
        let mut path = vec![name.to_string()];
        let checked = match (given.get(name), &variable.default_value) {
            (None, Some(default)) => {
                given.insert(name.clone(), default.node.clone());
                Ok(())
            }
            (None, None) if variable.var_type.node.nullable => Ok(()),
            (None | Some(Value::Null), _) if !variable.var_type.node.nullable => {
                Err(Wrong { code: Code::ValidationFailed, what: "is required".to_owned() })
            }
            (None, None) => Ok(()),
            (Some(value), _) => check(contract, &variable.var_type.node, value, &mut path),
        };
        checked.map_err(|wrong| wrong.refusal(&format!("variable \"${name}\""), &path, definition.pos))?;
    }
    Ok(given)
}

/// Checks the values that are written down in a document, each once.
pub(super) fn check_literals(document: &ExecutableDocument, contract: &Contract) -> Result<(), Refusal> {
    for (_, operation) in document.operations.iter() {
        let root = match operation.node.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        check_selections(contract, &operation.node.selection_set.node, root)?;
    }
    for fragment in document.fragments.values() {
        let of = &fragment.node.type_condition.node.on.node;
        check_selections(contract, &fragment.node.selection_set.node, of)?;
    }
    Ok(())
}

fn check_selections(contract: &Contract, set: &SelectionSet, on: &str) -> Result<(), Refusal> {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                // What the contract does not have is told by validation.
                let Some(declared) = contract.field(on, &field.node.name.node) else { continue };
                check_arguments(contract, &field.node, declared)?;
                check_selections(contract, &field.node.selection_set.node, name_of(&declared.of))?;
            }
            Selection::InlineFragment(inline) => {
                let of = inline.node.type_condition.as_ref().map_or(on, |of| of.node.on.node.as_str());
                check_selections(contract, &inline.node.selection_set.node, of)?;
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

fn check_arguments(contract: &Contract, field: &Field, declared: &crate::graphql::Field) -> Result<(), Refusal> {
    for (name, value) in &field.arguments {
        let Some(argument) = declared.arguments.get(name.node.as_str()) else { continue };
        // One with variables in it is checked by the library, and by its variables.
        let Some(constant) = value.node.clone().into_const() else { continue };
        let mut path = vec![name.node.to_string()];
        check(contract, &argument.of, &constant, &mut path)
            .map_err(|wrong| wrong.refusal(&format!("argument \"{}\"", name.node), &path, value.pos))?;
    }
    Ok(())
}

/// What is wrong with the value at a path.
struct Wrong {
    code: Code,
    what: String,
}

impl Wrong {
    fn shape(what: impl Into<String>) -> Self {
        Self { code: Code::ValidationFailed, what: what.into() }
    }

    fn refusal(self, what_of: &str, path: &[String], place: Pos) -> Refusal {
        let message = match path.get(1..) {
            Some(inside) if !inside.is_empty() => format!("{what_of}: {} {}", inside.join("."), self.what),
            _ => format!("{what_of} {}", self.what),
        };
        Refusal::of_document(self.code, message).with("field", value!(path)).at(place)
    }
}

fn check(contract: &Contract, of: &Type, value: &Value, path: &mut Vec<String>) -> Result<(), Wrong> {
    match (&of.base, value) {
        (_, Value::Null) if of.nullable => Ok(()),
        (_, Value::Null) => Err(Wrong::shape("must not be null")),
        (BaseType::List(of), Value::List(values)) => {
            for (index, value) in values.iter().enumerate() {
                path.push(index.to_string());
                check(contract, of, value, path)?;
                path.pop();
            }
            Ok(())
        }
        // One value is as good as a list of it.
        (BaseType::List(of), value) => check(contract, of, value, path),
        (BaseType::Named(name), value) => check_named(contract, name, value, path),
    }
}

fn check_named(contract: &Contract, name: &Name, value: &Value, path: &mut Vec<String>) -> Result<(), Wrong> {
    match (contract.input(name), value) {
        (Some(Input::Object { fields, one_of }), Value::Object(given)) => {
            for (field, value) in given {
                path.push(field.to_string());
                let Some(InputField { of, .. }) = fields.get(field.as_str()) else {
                    return Err(Wrong::shape(format!("is no field of {name}")));
                };
                check(contract, of, value, path)?;
                path.pop();
            }
            let missing = |(field, input): &(&String, &InputField)| {
                !input.of.nullable && !input.has_default && !given.contains_key(field.as_str())
            };
            if let Some((field, _)) = fields.iter().filter(missing).min_by_key(|(field, _)| *field) {
                path.push(field.clone());
                return Err(Wrong::shape("is required"));
            }
            if *one_of && (given.len() != 1 || given.values().any(|value| *value == Value::Null)) {
                return Err(Wrong::shape(format!("must have exactly one field of {name}, which is not null")));
            }
            Ok(())
        }
        (Some(Input::Object { .. }), _) => Err(Wrong::shape(format!("must be an object of {name}"))),
        (Some(Input::Enum(words)), Value::String(word)) if words.contains(word) => Ok(()),
        (Some(Input::Enum(words)), Value::Enum(word)) if words.contains(word.as_str()) => Ok(()),
        (Some(Input::Enum(words)), _) => {
            let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
            words.sort_unstable();
            let more = if words.len() > MOST_WORDS { ", …" } else { "" };
            words.truncate(MOST_WORDS);
            Err(Wrong::shape(format!("must be one of {}{more}", words.join(", "))))
        }
        (Some(Input::Scalar), value) => match fits(name, value) {
            Fits::Yes => Ok(()),
            Fits::WrongKind(wanted) => Err(Wrong::shape(format!("must be {wanted}"))),
            Fits::Malformed(wanted) => Err(Wrong { code: Code::BadRequest, what: format!("must be {wanted}") }),
        },
        // It is no input of the contract, which validation tells.
        (None, _) => Ok(()),
    }
}
