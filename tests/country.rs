//! Countries and cities of views, by a file that the operator may have.

use arvlite_api::auth::Caller;
use arvlite_api::domain::view::{CountryDatabase, Place, Start};
use arvlite_db::models::ArContent;
use uuid::Uuid;

use crate::support::process::{arvlite, ended};
use crate::support::{TestApp, empty_database, mmdb};

const NETWORKS: &[mmdb::Network<'_>] = &[
    ("203.0.113.0", 25, "KZ", Some("Алматы")),
    ("198.51.100.0", 24, "DE", None),
    ("192.0.2.0", 24, "not a code", None),
    ("2001:db8:aaaa::", 48, "FR", Some("Lyon")),
];

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

async fn seen_from(app: &TestApp, content: &ArContent, address: &str) -> (Option<String>, Option<String>, String) {
    let caller = Caller { address: Some(address.to_owned()), ..Caller::default() };
    let start = Start { unique_id: content.unique_id, session_id: Uuid::new_v4(), ..Start::default() };
    let view = app.app.views.writer.start(start, &caller).await.unwrap().view.unwrap();
    (view.country, view.city, view.network.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_has_the_country_of_its_whole_address() {
    let file = written(&mmdb::database(NETWORKS));
    let app = TestApp::with_countries(file.path()).await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let some = |text: &str| Some(text.to_owned());
    for (address, country, city, network) in [
        ("203.0.113.7", some("KZ"), some("Алматы"), "203.0.113.0/24"),
        ("203.0.113.200", None, None, "203.0.113.0/24"),
        ("::ffff:198.51.100.9", some("DE"), None, "198.51.100.0/24"),
        ("192.0.2.1", None, None, "192.0.2.0/24"),
        ("2001:db8:aaaa::1", some("FR"), some("Lyon"), "2001:db8:aaaa::/48"),
        ("2001:db8:bbbb::1", None, None, "2001:db8:bbbb::/48"),
    ] {
        assert_eq!(seen_from(&app, &content, address).await, (country, city, network.to_owned()), "{address}");
    }
    let kept: Vec<String> = app.column("SELECT s::text FROM ar_view_sessions s").await;
    assert!(!kept.concat().contains("203.0.113.7"), "the whole address is nowhere");
}

#[test]
fn a_damaged_file_is_refused_or_knows_less_and_never_more() {
    let whole = mmdb::database(NETWORKS);
    let address = "203.0.113.7".parse().unwrap();
    assert!(CountryDatabase::open(written(&whole).path()).unwrap().verify().is_ok());
    assert!(CountryDatabase::open(written(b"").path()).is_err());
    assert!(CountryDatabase::open(written(&whole[..whole.len() - 40]).path()).is_err());
    assert!(CountryDatabase::open("/nowhere/countries.mmdb".as_ref()).is_err());
    for place in (0..whole.len()).step_by(3) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0xff;
        let Ok(database) = CountryDatabase::open(written(&damaged).path()) else { continue };
        let Place { country, city } = database.place_of(address);
        assert!(country.is_none_or(|code| code.len() == 2) && city.is_none_or(|city| city.chars().count() <= 100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_is_told_at_the_start_and_by_the_doctor() {
    let broken = written(b"GeoLite2");
    let (url, folder) = (empty_database().await, tempfile::tempdir().unwrap());
    let run = async |arguments: &[&str]| {
        let mut program = arvlite(arguments);
        program.env("DATABASE_URL", &url).env("ARVLITE_DATA_DIR", folder.path());
        program.env("ARVLITE_MODE", "development").env("ARVLITE_COUNTRY_DATABASE", broken.path());
        let (status, stdout, stderr) = ended(&mut program).await;
        assert_ne!(status, 0);
        format!("{stdout}{stderr}")
    };
    let refused = run(&["serve", "--migrate", "--listen", "127.0.0.1:0"]).await;
    assert!(refused.contains("ARVLITE_COUNTRY_DATABASE") && refused.contains("no country database"), "{refused}");
    let told = run(&["doctor"]).await;
    let line = told.lines().find(|line| line.contains("country database")).unwrap();
    assert!(line.contains("bad"), "{told}");
}
