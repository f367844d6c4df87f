//! Random documents cost the same if their fragments are expanded by the plainest means.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{BaseType, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Value, Variables};
use proptest::prelude::*;

use super::super::price::Given;
use super::super::{Pages, Recipe};
use crate::config::Limits;
use crate::graphql::{Contract, name_of};

pub(super) const CONTRACT: &str = "
    type Query { tree(first: Int, last: Int): TreeConnection! node: Node any: Any nodes(ids: [ID!]!): [Node]! list: [Leaf!]! }
    type TreeConnection { edges: [TreeEdge!]! nodes: [Tree!]! pageInfo: PageInfo! totalCount: Int! }
    type TreeEdge { cursor: String! node: Tree! }
    type PageInfo { hasNextPage: Boolean! }
    interface Node { id: ID! }
    union Any = Tree | Leaf
    type Tree implements Node { id: ID! tree(first: Int, last: Int): TreeConnection! leaf: Leaf any: Any list: [Leaf!]! }
    type Leaf implements Node { id: ID! node: Node tree(first: Int): TreeConnection! }
";
const TYPES: [&str; 7] = ["Query", "TreeConnection", "TreeEdge", "Node", "Any", "Tree", "Leaf"];
const FRAGMENTS: usize = 6;

/// What a random document is made of: bytes that decide, and nothing when they are used up.
struct Choices {
    bytes: Vec<u8>,
    at: usize,
}

impl Choices {
    fn next(&mut self, of: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(byte) % of
    }

    fn document(&mut self) -> String {
        let root = self.selection("Query", 0, 4);
        let fragments = (0..FRAGMENTS).map(|number| {
            let on = TYPES[self.next(TYPES.len())];
            format!(" fragment F{number} on {on} {}", self.selection(on, number + 1, 3))
        });
        format!("query ($a: Int, $yes: Boolean, $no: Boolean, $ids: [ID!]!) {root}{}", fragments.collect::<String>())
    }

    /// A selection that spreads only later fragments.
    fn selection(&mut self, on: &str, fragments_from: usize, depth: usize) -> String {
        let mut items = vec!["__typename".to_owned()];
        for _ in 0..self.next(4) {
            let condition =
                ["", "", "", " @include(if: $yes)", " @skip(if: $no)", " @skip(if: $yes)", " @include(if: false)"]
                    [self.next(7)];
            items.push(match self.next(4) {
                0 if fragments_from < FRAGMENTS => {
                    format!("...F{}{condition}", fragments_from + self.next(FRAGMENTS - fragments_from))
                }
                1 if depth > 0 => {
                    let of = TYPES[self.next(TYPES.len())];
                    format!("... on {of}{condition} {}", self.selection(of, fragments_from, depth - 1))
                }
                _ if depth > 0 => self.field(on, condition, fragments_from, depth - 1),
                _ => "__typename".to_owned(),
            });
        }
        format!("{{ {} }}", items.join(" "))
    }

    fn field(&mut self, on: &str, condition: &str, fragments_from: usize, depth: usize) -> String {
        let page = ["", "(first: 3)", "(first: $a)", "(last: 2)", "(first: 500)", "(first: $none)"][self.next(6)];
        let ids = ["(ids: [\"a\", \"b\"])", "(ids: $ids)"][self.next(2)];
        let (name, arguments, of) = match (on, self.next(5)) {
            ("Query" | "Tree" | "Leaf", 0) => ("tree", page, "TreeConnection"),
            ("Query" | "Leaf", 1) => ("node", "", "Node"),
            ("Query" | "Tree", 2) => ("any", "", "Any"),
            ("Query" | "Tree", 3) => ("list", "", "Leaf"),
            ("Query", _) => ("nodes", ids, "Node"),
            ("Tree", _) => ("leaf", "", "Leaf"),
            ("TreeConnection", 0 | 1) => ("nodes", "", "Tree"),
            ("TreeConnection", _) => ("edges", "", "TreeEdge"),
            ("TreeEdge", _) => ("node", "", "Tree"),
            _ => return "id".to_owned(),
        };
        format!("{name}{arguments}{condition} {}", self.selection(of, fragments_from, depth))
    }
}

