use async_graphql::Variables;
use serde_json::json;

use super::*;
use crate::auth::Caller;

fn anonymous() -> Viewer {
    Viewer::anonymous(Caller::default())
}

fn asked(query: &str) -> Incoming {
    Incoming { query: query.to_owned(), ..Incoming::default() }
}

fn refusal_of(incoming: Incoming, viewer: &Viewer) -> Option<Refusal> {
    admit(&Limits::default(), incoming, viewer).err()
}

/// The words of the refusal; none if it is let in.
fn refused(query: &str) -> Option<String> {
    refusal_of(asked(query), &anonymous()).map(|refusal| refusal.message)
}

fn is_refused_for(query: &str, words: &str) {
    let message = refused(query).unwrap_or_default();
    assert!(message.contains(words), "{message:?} does not say {words:?}");
}

/// As many selections as are written in the document.
fn written(document: &ExecutableDocument) -> usize {
    fn of(set: &async_graphql::parser::types::SelectionSet) -> usize {
        use async_graphql::parser::types::Selection;
        let each = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => 1 + of(&field.node.selection_set.node),
            Selection::InlineFragment(inline) => 1 + of(&inline.node.selection_set.node),
            Selection::FragmentSpread(_) => 1,
        });
        each.sum()
    }
    let operations: usize = document.operations.iter().map(|(_, one)| of(&one.node.selection_set.node)).sum();
    operations + document.fragments.values().map(|one| of(&one.node.selection_set.node)).sum::<usize>()
}

/// How many selections were looked at, and what a document of doubling fragments amounts to.
fn measured(query: &str) -> (usize, usize, Result<(), Refusal>) {
    let (document, limits) = (parse_query(query).unwrap(), Limits::default());
    let mut measure = Measure::new(&document, &limits);
    let done = measure.fragments().and_then(|()| {
        document.operations.iter().try_for_each(|(_, operation)| measure.operation(&operation.node).map(drop))
    });
    (measure.looked_at, written(&document), done)
}

fn doubling(levels: usize) -> String {
    let fragments: String =
        (0..levels).map(|level| format!("fragment F{level} on Q {{ ...F{0} ...F{0} }} ", level + 1)).collect();
    format!("{{ ...F0 }} {fragments} fragment F{levels} on Q {{ a }}")
}

#[test]
fn doubling_fragments_are_arithmetic() {
    let (looked_at, written, done) = measured(&doubling(30));
    assert!(looked_at <= written, "{looked_at} of {written}");
    assert!(done.is_err());
    is_refused_for(&doubling(30), "more than 1000 fields");
    // Too deep as well: it is told of what the fragment that happens to be measured first breaks.
    assert!(refused(&doubling(150)).is_some());
    assert_eq!(refused(&doubling(4)), None);
}

#[test]
fn fields_of_doubling_fragments_are_counted_too() {
    let wide: String = (0..10).map(|n| format!("a{n} ")).collect();
    let bomb = format!(
        "{{ x {{ ...A ...A ...A ...A }} }} fragment A on X {{ y {{ ...B ...B ...B ...B ...B }} }} \
                        fragment B on X {{ z {{ {} }} }}",
        wide.repeat(6)
    );
    is_refused_for(&bomb, "more than 1000 fields");
}

#[test]
fn cycles_are_refused_wherever_they_are() {
    is_refused_for("{ ...A } fragment A on Q { a { ...A } }", "contains itself");
    is_refused_for(
        "{ ...A } fragment A on Q { ...B } fragment B on Q { ...C } fragment C on Q { ...A }",
        "contains itself",
    );
    is_refused_for("{ a } fragment A on Q { ...B } fragment B on Q { ...A }", "contains itself");
}

#[test]
fn depth_is_the_fields_on_a_path_with_the_leaf() {
    let deep = |fields: usize| format!("{}{}", "{ a ".repeat(fields), "}".repeat(fields));
    assert_eq!(refused(&deep(20)), None);
    is_refused_for(&deep(21), "deeper than 20 fields");
    is_refused_for(&deep(60), "deeper than 20 fields");
    is_refused_for(&deep(100_000), "brackets inside each other");
    let in_fragments = |fields: usize| format!("{}{}", "{ ... on Q { a ".repeat(fields), "}}".repeat(fields));
    assert_eq!(refused(&in_fragments(20)), None);
    is_refused_for(&in_fragments(21), "deeper than 20 fields");
    is_refused_for(
        &format!("{}{}", "{ ... ".repeat(41), "{ a }".to_owned() + &"}".repeat(41)),
        "deeper than 20 fields",
    );
}

