//! The printed contract is what the program serves, everything in it is described, and its names keep the grammar.

use crate::support::contract::{Contract, Input, Root, Type};

/// Mutations that take no `input`: there is nothing to say.
const WITHOUT_INPUT: [&str; 1] = ["logout"];

#[test]
fn the_printed_schema_is_the_one_that_is_served() {
    let printed = include_str!("../schema.graphql");
    let served = arvlite_api::graphql::print();
    let write_it = "write it with: cargo run --locked -- schema > schema.graphql";
    for (number, (printed, served)) in printed.lines().zip(served.lines()).enumerate() {
        assert_eq!(printed, served, "line {} of schema.graphql is not what is served; {write_it}", number + 1);
    }
    assert!(printed == served, "schema.graphql is not what is served; {write_it}");
}

#[tokio::test]
async fn everything_is_described() {
    let contract = Contract::read().await;
    let mut silent = Vec::new();
    let mut hear = |what: String, description: &Option<String>| {
        if description.as_deref().is_none_or(|words| words.trim().is_empty()) {
            silent.push(what);
        }
    };
    for of in own_types(&contract) {
        hear(of.name.clone(), &of.description);
        for field in of.fields.iter().flatten() {
            hear(format!("{}.{}", of.name, field.name), &field.description);
            for argument in &field.args {
                hear(format!("{}.{}({})", of.name, field.name, argument.name), &argument.description);
            }
        }
        for input in of.input_fields.iter().flatten() {
            hear(format!("{}.{}", of.name, input.name), &input.description);
        }
        for value in of.enum_values.iter().flatten() {
            hear(format!("{}.{}", of.name, value.name), &value.description);
        }
    }
    for directive in &contract.directives {
        hear(format!("@{}", directive.name), &directive.description);
        for argument in &directive.args {
            hear(format!("@{}({})", directive.name, argument.name), &argument.description);
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}

#[tokio::test]
async fn names_keep_the_grammar() {
    let contract = Contract::read().await;
    let mut odd = Vec::new();
    for of in own_types(&contract) {
        if !is_pascal_case(&of.name) {
            odd.push(format!("{} is not in PascalCase", of.name));
        }
        for value in of.enum_values.iter().flatten() {
            if !value.name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
            {
                odd.push(format!("{}.{} is not in UPPER_SNAKE", of.name, value.name));
            }
        }
        if of.kind == "INPUT_OBJECT"
            && !["Input", "Filter", "Where", "Range", "Order", "Scope", "Timeframe", "Proposal"]
                .iter()
                .any(|ending| of.name.ends_with(ending))
        {
            odd.push(format!("{} does not say that it is an input", of.name));
        }
        for field in of.fields.iter().flatten() {
            if !is_camel_case(&field.name) {
                odd.push(format!("{}.{} is not in camelCase", of.name, field.name));
            }
            if contract.is_connection(field.of.named()) {
                let pages = ["first", "after", "last", "before"];
                let missing = pages.iter().filter(|name| !field.args.iter().any(|argument| argument.name == **name));
                // A log is read forwards only.
                let missing: Vec<_> = missing.filter(|name| field.name != "viewEvents" || **name == "first").collect();
                if !missing.is_empty() {
                    odd.push(format!("{}.{} is a list without {missing:?}", of.name, field.name));
                }
                // Who may see a row may not always see what keeps it running; then this alone is null.
                let guarded = ["history", "emailMessages", "storageConnections", "storageFolders"];
                let is_guarded = of.name != "Query" && guarded.contains(&field.name.as_str());
                if !field.of.is_required() && !is_guarded {
                    odd.push(format!("{}.{} is a list that may be null", of.name, field.name));
                }
            }
        }
        for input in of.input_fields.iter().flatten() {
            if !is_camel_case(&input.name) && !matches!(input.name.as_str(), "AND" | "OR" | "NOT") {
                odd.push(format!("{}.{} is not in camelCase", of.name, input.name));
            }
        }
    }
    assert!(odd.is_empty(), "{odd:#?}");
}

#[tokio::test]
async fn a_mutation_is_a_noun_and_a_verb_with_one_input_and_a_payload() {
    let contract = Contract::read().await;
    let mut odd = Vec::new();
    for mutation in contract.roots(Root::Mutation) {
        let name = &mutation.name;
        let inputs: Vec<&Input> = mutation.args.iter().collect();
        match inputs.as_slice() {
            [] if WITHOUT_INPUT.contains(&name.as_str()) => {}
            [input] if input.name == "input" && input.of.is_required() => {
                let expected = format!("{}Input", upper_first(name));
                if input.of.named() != expected {
                    odd.push(format!("{name} takes {}, not {expected}", input.of.named()));
                }
            }
            _ => odd.push(format!("{name} does not take one required `input`")),
        }
        let payload = &contract.types[mutation.of.named()];
        let has_errors = payload.fields.iter().flatten().any(|field| field.name == "userErrors");
        if !payload.name.ends_with("Payload") || !mutation.of.is_required() || !has_errors {
            odd.push(format!("{name} does not answer with a payload that has userErrors"));
        }
        let nouns: Vec<String> = contract.nodes().iter().map(|node| lower_first(node)).collect();
        let known = ["login", "logout", "upload", "membership", "user"];
        let starts_with_noun = nouns.iter().map(String::as_str).chain(known).any(|noun| name.starts_with(noun));
        if !starts_with_noun {
            odd.push(format!("{name} does not begin with a noun of the contract"));
        }
    }
    assert!(odd.is_empty(), "{odd:#?}");
}

fn own_types(contract: &Contract) -> impl Iterator<Item = &Type> {
    contract.types.values().filter(|of| !of.name.starts_with("__"))
}

fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn is_camel_case(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn upper_first(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

fn lower_first(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}
