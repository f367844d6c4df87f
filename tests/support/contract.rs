//! The contract as a client sees it, by introspection, and documents made of it: so that what is added to the schema is
//! tested without being named.

use std::collections::BTreeMap;

use arvlite_api::graphql;
use serde::Deserialize;
use serde_json::Value;

use super::Values;

/// More fields than this are not asked for in one document.
const MOST_FIELDS: usize = 800;

const INTROSPECTION: &str = "{ __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    directives { name description args { ...Input } }
    types { kind name description isOneOf
        fields(includeDeprecated: true) { name description args { ...Input } type { ...Ref } }
        inputFields { ...Input } possibleTypes { name }
        enumValues(includeDeprecated: true) { name description } } } }
    fragment Input on __InputValue { name description defaultValue type { ...Ref } }
    fragment Ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";

/// The schema.
pub struct Contract {
    pub types: BTreeMap<String, Type>,
    pub directives: Vec<Directive>,
    roots: [String; 3],
}

/// A type of any kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Type {
    pub kind: String,
    pub name: String,
    pub description: Option<String>,
    pub is_one_of: Option<bool>,
    pub fields: Option<Vec<Field>>,
    pub input_fields: Option<Vec<Input>>,
    pub possible_types: Option<Vec<Named>>,
    pub enum_values: Option<Vec<EnumValue>>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    pub name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct EnumValue {
    pub name: String,
    pub description: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    pub name: String,
    pub description: Option<String>,
    pub args: Vec<Input>,
    #[serde(rename = "type")]
    pub of: TypeRef,
}

/// An argument, or a field of an input.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    pub name: String,
    pub description: Option<String>,
    pub default_value: Option<String>,
    #[serde(rename = "type")]
    pub of: TypeRef,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Directive {
    pub name: String,
    pub description: Option<String>,
    pub args: Vec<Input>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeRef {
    pub kind: String,
    pub name: Option<String>,
    pub of_type: Option<Box<TypeRef>>,
}

/// A scalar or enum somewhere in the arguments of a field, by the names on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub path: Vec<String>,
    pub type_name: String,
}

/// The kinds of roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    Query,
    Mutation,
    Subscription,
}

impl TypeRef {
    /// The type without its lists and exclamation marks.
    pub fn named(&self) -> &str {
        match &self.of_type {
            Some(inner) => inner.named(),
            None => self.name.as_deref().unwrap_or_default(),
        }
    }

    pub fn is_required(&self) -> bool {
        self.kind == "NON_NULL"
    }

    pub fn is_list(&self) -> bool {
        match (self.kind.as_str(), &self.of_type) {
            ("LIST", _) => true,
            (_, Some(inner)) => inner.is_list(),
            (_, None) => false,
        }
    }
}

impl Input {
    fn must_be_given(&self) -> bool {
        self.of.is_required() && self.default_value.is_none()
    }
}

impl Field {
    fn can_be_left_alone(&self) -> bool {
        !self.args.iter().any(Input::must_be_given)
    }
}

impl Contract {
    /// Reads the schema as a client would.
    pub async fn read() -> Self {
        let response = graphql::build().execute(INTROSPECTION).await;
        let mut schema = serde_json::to_value(response).unwrap()["data"]["__schema"].take();
        let types: Vec<Type> = serde_json::from_value(schema["types"].take()).unwrap();
        let root = |name: &str| schema[name]["name"].as_str().unwrap_or_default().to_owned();
        Self {
            types: types.into_iter().map(|of| (of.name.clone(), of)).collect(),
            roots: [root("queryType"), root("mutationType"), root("subscriptionType")],
            directives: serde_json::from_value(schema["directives"].take()).unwrap(),
        }
    }

    /// The fields of a root.
    pub fn roots(&self, root: Root) -> &[Field] {
        self.types[&self.roots[root as usize]].fields.as_deref().unwrap_or_default()
    }

    /// The types that have a global id.
    pub fn nodes(&self) -> Vec<&str> {
        self.types["Node"].possible_types.iter().flatten().map(|node| node.name.as_str()).collect()
    }

    /// Whether a type is a page of a list. Other types have the word in their names, too.
    pub fn is_connection(&self, type_name: &str) -> bool {
        self.types[type_name].fields.iter().flatten().any(|field| field.name == "pageInfo")
    }