#[test]
fn the_parser_bears_whatever_the_brackets_allow() {
    // Worker threads have 2 MiB; half of that must do.
    let parse = || {
        for (open, close) in [("{ a ", "}"), ("{ a(b: [", "])}"), ("{ ... ", "}")] {
            let depth = Limits::default().nesting / open.matches(['{', '(', '[']).count();
            let _ = admit(
                &Limits::default(),
                asked(&format!("{}{}", open.repeat(depth), close.repeat(depth))),
                &anonymous(),
            );
        }
        let list = format!("{{ a(b: {}{}) }}", "[".repeat(62), "]".repeat(62));
        assert_eq!(refused(&list), None);
    };
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(parse).unwrap().join().unwrap();
}

#[test]
fn counts_hold_after_fragments_are_expanded() {
    let fields = |count: usize| (0..count).map(|n| format!("f{n} ")).collect::<String>();
    assert_eq!(refused(&format!("{{ a {{ {} }} }}", fields(999))), None);
    is_refused_for(&format!("{{ a {{ {} }} }}", fields(1_000)), "more than 1000 fields");

    let aliases = |count: usize| (0..count).map(|n| format!("f{n}: a ")).collect::<String>();
    assert_eq!(refused(&format!("{{ x {{ {} }} }}", aliases(30))), None);
    is_refused_for(&format!("{{ x {{ {} }} }}", aliases(31)), "more than 30 aliases");
    is_refused_for(
        &format!("{{ x {{ ...A }} y {{ ...A }} }} fragment A on X {{ {} }}", aliases(16)),
        "more than 30 aliases",
    );

    assert_eq!(refused(&format!("{{ {} }}", fields(20))), None);
    is_refused_for(&format!("{{ {} }}", fields(21)), "more than 20 root fields");
    is_refused_for(&format!("{{ ...A }} fragment A on Q {{ {} }}", fields(21)), "more than 20 root fields");

    assert_eq!(refused(&format!("{{ a {} }}", "@d ".repeat(20))), None);
    is_refused_for(&format!("{{ a {} }}", "@d ".repeat(21)), "more than 20 directives");
    is_refused_for(&format!("{{ a {} }}", "@d ".repeat(990)), "more than 20 directives");
    is_refused_for(&format!("query($a: Int {}) {{ a }}", "@d ".repeat(21)), "more than 20 directives");
    is_refused_for(&format!("query {} {{ a }}", "@d ".repeat(21)), "more than 20 directives");
    is_refused_for(&format!("{{ a {} }}", "@d ".repeat(10_000)), "more than 2000 tokens");
}

#[test]
fn a_document_has_few_operations_and_one_is_chosen() {
    let several = |count: usize| (0..count).map(|n| format!("query Q{n} {{ a }} ")).collect::<String>();
    let named = |query: String, name: Option<&str>| {
        let incoming = Incoming { operation_name: name.map(str::to_owned), ..asked(&query) };
        refusal_of(incoming, &anonymous()).map(|refusal| refusal.message).unwrap_or_default()
    };
    assert_eq!(named(several(5), Some("Q4")), "");
    assert!(named(several(6), Some("Q4")).contains("more than 5 operations"));
    assert!(named(several(2), None).contains("say operationName"));
    assert!(named(several(2), Some("Q7")).contains("names no operation"));
    assert!(named("{ a }".to_owned(), Some("Q")).contains("names no operation"));
    assert_eq!(named(several(1), None), "");
    assert_eq!(named(several(1), Some("")), "");
    let kind =
        |query: &str| admit(&Limits::default(), asked(query), &anonymous()).map(|admitted| admitted.operation).ok();
    assert_eq!(kind("mutation { a }"), Some(OperationType::Mutation));
    assert_eq!(kind("subscription { a }"), Some(OperationType::Subscription));
}

#[test]
fn the_parsers_words_are_ours() {
    for (query, words) in [
        ("{", "syntax error at line 1, column 2"),
        ("{ a } { b }", "must be the only one"),
        ("query Q { a } query Q { b }", "same name"),
        ("{ a } fragment F on Q { a } fragment F on Q { a }", "same name"),
        ("fragment F on Q { a }", "no operation"),
        ("", "syntax error"),
    ] {
        is_refused_for(query, words);
        assert!(refused(query).unwrap().len() < 100);
    }
    let long = format!("{{ a(b: \"{}\") ! }}", "secret".repeat(1_000));
    assert!(!refused(&long).unwrap().contains("secret"));
}

#[test]
fn a_subscription_has_one_root_field_and_no_name_of_its_type() {
    is_refused_for("subscription { a b }", "exactly one root field");
    is_refused_for("subscription { ...A ...A } fragment A on S { a }", "exactly one root field");
    is_refused_for("subscription { __typename }", "exactly one root field");
    assert_eq!(refused("subscription { ...A } fragment A on S { a { b c } }"), None);
}

