//! The files around the binary say what the binary understands: every command, key and version in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use arvlite_api::cli::Arguments;
use arvlite_api::config::Config;
use arvlite_db::{ConnectOptions, Db};
use clap::Parser;
use serde::Deserialize;
use tokio::process::Command;

use crate::support::fresh_database;
use crate::support::process::{DataDir, Server, ended};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compose {
    name: String,
    #[serde(rename = "x-gateway")]
    gateway: BTreeMap<String, String>,
    services: BTreeMap<String, Service>,
    volumes: BTreeMap<String, Option<()>>,
}

/// What we use of a service; anything else is a mistake in writing until it is added here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    image: String,
    build: Option<String>,
    command: Option<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    depends_on: BTreeMap<String, Dependency>,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    profiles: Vec<String>,
    healthcheck: Option<Healthcheck>,
    restart: Option<Restart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dependency {
    condition: Condition,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Condition {
    ServiceHealthy,
    ServiceCompletedSuccessfully,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Restart {
    UnlessStopped,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "they are read to see that they can be")]
struct Healthcheck {
    test: Vec<String>,
    interval: String,
    timeout: String,
    retries: u32,
}

fn file(name: &str) -> String {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(top.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn compose() -> Compose {
    serde_saphyr::from_str(&file("docker-compose.yml")).unwrap()
}

/// The variables of `.env.example`, in its order.
fn example() -> Vec<(String, String)> {
    let text = file(".env.example");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()).collect()
}

/// The names of the variables that a text takes from `.env`.
fn taken(text: &str) -> BTreeSet<String> {
    let name =
        |part: &str| part.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    text.split("${").skip(1).map(name).collect()
}

/// The words of a line as a shell splits it; our lines quote single words only.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).collect()
}

/// What the README's section says in its blocks of commands.
fn commands_of(heading: &str) -> Vec<String> {
    let readme = file("README.md");
    let (_, section) = readme.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.flat_map(str::lines).map(|line| line.split(" #").next().unwrap().trim().to_owned()).collect()
}

#[test]
fn every_command_is_one_of_ours_and_the_one_that_works_without_docker() {
    let compose = compose();
    let of_services = compose.services.values().filter(|service| service.build.is_some());
    let mut commands: Vec<String> = of_services.map(|service| service.command.clone().unwrap()).collect();
    let in_docker = commands_of("With Docker");
    let of_readme =
        in_docker.iter().filter_map(|line| line.find(" arvlite ").map(|start| line[start + 1..].to_owned()));
    commands.extend(of_readme);
    let dockerfile = file("Dockerfile");
    let by_default = dockerfile.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    commands.push(serde_json::from_str::<Vec<String>>(by_default).unwrap().join(" "));
    assert!(commands.len() >= 5, "{commands:?}");

    let without = commands_of("Running it");
    for command in commands {
        let words = words(&command);
        assert_eq!(words[0], "arvlite");
        if let Err(error) = Arguments::try_parse_from(&words) {
            panic!("{command}: {error}");
        }
        assert!(without.contains(&command), "the README runs no {command} without Docker: {without:?}");
    }
}

#[test]
fn every_variable_is_known_and_explained() {
    let (compose, text, example) = (compose(), file("docker-compose.yml"), example());
    let named: BTreeSet<String> = example.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(taken(&text), named, "docker-compose.yml and .env.example tell the same variables");
    assert!(taken(&file(".env.example")).is_subset(&named));

    let ours = |name: &&String| name.starts_with("ARVLITE_") || *name == "DATABASE_URL";
    let for_gateway: BTreeSet<String> = named.iter().filter(ours).cloned().collect();
    assert_eq!(for_gateway, compose.gateway.keys().cloned().collect());
    let dockerfile = file("Dockerfile");
    let of_image = dockerfile.lines().filter_map(|line| line.strip_prefix("ENV ")?.split_once('='));
    for name in for_gateway.iter().map(String::as_str).chain(of_image.map(|(name, _)| name)) {
        let read = Config::read(HashMap::from([(name.to_owned(), "1".to_owned())]), None);
        assert!(!read.is_err_and(|error| error.to_string().contains("unknown")), "{name} is no key");
    }
    for (name, service) in compose.services.iter().filter(|(_, service)| service.build.is_some()) {
        assert_eq!(service.environment, compose.gateway, "{name}");
        for (variable, value) in &service.environment {
            assert_eq!(taken(value), BTreeSet::from([variable.clone()]), "{value}");
        }
    }
    let lines: Vec<String> = file(".env.example").lines().map(str::to_owned).collect();
    for (name, _) in &example {
        let place = lines.iter().position(|line| line.starts_with(&format!("{name}="))).unwrap();
        assert!(lines[place - 1].starts_with('#'), "{name} is not explained");
    }
}

#[test]
fn the_example_loads_once_it_is_filled_in_and_holds_no_secret() {
    let filled = ["POSTGRES_PASSWORD", "ARVLITE_SECRET_KEY", "ARVLITE_PUBLIC_URL"];
    let example = example();
    let value = |name: &str| example.iter().find(|(known, _)| known == name).unwrap().1.clone();
    for name in filled.into_iter().chain(["S3_ACCESS_KEY", "S3_SECRET_KEY"]) {
        assert_eq!(value(name), "", "{name} is for whoever installs");
    }
    let secret = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let ours = example.iter().filter(|(name, _)| name.starts_with("ARVLITE_") || name == "DATABASE_URL");
    let mut environment: HashMap<String, String> = ours.cloned().collect();
    let url = value("DATABASE_URL").replace("${POSTGRES_PASSWORD}", "hidden");
    environment
        .extend([("DATABASE_URL".to_owned(), url.clone()), ("ARVLITE_SECRET_KEY".to_owned(), secret.to_owned())]);
    let config = Config::read(environment, None).unwrap();
    assert_eq!(config.secret_key.as_deref(), Some(secret));
    assert_eq!(config.database_connections, Config::default().database_connections);
    let db = Db::new(&ConnectOptions::new(config.database_url.unwrap())).unwrap();
    assert_eq!(db.address(), "the database arvlite at postgres:5432 as arvlite");
}

#[test]
fn services_fit_together() {
    let compose = compose();
    assert_eq!(compose.name, "arvlite");
    for (name, service) in &compose.services {
        let (_, tag) = service.image.split_once(':').unwrap_or_else(|| panic!("{name} has no version"));
        let is_pinned =
            tag.trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit()) && tag.contains('.');
        assert!(is_pinned, "{name}: {}", service.image);
        if service.build.is_some() {
            assert_eq!(service.image, concat!("arvlite:", env!("CARGO_PKG_VERSION")), "{name}");
        }
        for (needed, dependency) in &service.depends_on {
            let needed = compose.services.get(needed).unwrap_or_else(|| panic!("{name} needs {needed}"));
            assert_eq!(dependency.condition == Condition::ServiceHealthy, needed.healthcheck.is_some(), "{name}");
            assert!(dependency.condition == Condition::ServiceHealthy || needed.restart.is_none(), "{name}");
            assert!(needed.profiles.is_empty(), "{name} needs what is not always there");
        }
        for mount in &service.volumes {
            let volume = mount.split(':').next().unwrap();
            assert!(compose.volumes.contains_key(volume), "{name}: {volume} is not declared");
        }
        let of_this_machine = |port: &&String| !port.contains("127.0.0.1:");
        assert_eq!(service.ports.iter().find(of_this_machine), None, "{name} is open to everybody");
    }
    let mounted: BTreeSet<&str> = compose
        .services
        .values()
        .flat_map(|service| &service.volumes)
        .filter_map(|mount| mount.split(':').next())
        .collect();
    assert_eq!(mounted, compose.volumes.keys().map(String::as_str).collect());
}