/// Expands everything, each time that it is met.
struct Plain<'a> {
    document: &'a ExecutableDocument,
    contract: &'a Contract,
    variables: &'a Variables,
}

impl Plain<'_> {
    fn cost(&self, set: &SelectionSet, on: &str) -> u64 {
        let (mut sum, mut by_type) = (0_u64, Vec::<(String, u64)>::new());
        for item in &set.items {
            if self.is_left_out(&item.node) {
                continue;
            }
            let (of, inside) = match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    let below = &field.node.selection_set.node;
                    let number = |argument: &str| self.number(&field.node, argument);
                    let rows = number("first").or(number("last")).unwrap_or(10).min(100);
                    let Some(declared) = self.contract.field(on, name) else { continue };
                    let of = name_of(&declared.of);
                    let below = self.cost(below, of);
                    sum += match (on, name) {
                        (_, "tree") => 1 + rows * (1 + below),
                        ("TreeConnection" | "TreeEdge", _) => below,
                        (_, "list") => 10 * (1 + below),
                        (_, "nodes") => 2 * (1 + below),
                        _ if matches!(declared.of.base, BaseType::Named(_)) && of != "ID" => 1 + below,
                        _ => 0,
                    };
                    continue;
                }
                Selection::InlineFragment(inline) => {
                    (&inline.node.type_condition.as_ref().unwrap().node.on.node, &inline.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.document.fragments[&spread.node.fragment_name.node].node;
                    (&fragment.type_condition.node.on.node, &fragment.selection_set.node)
                }
            };
            let cost = self.cost(inside, of);
            let of_one_type = matches!(on, "Node" | "Any") && !matches!(of.as_str(), "Node" | "Any");
            match by_type.iter_mut().find(|(known, _)| of_one_type && known == of.as_str()) {
                Some((_, known)) => *known += cost,
                None if of_one_type => by_type.push((of.to_string(), cost)),
                None => sum += cost,
            }
        }
        sum + by_type.into_iter().map(|(_, cost)| cost).max().unwrap_or_default()
    }

    fn is_left_out(&self, selection: &Selection) -> bool {
        selection.directives().iter().any(|directive| {
            let wanted = directive.node.name.node == "include";
            let value = directive.node.get_argument("if").unwrap().node.clone();
            let is = value.into_const_with(|name| self.variables.get(&name).cloned().ok_or(())).unwrap();
            is != Value::Boolean(wanted)
        })
    }

    fn number(&self, field: &async_graphql::parser::types::Field, argument: &str) -> Option<u64> {
        let value = field.get_argument(argument)?.node.clone();
        let value = value.into_const_with(|name| self.variables.get(&name).cloned().ok_or(())).ok()?;
        value.into_json().unwrap().as_u64()
    }
}

proptest! {
    #[test]
    fn a_document_costs_what_it_costs_expanded(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = Choices { bytes, at: 0 }.document();
        let document = parse_query(&text).unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        let contract = Contract::of(CONTRACT);
        let variables = Variables::from_json(serde_json::json!({ "a": 4, "yes": true, "no": false, "ids": ["x", "y"] }));
        let recipe = Recipe::of(&document, operation, &contract);
        let given = Given::new(&variables, Pages::of(&Limits::default()));

        let expanded = Plain { document: &document, contract: &contract, variables: &variables };
        let expected = expanded.cost(&operation.selection_set.node, "Query");
        prop_assert_eq!(recipe.cost(&given), expected.max(1), "{}", text);
        let shares: u64 = recipe.shares(&given).iter().map(|share| share.cost).sum();
        prop_assert_eq!(shares, expected, "{}", text);
        let selections = text.matches('{').count();
        prop_assert!(recipe.parts.len() <= selections + 2, "each selection is read once: {}", text);
    }
}
