use async_graphql::{Value, Variables};
use serde_json::json;

use super::*;
use crate::auth::Caller;

fn anonymous() -> Viewer {
    Viewer::anonymous(Caller::default())
}

fn asked(query: &str) -> Incoming {
    Incoming { query: query.to_owned(), ..Incoming::default() }
}

/// For documents of whatever schema.
fn admission() -> Admission {
    let limits = Limits::default();
    Admission::new(&limits, &Arc::default(), &Arc::new(Budgets::new(&limits, 1)))
}

fn refusal_of(incoming: Incoming, viewer: &Viewer) -> Option<Refusal> {
    admission().admit(incoming, viewer).err()
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
    is_refused_for(&deep(10_000), "brackets inside each other");
    is_refused_for(&deep(100_000), "longer than 65536 bytes");
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
            let _ = admission().admit(asked(&format!("{}{}", open.repeat(depth), close.repeat(depth))), &anonymous());
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
    let kind = |query: &str| admission().admit(asked(query), &anonymous()).map(|admitted| admitted.operation).ok();
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
        admission()
            .admit(incoming, &anonymous())
            .map(|admitted| admitted.into_request().data.get(&std::any::TypeId::of::<IdempotencyKey>()).is_some())
    };
    assert!(with_key("mutation { a }").unwrap());
    assert!(!with_key("{ a b }").unwrap());
    assert!(with_key("mutation { a b }").unwrap_err().message.contains("one mutation field"));
}

#[test]
fn a_document_that_ran_is_not_read_again() {
    let admission = admission();
    let read = || admission.read.load(Ordering::Relaxed);
    let admit = |n: i32, viewer: &Viewer| {
        let variables = Variables::from_json(json!({ "n": n }));
        admission.admit(Incoming { variables, ..asked("query ($n: Int!) { a(n: $n) }") }, viewer).unwrap()
    };
    // What never ran may not even be valid.
    for times in 1..3 {
        assert!(!admit(1, &Viewer::system()).is_valid());
        assert_eq!(read(), times);
    }
    admission.ran(admit(1, &Viewer::system()).receipt);
    for n in 0..5 {
        let admitted = admit(n, &Viewer::system());
        assert!(admitted.is_valid() && admitted.receipt.asked.is_none());
        let mut request = admitted.into_request();
        assert_eq!(request.variables.get("n"), Some(&Value::from(n)));
        assert_eq!(request.parsed_query().unwrap().operations.iter().len(), 1);
    }
    assert_eq!(read(), 3);
    // What nobody asks for crowds out nothing, and is kept too.
    for flood in 0..10_000 {
        let other = asked(&format!("{{ a{flood:0100} }}"));
        admission.ran(admission.admit(other, &anonymous()).unwrap().receipt);
    }
    let before = read();
    assert!(admit(7, &Viewer::system()).is_valid());
    assert_eq!(read(), before);
    // Every time it is looked at who asks, and with what.
    let missing = admission.admit(asked("query ($n: Int!) { a(n: $n) }"), &Viewer::system()).unwrap_err();
    assert!(missing.message.contains("\"$n\" is required"), "{}", missing.message);
    admission.ran(admission.admit(asked("{ __schema { types { name } } }"), &Viewer::system()).unwrap().receipt);
    assert!(admission.admit(asked("{ __schema { types { name } } }"), &anonymous()).is_err());
}

#[test]
fn what_a_variable_is_and_where_it_is_wrong() {
    let limits = Limits::default();
    let contract = Arc::new(Contract::of(&crate::graphql::print()));
    let admission = Admission::new(&limits, &contract, &Arc::new(Budgets::new(&limits, 1)));
    let refused = |query: &str, variables| {
        let incoming = Incoming { variables: Variables::from_json(variables), ..asked(query) };
        let refusal = admission.admit(incoming, &Viewer::system()).err()?;
        let field = refusal.details.into_iter().find(|(name, _)| *name == "field")?.1;
        let Value::List(steps) = field else { panic!("{field} is no path") };
        let steps = steps.iter().map(|step| if let Value::String(step) = step { step.as_str() } else { "?" });
        Some((steps.collect::<Vec<_>>().join("."), refusal.code))
    };
    let list = "query ($first: Int, $where: ArContentWhereInput, $ids: [ID!]! = [\"a\"], $at: DateTime, $scope: AnalyticsScope) \
                { arContents(first: $first, where: $where) { nodes { activeVideo(at: $at) { source } } } nodes(ids: $ids) { id } \
                viewEvents(scope: $scope) { nodes { __typename } } }";
    let (shape, text) = (Code::ValidationFailed, Code::BadRequest);
    assert!(refused(list, json!({ "where": [] })).is_some(), "a list is no object");
    for (variables, expected) in [
        (json!({}), None),
        (json!({ "first": null, "where": null, "at": null, "more": "unknown" }), None),
        (json!({ "ids": "one", "first": 3, "at": "2026-11-21T12:00:00Z" }), None),
        (json!({ "where": { "AND": { "orderNumber": { "eq": "1" } }, "status": { "oneOf": "READY" } } }), None),
        (json!({ "first": "3" }), Some(("first", shape))),
        (json!({ "first": 1.5 }), Some(("first", shape))),
        (json!({ "first": 5_000_000_000_i64 }), Some(("first", text))),
        (json!({ "ids": null }), Some(("ids", shape))),
        (json!({ "ids": ["a", null] }), Some(("ids.1", shape))),
        (json!({ "ids": ["a", {}] }), Some(("ids.1", shape))),
        (json!({ "at": "tomorrow" }), Some(("at", text))),
        (json!({ "at": 5 }), Some(("at", shape))),
        (json!({ "where": { "AND": [{ "OR": [{ "colour": "red" }] }] } }), Some(("where.AND.0.OR.0.colour", shape))),
        (json!({ "where": { "status": { "eq": "GONE" } } }), Some(("where.status.eq", shape))),
        (json!({ "where": { "uniqueId": "no uuid" } }), Some(("where.uniqueId", text))),
        (json!({ "where": 7 }), Some(("where", shape))),
        (json!({ "scope": {} }), Some(("scope", shape))),
        (json!({ "scope": { "companyId": "a", "projectId": "b" } }), Some(("scope", shape))),
        (json!({ "scope": { "companyId": null } }), Some(("scope", shape))),
    ] {
        let expected = expected.map(|(field, code): (&str, Code)| (field.to_owned(), code));
        assert_eq!(refused(list, variables.clone()), expected, "{variables}");
    }
    let create = "mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) { userErrors { code } } }";
    assert_eq!(refused(create, json!({ "input": { "name": "x" } })), Some(("input.companyId".to_owned(), shape)));
    let literal = "{ arContents(where: { createdAt: { range: { gte: \"now\" } } }) { nodes { id } } }";
    assert_eq!(refused(literal, json!({})), Some(("where.createdAt.range.gte".to_owned(), text)));
}

#[test]
fn a_default_that_is_not_given_is_what_a_condition_goes_by() {
    let admit = |query: &str| admission().admit(asked(query), &Viewer::system()).unwrap().into_request();
    let request = admit("query ($more: Boolean = true, $n: Int) { a(n: $n) @include(if: $more) }");
    assert_eq!(request.variables.get("more"), Some(&Value::Boolean(true)));
    assert!(!request.variables.contains_key("n"));
}
