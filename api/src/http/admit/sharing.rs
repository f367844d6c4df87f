//! Which subscriptions may be run once for many: all who asked the same, and may see the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use arvlite_db::Scope;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection};
use async_graphql::{Name, Value, Variables};

use crate::auth::{Permission, Viewer};
use crate::graphql::{PERSONAL_FIELDS, SHARED_STREAMS};

/// The argument that says where a client broke off: what happens from now on is the same wherever that was.
const AFTER: &str = "after";

/// What a document tells about it.
#[derive(Debug)]
pub(super) struct Sharing {
    text: Arc<str>,
    /// The variable that says where a client broke off, if it says nothing else.
    after: Option<Name>,
    /// Whether it asks for something that depends on who asks, and not only on what they may see.
    is_personal: bool,
}

/// Two subscriptions with equal ones are told the very same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::http) struct Sameness {
    text: Arc<str>,
    operation: Option<String>,
    variables: String,
    rights: Vec<Scope>,
    who: Option<String>,
}

impl Sharing {
    /// Of a document whose operation may be shared; none of others. A name that is only in a comment or in a text counts
    /// as asked for.
    pub(super) fn of(text: &str, document: &ExecutableDocument, operation: &OperationDefinition) -> Option<Self> {
        let (OperationType::Subscription, [root]) = (operation.ty, &operation.selection_set.node.items[..]) else {
            return None;
        };
        let Selection::Field(root) = &root.node else { return None };
        if !SHARED_STREAMS.contains(&root.node.name.node.as_str()) {
            return None;
        }
        let after = match root.node.get_argument(AFTER).map(|argument| &argument.node) {
            // Declared once, used here, and nowhere else.
            Some(async_graphql_value::Value::Variable(name)) if uses(text, name) == 2 => Some(name.clone()),
            _ => None,
        };
        let several = document.operations.iter().count() > 1;
        let is_personal = several || words(text).any(|word| PERSONAL_FIELDS.contains(&word));
        Some(Self { text: text.into(), after, is_personal })
    }

    /// Where a client broke off, if its variables say nothing else with it.
    pub(super) fn broke_off<'v>(&self, variables: &'v Variables) -> Option<&'v str> {
        match variables.get(self.after.as_ref()?)? {
            Value::String(after) => Some(after),
            _ => None,
        }
    }

    /// What is the same for all who are told the same as this viewer.
    pub(super) fn sameness(&self, operation: Option<&str>, variables: &Variables, viewer: &Viewer) -> Option<Sameness> {
        if viewer.is_anonymous() {
            return None;
        }
        let counted: BTreeMap<&str, &Value> = variables
            .iter()
            .filter(|(name, _)| Some(*name) != self.after.as_ref())
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        Some(Sameness {
            text: Arc::clone(&self.text),
            operation: operation.map(str::to_owned),
            variables: serde_json::to_string(&counted).ok()?,
            rights: Permission::ALL.iter().map(|permission| viewer.scope(*permission)).collect(),
            who: self.is_personal.then(|| viewer.name()),
        })
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter| !is_of_name(letter)).filter(|word| !word.is_empty())
}

fn uses(text: &str, variable: &str) -> usize {
    let mut after_signs = text.split('$').skip(1);
    let is_it = |rest: &str| rest.strip_prefix(variable).is_some_and(|rest| !rest.starts_with(is_of_name));
    after_signs.by_ref().filter(|rest| is_it(rest)).count()
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;
    use crate::auth::Caller;

    fn sharing(text: &str) -> Option<Sharing> {
        let document = parse_query(text).unwrap();
        let operation = document.operations.iter().next().unwrap().1.node.clone();
        Sharing::of(text, &document, &operation)
    }

    fn sameness(text: &str, variables: serde_json::Value) -> Sameness {
        let variables = Variables::from_json(variables);
        sharing(text).unwrap().sameness(None, &variables, &Viewer::system()).unwrap()
    }

    #[test]
    fn only_streams_of_the_log_are_shared_and_with_nobody_who_is_nobody() {
        for text in [
            "{ viewEvents { nodes { __typename } } }",
            "subscription { playbackChanged { at } }",
            "subscription { ...F } fragment F on Subscription { viewEvents { cursor } }",
        ] {
            assert!(sharing(text).is_none(), "{text}");
        }
        let shared = sharing("subscription { a: viewEvents { cursor } }").unwrap();
        let nobody = Viewer::anonymous(Caller::default());
        assert_eq!(shared.sameness(None, &Variables::default(), &nobody), None);
    }

    #[test]
    fn where_a_client_broke_off_does_not_matter_unless_it_says_more() {
        let text = "subscription ($of: ID, $after: String, $afterwards: Int) { viewEvents(of: $of, after: $after) { a(b: $afterwards) } }";
        let of = |after: &str| sameness(text, json!({ "of": 1, "after": after, "afterwards": 2 }));
        assert_eq!(of("x"), of("y"));
        assert_ne!(of("x"), sameness(text, json!({ "of": 2, "after": "x", "afterwards": 2 })));
        assert_ne!(of("x"), sameness(text, json!({ "of": 1, "after": "x", "afterwards": 3 })));
        let twice = "subscription ($after: String) { viewEvents(after: $after) { orders(after: $after) } }";
        assert_ne!(sameness(twice, json!({ "after": "x" })), sameness(twice, json!({ "after": "y" })));
    }

    #[test]
    fn what_depends_on_who_asks_is_shared_with_nobody_else() {
        let who = |text: &str| sameness(text, json!({})).who;
        assert_eq!(who("subscription { viewEvents { cursor } }"), None);
        for text in [
            "subscription { viewEvents { company { m: memberships { role } } } }",
            "subscription { viewEvents { ...F } } fragment F on X { company { memberships { role } } }",
            "subscription A { viewEvents { cursor } } subscription B { viewEvents { cursor } }",
        ] {
            assert!(who(text).is_some(), "{text}");
        }
    }
}
