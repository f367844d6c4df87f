//! The contract as it was written down, for whoever has to know it before anything runs: read once, at start.

use std::collections::{HashMap, HashSet};

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};

/// The types of a contract, with what their fields are and take.
#[derive(Debug, Default)]
pub struct Contract {
    outputs: HashMap<String, Output>,
    inputs: HashMap<String, Input>,
}

/// A type that has fields, or stands for others that do.
#[derive(Debug, Default)]
struct Output {
    fields: HashMap<String, Field>,
    /// Whether an object of it is of another type: it is an interface or a union.
    is_abstract: bool,
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// What it answers.
    pub of: Type,
    /// What it takes.
    pub arguments: HashMap<String, InputField>,
}

/// What clients may give.
#[derive(Debug)]
pub enum Input {
    /// An object with these fields; of some exactly one is given.
    Object {
        /// By name.
        fields: HashMap<String, InputField>,
        /// Whether exactly one is given.
        one_of: bool,
    },
    /// One of these words.
    Enum(HashSet<String>),
    /// A scalar, which knows itself what it takes.
    Scalar,
}

/// An argument, or a field of an input object.
#[derive(Debug)]
pub struct InputField {
    /// What it takes.
    pub of: Type,
    /// Whether it may be left out, whatever its type says.
    pub has_default: bool,
}

impl Contract {
    /// Of a contract as text. One that cannot be read has no types.
    #[must_use]
    pub fn of(contract: &str) -> Self {
        let mut read = Self::default();
        let definitions = parse_schema(contract).map(|document| document.definitions).unwrap_or_default();
        for definition in definitions {
            if let TypeSystemDefinition::Type(of) = definition {
                read.add(of.node);
            }
        }
        for scalar in ["Int", "Float", "String", "Boolean", "ID"] {
            read.inputs.entry(scalar.to_owned()).or_insert(Input::Scalar);
        }
        read
    }

    fn add(&mut self, of: TypeDefinition) {
        let name = of.name.node.to_string();
        let output = |fields, is_abstract| Output { fields: fields_by_name(fields), is_abstract };
        match of.kind {
            TypeKind::Object(object) => drop(self.outputs.insert(name, output(object.fields, false))),
            TypeKind::Interface(interface) => drop(self.outputs.insert(name, output(interface.fields, true))),
            TypeKind::Union(_) => drop(self.outputs.insert(name, output(Vec::new(), true))),
            TypeKind::InputObject(object) => {
                let one_of = of.directives.iter().any(|directive| directive.node.name.node == "oneOf");
                self.inputs.insert(name, Input::Object { fields: inputs_by_name(object.fields), one_of });
            }
            TypeKind::Enum(words) => {
                let words = words.values.into_iter().map(|word| word.node.value.node.to_string());
                self.inputs.insert(name, Input::Enum(words.collect()));
            }
            TypeKind::Scalar => drop(self.inputs.insert(name, Input::Scalar)),
        }
    }

    /// A field of a type.
    #[must_use]
    pub fn field(&self, of: &str, name: &str) -> Option<&Field> {
        self.outputs.get(of)?.fields.get(name)
    }

    /// What clients may give where a type of this name is wanted.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.get(name)
    }

    /// Whether there are objects of this type.
    #[must_use]
    pub fn is_composite(&self, name: &str) -> bool {
        self.outputs.contains_key(name)
    }

    /// Whether objects of this type are of another one.
    #[must_use]
    pub fn is_abstract(&self, name: &str) -> bool {
        self.outputs.get(name).is_some_and(|output| output.is_abstract)
    }

    /// Whether this is the page of a list, as every list has them: rows with `edges` and `pageInfo` around them.
    #[must_use]
    pub fn is_page(&self, name: &str) -> bool {
        let told = self.field(name, "pageInfo").is_some_and(|field| name_of(&field.of) == "PageInfo");
        told && self.field(name, "edges").is_some()
    }
}

/// The name of a type without what is around it.
#[must_use]
pub fn name_of(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => name_of(of),
    }
}

fn fields_by_name(fields: Vec<Positioned<FieldDefinition>>) -> HashMap<String, Field> {
    let named = fields.into_iter().map(|field| {
        let FieldDefinition { name, ty, arguments, .. } = field.node;
        (name.node.to_string(), Field { of: ty.node, arguments: inputs_by_name(arguments) })
    });
    named.collect()
}

fn inputs_by_name(inputs: Vec<Positioned<InputValueDefinition>>) -> HashMap<String, InputField> {
    let named = inputs.into_iter().map(|input| {
        let InputValueDefinition { name, ty, default_value, .. } = input.node;
        (name.node.to_string(), InputField { of: ty.node, has_default: default_value.is_some() })
    });
    named.collect()
}
