//! Which fields of the contract may be null.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, Type, TypeKind, TypeSystemDefinition};

/// The type of each field of each type.
#[derive(Debug, Default)]
pub struct Nullability(HashMap<String, HashMap<String, Type>>);

impl Nullability {
    /// Of a contract as text. One that cannot be read says nothing of any field.
    #[must_use]
    pub fn of(contract: &str) -> Self {
        let definitions = parse_schema(contract).map(|document| document.definitions).unwrap_or_default();
        let types = definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(of) => Some(of.node),
            _ => None,
        });
        let fields = types.filter_map(|of| match of.kind {
            TypeKind::Object(object) => Some((of.name.node.to_string(), by_name(object.fields))),
            TypeKind::Interface(interface) => Some((of.name.node.to_string(), by_name(interface.fields))),
            _ => None,
        });
        Self(fields.collect())
    }

    /// The type of a field.
    pub(super) fn field(&self, of: &str, name: &str) -> Option<&Type> {
        self.0.get(of)?.get(name)
    }
}

fn by_name(fields: Vec<Positioned<FieldDefinition>>) -> HashMap<String, Type> {
    fields.into_iter().map(|field| (field.node.name.node.to_string(), field.node.ty.node)).collect()
}
