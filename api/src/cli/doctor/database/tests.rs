//! Each fact by itself; what cannot be had from a real server is here alone: old versions, wrong clocks, packages that
//! are missing, collations that changed.

use super::super::finding::Verdict;
use super::*;

fn facts() -> Facts {
    let both = || EXTENSIONS.map(str::to_owned).to_vec();
    Facts {
        encoding: "UTF8".to_owned(),
        character_type: "C.UTF-8".to_owned(),
        collation_made_with: Some("2.36".to_owned()),
        collation_now: Some("2.36".to_owned()),
        role: "arvlite".to_owned(),
        is_superuser: false,
        schema: Some("public".to_owned()),
        may_create: true,
        foreign_owner: None,
        created_extensions: both(),
        available_extensions: both(),
        permitted_extensions: both(),
        connections: 97,
    }
}

fn postgresql(number: i32) -> Version {
    Version { name: format!("{}.{}", number / 10_000, number % 100), number }
}

#[test]
fn versions_before_the_oldest_are_bad() {
    assert_eq!(version(&postgresql(150_000), 15).verdict, Verdict::Ok);
    assert_eq!(version(&postgresql(180_001), 15).verdict, Verdict::Ok);
    let old = version(&postgresql(140_012), 15);
    assert!(old.verdict == Verdict::Bad && old.found.contains("14.12") && old.advice.unwrap().contains("15"));
}

#[test]
fn only_a_current_schema_will_do() {
    let names = || vec!["2026_views".to_owned()];
    for (state, verdict, named) in [
        (State::Current, Verdict::Ok, "current"),
        (State::Empty, Verdict::Bad, "none"),
        (State::Behind { pending: names() }, Verdict::Bad, "2026_views"),
        (State::Ahead { unknown: names() }, Verdict::Bad, "2026_views"),
    ] {
        let finding = schema(&state);
        assert!(finding.verdict == verdict && finding.found.contains(named), "{finding:?}");
    }
}

#[test]
fn a_missing_extension_is_named_with_what_brings_it() {
    let of = |change: fn(&mut Facts), state: &State| {
        let mut facts = facts();
        change(&mut facts);
        extensions(&facts, state, &postgresql(160_003))
    };
    assert_eq!(of(|_| {}, &State::Current).verdict, Verdict::Ok);

    let new: fn(&mut Facts) = |facts| facts.created_extensions.clear();
    let finding = of(new, &State::Empty);
    assert!(finding.verdict == Verdict::Look && finding.advice.unwrap().contains("arvlite db upgrade"));

    let dropped: fn(&mut Facts) = |facts| facts.created_extensions.retain(|name| name != "pg_trgm");
    let finding = of(dropped, &State::Current);
    assert!(finding.verdict == Verdict::Bad && finding.found.contains("pg_trgm"), "{finding:?}");
    let advice = finding.advice.unwrap();
    assert!(advice.contains("CREATE EXTENSION pg_trgm;") && !advice.contains("btree_gist"), "{advice}");

    let unavailable: fn(&mut Facts) = |facts| {
        facts.created_extensions.clear();
        facts.available_extensions.retain(|name| name != "btree_gist");
    };
    let finding = of(unavailable, &State::Empty);
    assert!(finding.verdict == Verdict::Bad && finding.found.contains("btree_gist"), "{finding:?}");
    let advice = finding.advice.unwrap();
    assert!(
        advice.contains("apt-get install postgresql-contrib") && advice.contains("postgresql16-contrib"),
        "{advice}"
    );

    let forbidden: fn(&mut Facts) = |facts| {
        facts.created_extensions.clear();
        facts.permitted_extensions.clear();
    };
    let finding = of(forbidden, &State::Empty);
    assert!(finding.verdict == Verdict::Bad && finding.advice.unwrap().contains("as a superuser"));
}

#[test]
fn a_role_needs_its_schema_and_no_more() {
    let production = |facts: &Facts| role(facts, false, Mode::Production);
    assert_eq!(production(&facts()).verdict, Verdict::Ok);
    let finding = production(&Facts { may_create: false, ..facts() });
    assert!(
        finding.verdict == Verdict::Bad && finding.advice.unwrap().contains("GRANT USAGE, CREATE ON SCHEMA public")
    );
    let finding = production(&Facts { foreign_owner: Some("owner".to_owned()), ..facts() });
    assert!(finding.verdict == Verdict::Bad && finding.advice.unwrap().contains("GRANT owner TO arvlite"));
    assert_eq!(production(&Facts { schema: None, may_create: false, ..facts() }).verdict, Verdict::Bad);

    let superuser = Facts { is_superuser: true, ..facts() };
    assert_eq!(production(&superuser).verdict, Verdict::Look);
    assert_eq!(role(&superuser, false, Mode::Development).verdict, Verdict::Ok);
    assert_eq!(role(&superuser, true, Mode::Production).verdict, Verdict::Ok, "that of our own PostgreSQL is one");
}

#[test]
fn letters_and_their_order_are_judged() {
    assert_eq!(encoding(&facts(), None).verdict, Verdict::Ok);
    assert_eq!(encoding(&facts(), Some("no case".to_owned())).verdict, Verdict::Bad);
    assert_eq!(collation(&facts()).verdict, Verdict::Ok);
    assert_eq!(collation(&Facts { collation_made_with: None, collation_now: None, ..facts() }).verdict, Verdict::Ok);
    let finding = collation(&Facts { collation_now: Some("2.41".to_owned()), ..facts() });
    assert!(finding.verdict == Verdict::Bad && finding.found.contains("2.36") && finding.found.contains("2.41"));
}

#[test]
fn clocks_may_differ_by_two_seconds() {
    let noon: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().unwrap();
    let answered = noon + TimeDelta::milliseconds(500);
    let told = |milliseconds: i64| clock(noon, noon + TimeDelta::milliseconds(milliseconds), answered);
    for (milliseconds, verdict) in
        [(-2_001, Verdict::Bad), (-2_000, Verdict::Ok), (250, Verdict::Ok), (2_500, Verdict::Ok), (2_501, Verdict::Bad)]
    {
        assert_eq!(told(milliseconds).verdict, verdict, "{milliseconds}");
    }
    assert!(told(-90_000).found.contains("90.0 s"));
}

#[test]
fn the_pool_must_fit_and_should_fit_twice() {
    for (allowed, verdict) in [(18, Verdict::Bad), (19, Verdict::Look), (37, Verdict::Look), (38, Verdict::Ok)] {
        assert_eq!(connections(&Facts { connections: allowed, ..facts() }, 16).verdict, verdict, "{allowed}");
    }
}