    /// Whether a field is a list of rows that have ids.
    pub fn is_list_of_nodes(&self, field: &Field) -> bool {
        let rows = field.of.named().strip_suffix("Connection");
        rows.is_some_and(|rows| self.nodes().contains(&rows))
    }

    /// Every scalar and enum in a field's arguments; conditions inside conditions one level deep.
    pub fn leaves(&self, field: &Field) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.collect_leaves(&field.args, &mut Vec::new(), &mut Vec::new(), &mut leaves);
        leaves
    }

    fn collect_leaves<'a>(
        &'a self,
        inputs: &'a [Input],
        path: &mut Vec<String>,
        inside: &mut Vec<&'a str>,
        leaves: &mut Vec<Leaf>,
    ) {
        for input in inputs {
            let type_name = input.of.named();
            path.push(input.name.clone());
            match &self.types[type_name].input_fields {
                Some(fields) if inside.iter().filter(|name| **name == type_name).count() < 2 => {
                    inside.push(type_name);
                    self.collect_leaves(fields, path, inside, leaves);
                    inside.pop();
                }
                Some(_) => {}
                None => leaves.push(Leaf { path: path.clone(), type_name: type_name.to_owned() }),
            }
            path.pop();
        }
    }

    /// A document that calls a root field with what it needs, and with `given` at some leaves.
    pub fn call(&self, root: Root, field: &Field, values: &Values, given: &[(&Leaf, String)]) -> String {
        self.call_selecting(root, field, values, given, &self.widest_selection(field.of.named(), values))
    }

    /// The same with a selection of one's own, braces included.
    pub fn call_selecting(
        &self,
        root: Root,
        field: &Field,
        values: &Values,
        given: &[(&Leaf, String)],
        selection: &str,
    ) -> String {
        values.next();
        let operation = match root {
            Root::Query => "query",
            Root::Mutation => "mutation",
            Root::Subscription => "subscription",
        };
        let arguments = self.arguments(field, values, given);
        let variables = if arguments.contains("$file") { "($file: Upload!)" } else { "" };
        format!("{operation}{variables} {{ {}{arguments} {selection} }}", field.name)
    }

    /// A call that succeeds when the caller owns what the values name: with the id that says which, and in a mutation
    /// with every id that its input takes; an update with everything that it can change.
    pub fn own_call(&self, root: Root, field: &Field, values: &Values) -> String {
        self.own_call_with(root, field, values, None)
    }

    /// The same with another value at one leaf.
    pub fn own_call_with(&self, root: Root, field: &Field, values: &Values, other: Option<(&Leaf, String)>) -> String {
        let leaves = self.leaves(field);
        let ids: Vec<&Leaf> = leaves.iter().filter(|leaf| leaf.type_name == "ID" || leaf.type_name == "UUID").collect();
        let wanted: Vec<&Leaf> = match root {
            Root::Mutation if field.name.ends_with("Update") => {
                let says_how = |leaf: &&Leaf| ["expectedVersion", "validateOnly"].contains(&leaf.path[1].as_str());
                let is_told = |leaf: &&Leaf| !says_how(leaf) && values.goes_with_the_rest(field, &leaf.path[1]);
                leaves.iter().filter(is_told).collect()
            }
            Root::Mutation => {
                let is_told = |leaf: &&Leaf| {
                    leaf.type_name == "ID" && leaf.path.get(1).is_none_or(|name| values.goes_with_the_rest(field, name))
                };
                ids.into_iter().filter(is_told).collect()
            }
            _ if field.can_be_left_alone() && !self.is_connection(field.of.named()) => {
                ids.into_iter().filter(|leaf| leaf.path.len() == 1).take(1).collect()
            }
            _ => Vec::new(),
        };
        let mut given: Vec<(&Leaf, String)> = Vec::new();
        for leaf in wanted {
            let value = values.literal(self, field, leaf.path.last().unwrap(), &leaf.type_name);
            given.push((leaf, value));
        }
        if let Some((leaf, value)) = other {
            given.retain(|(known, _)| *known != leaf);
            given.push((leaf, value));
        }
        self.call(root, field, values, &given)
    }

    /// A field with its arguments, some of them given, and a small selection.
    pub fn field(&self, field: &Field, values: &Values, given: &[(&Leaf, String)]) -> String {
        let arguments = self.arguments(field, values, given);
        format!("{}{arguments} {}", field.name, self.selection(field.of.named(), 0, values))
    }

    /// A field with its arguments, some of them given, and a selection of one's own, braces included.
    pub fn field_selecting(
        &self,
        field: &Field,
        values: &Values,
        given: &[(&Leaf, String)],
        selection: &str,
    ) -> String {
        format!("{}{} {selection}", field.name, self.arguments(field, values, given))
    }

    fn arguments(&self, field: &Field, values: &Values, given: &[(&Leaf, String)]) -> String {
        let written = self.inputs(&field.args, field, values, given, &mut Vec::new());
        if written.is_empty() { String::new() } else { format!("({written})") }
    }

    fn inputs(
        &self,
        inputs: &[Input],
        field: &Field,
        values: &Values,
        given: &[(&Leaf, String)],
        path: &mut Vec<String>,
    ) -> String {
        let mut written = Vec::new();
        for input in inputs {
            path.push(input.name.clone());
            if input.must_be_given() || given.iter().any(|(leaf, _)| leaf.path.starts_with(path)) {
                let mut value = self.input(input, field, values, given, path);
                if input.of.is_list() && !value.starts_with('[') && value != "null" {
                    value = format!("[{value}]");
                }
                written.push(format!("{}: {value}", input.name));
            }
            path.pop();
        }
        written.join(", ")
    }

    fn input(
        &self,
        input: &Input,
        field: &Field,
        values: &Values,
        given: &[(&Leaf, String)],
        path: &mut Vec<String>,
    ) -> String {
        let of = &self.types[input.of.named()];
        if let Some((_, value)) = given.iter().find(|(leaf, _)| leaf.path == *path) {
            return value.clone();
        }
        let Some(fields) = &of.input_fields else { return values.literal(self, field, &input.name, &of.name) };
        let chosen = given.iter().any(|(leaf, _)| leaf.path.starts_with(path));
        if of.is_one_of == Some(true) && !chosen {
            let first = &fields[0];
            return format!("{{ {}: {} }}", first.name, values.literal(self, field, &first.name, first.of.named()));
        }
        format!("{{ {} }}", self.inputs(fields, field, values, given, path))
    }

    /// As much as can be asked of a type in one document, braces included; nothing of a scalar.
    pub fn widest_selection(&self, type_name: &str, values: &Values) -> String {
        let selections = (1..=4).rev().map(|depth| self.selection(type_name, depth, values));
        let mut fitting = selections.filter(|selection| selection.split_whitespace().count() < MOST_FIELDS);
        fitting.next().unwrap_or_else(|| self.selection(type_name, 0, values))
    }

    /// The scalars of a type, and those of what it leads to, so many objects deep.
    pub fn selection(&self, type_name: &str, depth: usize, values: &Values) -> String {
        let of = &self.types[type_name];
        let mut parts = Vec::new();
        match of.kind.as_str() {
            "SCALAR" | "ENUM" => return String::new(),
            "OBJECT" => {}
            _ => parts.push("__typename".to_owned()),
        }
        for field in of.fields.iter().flatten() {
            let inner = &self.types[field.of.named()];
            let is_leaf = matches!(inner.kind.as_str(), "SCALAR" | "ENUM");
            // What only wraps rows is no step on the way to them.
            let is_wrapping = self.is_connection(type_name) || inner.name == "PageInfo" || inner.name == "UserError";
            if field.name == "edges" {
                parts.push("edges { cursor }".to_owned());
            } else if is_leaf || is_wrapping || depth > 0 {
                let arguments = self.arguments(field, values, &[]);
                let deeper = if is_wrapping { depth } else { depth.saturating_sub(1) };
                parts.push(format!("{}{arguments} {}", field.name, self.selection(&inner.name, deeper, values)));
            }
        }
        for possible in of.possible_types.iter().flatten() {
            parts.push(format!("... on {} {}", possible.name, self.selection(&possible.name, depth.min(1), values)));
        }
        if parts.is_empty() {
            parts.push("__typename".to_owned());
        }
        format!("{{ {} }}", parts.join(" "))
    }
}

/// An answer without what differs from request to request, or from filter to filter.
pub fn steady(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "requestId" | "cost" | "locations"));
            for (name, value) in fields {
                let is_cursor = matches!(name.as_str(), "cursor" | "startCursor" | "endCursor") && value.is_string();
                *value = if is_cursor { Value::from("somewhere") } else { steady(value.take()) };
            }
        }
        Value::Array(values) => {
            for value in values {
                *value = steady(value.take());
            }
        }
        _ => {}
    }
    answer
}