#[test]
fn login_comes_once_and_by_its_name() {
    assert_eq!(refused("mutation { login(input: {}) { token } }"), None);
    is_refused_for("mutation { a: login(input: {}) { token } }", "without an alias");
    is_refused_for("mutation { login(input: {}) { token } login(input: {}) { token } }", "once in a document");
    is_refused_for("mutation { ...A ...A } fragment A on M { login { token } }", "once in a document");
    assert_eq!(refused("{ a { login } b { login } }"), None);
}

#[test]
fn a_key_is_for_the_root_fields_of_a_mutation() {
    let key = "@idempotent(key: \"k\")";
    assert_eq!(refused(&format!("mutation {{ a {key} {{ b }} c {key} }}")), None);
    assert_eq!(refused(&format!("mutation {{ ...A }} fragment A on M {{ a {key} }}")), None);
    for document in [
        format!("{{ a {key} }}"),
        format!("subscription {{ a {key} }}"),
        format!("mutation {{ a {{ b {key} }} }}"),
        format!("mutation {{ a {key} {{ ...B }} }} fragment B on B {{ b {key} }}"),
    ] {
        is_refused_for(&document, "@idempotent is for");
    }
}

#[test]
fn introspection_is_for_the_signed_in_and_bounded() {
    let signed_in = |query: &str| refusal_of(asked(query), &Viewer::system()).map(|refusal| refusal.message);
    for query in ["{ __schema { types { name } } }", "{ ...A } fragment A on Q { __type(name: \"A\") { name } }"] {
        assert_eq!(refusal_of(asked(query), &anonymous()).unwrap().code, Code::Unauthenticated);
        assert_eq!(signed_in(query), None);
    }
    assert_eq!(refused("{ __typename a { __typename } }"), None);
    assert_eq!(signed_in(&standard_introspection()), None);
    let dear = "{ __schema { types { fields { type { fields { name } } } } } }";
    assert!(signed_in(dear).unwrap().contains("at most twice"));
    let dear_in_fragments = "{ __schema { types { ...F } } } fragment F on T { fields { type { ...G } } } \
                             fragment G on T { possibleTypes { name } }";
    assert!(signed_in(dear_in_fragments).unwrap().contains("at most twice"));
}

/// What tools ask: every type with its fields, arguments and types nine wrappers deep.
fn standard_introspection() -> String {
    let of_type = format!("{}kind name{}", "kind name ofType { ".repeat(9), " }".repeat(9));
    format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} \
         subscriptionType {{ name kind }} types {{ ...FullType }} directives {{ name description isRepeatable locations \
         args(includeDeprecated: true) {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description specifiedByURL isOneOf \
         fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }} \
         type {{ ...TypeRef }} isDeprecated deprecationReason }} inputFields(includeDeprecated: true) {{ ...InputValue }} \
         interfaces {{ ...TypeRef }} enumValues(includeDeprecated: true) {{ name description isDeprecated \
         deprecationReason }} possibleTypes {{ ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated \
         deprecationReason }} fragment TypeRef on __Type {{ {of_type} }}"
    )
}

#[test]
fn variables_that_are_needed_are_asked_for_before_it_runs() {
    let with = |query: &str, variables| {
        let incoming = Incoming { variables: Variables::from_json(variables), ..asked(query) };
        refusal_of(incoming, &anonymous()).map(|refusal| refusal.message).unwrap_or_default()
    };
    assert!(with("query($id: ID!) { a(id: $id) }", json!({})).contains("\"$id\" is required"));
    assert!(with("query($id: ID!) { a(id: $id) }", json!({ "id": null })).contains("\"$id\" is required"));
    assert!(with("query($n: Int! = 1) { a(n: $n) }", json!({ "n": null })).contains("\"$n\" is required"));
    assert_eq!(with("query($n: Int! = 1, $m: Int) { a(n: $n, m: $m) }", json!({})), "");
    assert_eq!(with("query($id: ID!) { a(id: $id) }", json!({ "id": "x", "more": 1 })), "");
}

#[test]
fn a_key_of_a_repeated_write_is_for_one_field() {
    let with_key = |query: &str| {
        let incoming = Incoming { idempotency_key: Some("k".to_owned()), ..asked(query) };
        admit(&Limits::default(), incoming, &anonymous())
            .map(|admitted| admitted.into_request().data.get(&std::any::TypeId::of::<IdempotencyKey>()).is_some())
    };
    assert!(with_key("mutation { a }").unwrap());
    assert!(!with_key("{ a b }").unwrap());
    assert!(with_key("mutation { a b }").unwrap_err().message.contains("one mutation field"));
}