#[test]
fn the_image_is_built_by_the_version_that_everybody_uses() {
    #[derive(Deserialize)]
    struct File {
        toolchain: Toolchain,
    }
    #[derive(Deserialize)]
    struct Toolchain {
        channel: String,
    }
    let toolchain = config::File::from_str(&file("rust-toolchain.toml"), config::FileFormat::Toml);
    let toolchain: File = config::Config::builder().add_source(toolchain).build().unwrap().try_deserialize().unwrap();
    let dockerfile = file("Dockerfile");
    let images: Vec<&str> = dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    let [build, run] = images.as_slice() else { panic!("{images:?}") };
    assert!(build.starts_with(&format!("rust:{}-bookworm", toolchain.toolchain.channel)), "{build}");
    // Built and run on one Debian, whose C library both use.
    assert!(run.starts_with("debian:bookworm-2"), "{run}");
    assert!(!dockerfile.contains("apt-get") && dockerfile.contains("\nUSER arvlite\n"));

    let ignored = file(".dockerignore");
    let kept: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let copied =
        dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    let copied: Vec<&str> = copied.flat_map(|line| line.rsplit_once(' ').unwrap().0.split(' ')).collect();
    for name in &copied {
        assert!(kept.contains(name), "{name} is copied and ignored");
        assert!(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name).exists(), "{name}");
    }
    assert_eq!(kept.len(), copied.len());
}

#[tokio::test]
async fn the_health_check_tells_a_server_from_none() {
    let dockerfile = file("Dockerfile");
    let check = dockerfile.split("HEALTHCHECK ").nth(1).unwrap().split("CMD ").nth(1).unwrap().lines().next().unwrap();
    let words: Vec<String> = serde_json::from_str(check).unwrap();
    let at =
        |address: &str| words.iter().map(|word| word.replace("127.0.0.1/4000", &address.replace(':', "/"))).collect();
    let run = async |words: Vec<String>| ended(Command::new(&words[0]).args(&words[1..])).await;

    let data_dir = DataDir::new();
    let server = Server::on(&fresh_database().await, &data_dir).await;
    let address = server.address().to_owned();
    let (code, _, said) = run(at(&address)).await;
    assert_eq!(code, 0, "{said}");
    server.kill().await;
    assert_eq!(run(at(&address)).await.0, 1);
}
