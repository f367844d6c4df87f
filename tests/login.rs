//! Signing in and out: who gets in, for how long, and what a guesser learns.

use std::sync::Arc;

use arvlite_api::app::App;
use arvlite_api::auth::authenticate::{authenticate, until_revoked};
use arvlite_api::auth::{Caller, Viewer};
use arvlite_api::config::{Config, Mode};
use arvlite_api::domain::login::{LoggedIn, Login, login, logout};
use arvlite_api::domain::membership::MembershipSet;
use arvlite_api::domain::user::{UserCreate, UserSetActive, UserSetPassword, hash_new_password};
use arvlite_api::domain::{Error, Problem};
use arvlite_api::enums;
use arvlite_api::global_id::NodeId;
use arvlite_db::Scope;
use arvlite_db::models::{NewUser, Role, User, UserRole};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{TestApp, noon};

const PASSWORD: &str = "correct horse";

const LOGIN: &str = "mutation ($input: LoginInput!) { login(input: $input) { token expiresAt
    viewer { kind user { email lastLoginAt } memberships { role company { name } user { fullName } } permissions }
    userErrors { message code field } } }";

/// A person who signs in with [`PASSWORD`].
async fn person(app: &TestApp, email: &str) -> User {
    let hashed_password = hash_new_password(&app.app, PASSWORD.to_owned()).await.unwrap();
    let full_name = "Somebody".to_owned();
    app.run(UserCreate { email: email.to_owned(), full_name, role: UserRole::Member, hashed_password }).await
}

async fn try_login(app: &App, address: Option<&str>, email: &str, password: &str) -> Result<LoggedIn, Error> {
    let caller = Arc::new(Caller { address: address.map(str::to_owned), ..Caller::default() });
    login(app, &caller, Login { email: email.to_owned(), password: password.to_owned() }).await
}

/// The token of somebody who signs in.
async fn token(app: &App, email: &str) -> String {
    match try_login(app, None, email, PASSWORD).await {
        Ok(signed_in) => signed_in.token,
        Err(error) => panic!("{error:?}"),
    }
}

fn refusal(answer: Result<LoggedIn, Error>) -> Vec<Problem> {
    match answer {
        Err(Error::Refused(problems)) => problems,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("signed in"),
    }
}

async fn known(app: &App, token: &str) -> Result<Viewer, Error> {
    authenticate(app, Some(&format!("Bearer {token}")), Caller::default()).await
}

async fn holds(app: &App, token: &str) -> bool {
    match known(app, token).await {
        Ok(_) => true,
        Err(Error::Unauthenticated) => false,
        Err(error) => panic!("{error:?}"),
    }
}

async fn stored(app: &App, email: &str) -> User {
    User::by_email(&app.db.session(Scope::Everything), email).await.unwrap().unwrap()
}

/// The same database behind a program that is configured in another way.
fn another(app: &TestApp, change: impl FnOnce(&mut Config)) -> Arc<App> {
    let mut config = app.app.config.clone();
    change(&mut config);
    App::new(config, app.app.db.clone(), app.app.clock.clone(), app.app.secret.clone(), app.app.store.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_out() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let user = person(&app, "Anna@vertex.example").await;
    app.run(MembershipSet {
        company_id: NodeId::of(studio.company.id),
        user_id: None,
        email: Some("anna@VERTEX.example".to_owned()),
        role: enums::Role::Editor,
        validate_only: false,
    })
    .await;

    let input = json!({ "input": { "email": " anna@vertex.example", "password": PASSWORD } });
    let answer = app.anonymous().ask(LOGIN, input).await;
    let login = &answer["login"];
    assert_eq!(login["userErrors"], json!([]));
    assert_eq!(login["expiresAt"], "2026-12-21T12:00:00+00:00");
    assert_eq!(
        login["viewer"],
        json!({
            "kind": "USER",
            "user": { "email": "Anna@vertex.example", "lastLoginAt": "2026-11-21T12:00:00+00:00" },
            "memberships": [{ "role": "EDITOR", "company": { "name": "Vertex" }, "user": { "fullName": "Somebody" } }],
            "permissions": ["READ_STUDIO", "READ_ANALYTICS", "WRITE_CONTENT", "WRITE_SCHEDULES", "WRITE_UPLOADS", "WRITE_VIEWS"],
        })
    );

    let token = login["token"].as_str().unwrap();
    let viewer = known(&app.app, token).await.unwrap();
    assert_eq!(viewer.name(), format!("user:{}", user.id));
    logout(&app.app, &viewer).await.unwrap();
    assert!(!holds(&app.app, token).await);
    assert!(matches!(logout(&app.app, &app.anonymous().viewer).await, Err(Error::Unauthenticated)));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_and_out_is_written_down() {
    let app = TestApp::start().await;
    let user = person(&app, "anna@example.com").await;
    let caller = Arc::new(Caller { address: Some("192.0.2.7".to_owned()), ..Caller::default() });
    let input = Login { email: user.email, password: PASSWORD.to_owned() };
    let signed_in = login(&app.app, &caller, input).await.map(|signed_in| signed_in.viewer).unwrap();
    refusal(try_login(&app.app, None, "anna@example.com", "a guess").await);
    logout(&app.app, &signed_in).await.unwrap();

    let url = app.app.config.database_url.as_deref().unwrap();
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let written = "SELECT action, actor_email, actor_ip FROM audit_log WHERE actor_kind = 'USER' ORDER BY id";
    let rows = client.query(written, &[]).await.unwrap();
    let rows: Vec<(&str, &str, &str)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(rows, [("login", "anna@example.com", "192.0.2.7"), ("logout", "anna@example.com", "192.0.2.7")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_tells_what_is_wrong() {
    let app = TestApp::start().await;
    for email in ["wrong@example.com", "locked@example.com", "disabled@example.com"] {
        person(&app, email).await;
    }
    let disabled = stored(&app.app, "disabled@example.com").await.id;
    app.run(UserSetActive { id: NodeId::of(disabled), is_active: false }).await;
    for _ in 0..5 {
        refusal(try_login(&app.app, None, "locked@example.com", "a guess").await);
    }
    let mut answers = Vec::new();
    for (email, password) in [
        ("unknown@example.com", PASSWORD),
        ("wrong@example.com", "a guess"),
        ("locked@example.com", PASSWORD),
        ("disabled@example.com", PASSWORD),
    ] {
        let input = json!({ "input": { "email": email, "password": password } });
        answers.push(app.anonymous().ask(LOGIN, input).await);
    }
    assert_eq!(answers[0]["login"]["token"], json!(null));
    assert_eq!(answers[0]["login"]["userErrors"][0]["code"], "INVALID");
    assert_eq!(answers[0]["login"]["userErrors"][0]["field"], json!(null));
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_password_is_not_counted() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    for _ in 0..6 {
        let problems = refusal(try_login(&app.app, None, "anna@example.com", &"long".repeat(300)).await);
        assert_eq!(problems[0].field, ["password"]);
        refusal(try_login(&app.app, None, "anna@example.com", "with a \0 inside").await);
        refusal(try_login(&app.app, None, "anna@example.com\0", PASSWORD).await);
    }
    token(&app.app, "anna@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_2_a_locked_account_is_refused_for_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    for _ in 0..4 {
        refusal(try_login(&app.app, None, "anna@example.com", "a guess").await);
    }
    token(&app.app, "anna@example.com").await;
    for _ in 0..5 {
        refusal(try_login(&app.app, None, "anna@example.com", "a guess").await);
    }
    app.app.clock.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    refusal(try_login(&app.app, None, "anna@example.com", PASSWORD).await);
    app.app.clock.advance(TimeDelta::seconds(1));
    token(&app.app, "anna@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_guesses_at_once_are_five() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    let guesses = (0..50).map(|_| {
        let app = Arc::clone(&app.app);
        tokio::spawn(async move { try_login(&app, None, "anna@example.com", "a guess").await.is_ok() })
    });
    assert!(join_all(guesses).await.into_iter().all(|signed_in| !signed_in.unwrap()));
    let user = stored(&app.app, "anna@example.com").await;
    assert_eq!((user.login_attempts, user.locked_until), (5, Some(noon() + TimeDelta::minutes(15))));
    refusal(try_login(&app.app, None, "anna@example.com", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_failures_lock_an_address_and_nobody_elses() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    let (here, there) = (Some("2001:db8::1"), Some("2001:db8:0:1::1"));
    for guess in 0..50 {
        // One's own account wipes nothing away, and a neighbour in the same network is the same guesser.
        if guess == 40 {
            try_login(&app.app, here, "anna@example.com", PASSWORD).await.map(|_| ()).unwrap();
        }
        let address = format!("2001:db8::{guess:x}");
        refusal(try_login(&app.app, Some(&address), &format!("{guess}@example.com"), "a guess").await);
    }
    refusal(try_login(&app.app, here, "anna@example.com", PASSWORD).await);
    assert_eq!(stored(&app.app, "anna@example.com").await.login_attempts, 0);
    try_login(&app.app, there, "anna@example.com", PASSWORD).await.map(|_| ()).unwrap();
    app.app.clock.advance(TimeDelta::minutes(15));
    try_login(&app.app, here, "anna@example.com", PASSWORD).await.map(|_| ()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_after_twelve_idle_hours() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    let token = token(&app.app, "anna@example.com").await;
    for _ in 0..3 {
        app.app.clock.advance(TimeDelta::hours(12) - TimeDelta::seconds(1));
        assert!(holds(&app.app, &token).await);
    }
    app.app.clock.advance(TimeDelta::hours(12));
    assert!(!holds(&app.app, &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_after_thirty_days_however_busy() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    let token = token(&app.app, "anna@example.com").await;
    for _ in 0..72 {
        assert!(holds(&app.app, &token).await);
        app.app.clock.advance(TimeDelta::hours(10));
    }
    assert!(!holds(&app.app, &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_no_credential_is_refused() {
    let app = TestApp::start().await;
    assert!(authenticate(&app.app, None, Caller::default()).await.unwrap().is_anonymous());
    let never_made = format!("Bearer arv_s_{}", "a".repeat(43));
    for header in ["", "Bearer", "Bearer x", "Basic YTpi", &never_made] {
        let answer = authenticate(&app.app, Some(header), Caller::default()).await;
        assert!(matches!(answer, Err(Error::Unauthenticated)), "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn published_passwords_open_only_a_development_server() {
    let app = TestApp::start().await;
    for (email, password) in [("admin@vertex.local", "admin123"), ("manager@vertex.local", "demo-password")] {
        let hashed_password = hash_new_password(&app.app, password.to_owned()).await.unwrap();
        let (email, full_name) = (email.to_owned(), "Somebody".to_owned());
        app.run(UserCreate { email, full_name, role: UserRole::Member, hashed_password }).await;
    }
    person(&app, "anna@example.com").await;
    let production = another(&app, |config| config.mode = Mode::Production);
    let wrong = refusal(try_login(&production, None, "anna@example.com", "a guess").await);
    for (email, password) in [("admin@vertex.local", "admin123"), ("manager@vertex.local", "demo-password")] {
        assert_eq!(refusal(try_login(&production, None, email, password).await), wrong);
        try_login(&app.app, None, email, password).await.map(|_| ()).unwrap();
    }
    token(&production, "anna@example.com").await;
    assert!(matches!(hash_new_password(&production, "admin123".to_owned()).await, Err(Error::Refused(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_hash_is_replaced_when_its_owner_signs_in() {
    let app = TestApp::start().await;
    let tx = app.app.db.begin(Scope::Everything).await.unwrap();
    let new = NewUser {
        email: "anna@example.com".to_owned(),
        // Of "correct horse".
        hashed_password: "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631".to_owned(),
        full_name: "Anna".to_owned(),
        role: UserRole::Member,
        created_at: noon(),
        updated_at: noon(),
    };
    User::insert(&tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    refusal(try_login(&app.app, None, "anna@example.com", "a guess").await);
    assert_eq!(stored(&app.app, "anna@example.com").await.hashed_password, new.hashed_password);
    token(&app.app, "anna@example.com").await;
    assert!(stored(&app.app, "anna@example.com").await.hashed_password.starts_with("$argon2id$"));
    token(&app.app, "anna@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_and_a_lockout_end_all_sign_ins() {
    let app = TestApp::start().await;
    let id = NodeId::of(person(&app, "anna@example.com").await.id);
    let tokens = [token(&app.app, "anna@example.com").await, token(&app.app, "anna@example.com").await];
    for token in &tokens {
        assert!(holds(&app.app, token).await);
    }
    let hashed_password = hash_new_password(&app.app, "another horse".to_owned()).await.unwrap();
    app.run(UserSetPassword { id, hashed_password }).await;
    for token in &tokens {
        assert!(!holds(&app.app, token).await);
    }
    refusal(try_login(&app.app, None, "anna@example.com", PASSWORD).await);

    let token = try_login(&app.app, None, "anna@example.com", "another horse").await.map(|it| it.token).unwrap();
    assert!(holds(&app.app, &token).await);
    app.run(UserSetActive { id, is_active: false }).await;
    assert!(!holds(&app.app, &token).await);
    app.run(UserSetActive { id, is_active: true }).await;
    assert!(!holds(&app.app, &token).await, "what was ended stays ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_hears_of_a_revocation() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    let elsewhere = another(&app, |_| {});
    let listening = Arc::clone(&elsewhere);
    let listener = tokio::spawn(async move { listening.credentials.listen(&listening.db, &listening.metrics).await });

    let token = token(&app.app, "anna@example.com").await;
    let (viewer, socket) = (known(&app.app, &token).await.unwrap(), known(&elsewhere, &token).await.unwrap());
    let ended = tokio::spawn(until_revoked(&elsewhere, &socket));
    logout(&app.app, &viewer).await.unwrap();
    ended.await.unwrap();
    assert!(!holds(&elsewhere, &token).await);
    listener.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_when_its_owners_role_does() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let user = person(&app, "anna@example.com").await;
    let role = |role| MembershipSet {
        company_id: NodeId::of(studio.company.id),
        user_id: Some(NodeId::of(user.id)),
        email: None,
        role,
        validate_only: false,
    };
    app.run(role(enums::Role::Editor)).await;
    let listening = Arc::clone(&app.app);
    let listener = tokio::spawn(async move { listening.credentials.listen(&listening.db, &listening.metrics).await });

    let token = token(&app.app, "anna@example.com").await;
    let socket = known(&app.app, &token).await.unwrap();
    let ended = tokio::spawn(until_revoked(&app.app, &socket));
    app.run(role(enums::Role::Viewer)).await;
    ended.await.unwrap();
    let again = known(&app.app, &token).await.unwrap();
    assert!(!again.covers(Role::Editor, studio.company.id) && again.covers(Role::Viewer, studio.company.id));
    listener.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_caller_costs_no_statement_a_request() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    let token = token(&app.app, "anna@example.com").await;
    known(&app.app, &token).await.unwrap();
    let before = app.app.db.statements_sent();
    for _ in 0..10 {
        known(&app.app, &token).await.unwrap();
    }
    assert_eq!(app.app.db.statements_sent(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sign_ins_of_one_person_from_one_place_all_succeed() {
    let app = TestApp::start().await;
    person(&app, "anna@example.com").await;
    for _ in 0..4 {
        let four = (0..4).map(|_| token(&app.app, "anna@example.com"));
        futures_util::future::join_all(four).await;
    }
}
