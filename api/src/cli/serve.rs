//! `arvlite serve`: the API on a database whose schema is current. It creates nothing but, when told to, the schema.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use arvlite_db::migrate::{Progress, UpTo};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Common, Environment, exit};
use crate::app::App;
use crate::config::Config;
use crate::http;
use crate::jobs::Background;

/// Serve the API until Ctrl-C or SIGTERM
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  arvlite serve --listen 0.0.0.0:4000
  arvlite serve --migrate                  apply pending migrations first; several servers may do so at once
  arvlite serve --database-url 'postgres://studio@db.example/studio?sslmode=verify-full&sslrootcert=/etc/db-ca.pem'

It refuses a database whose schema is not current (exit code 3; see arvlite db --help).
A server in production on an outside database needs ARVLITE_SECRET_KEY (openssl rand -hex 32).")]
pub struct Serve {
    /// Where to listen [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Apply pending migrations first
    #[arg(long)]
    migrate: bool,
}

/// Serves.
///
/// # Errors
/// When the database, the schema, the secret key or the address to listen on is not as it should be.
pub async fn run(common: &Common, serve: Serve) -> anyhow::Result<()> {
    let mut config = common.configuration()?;
    config.listen = serve.listen.unwrap_or(config.listen);
    let mut environment = Environment::open(config, common.may_install()).await?;
    if serve.migrate {
        environment.upgrade(UpTo::Latest, &log_progress).await?;
    }
    environment.require_current_schema().await?;

    let listener = listen(&mut environment.config).await?;
    let app = environment.app().await?;
    let told_to_stop = told_to_stop()?;
    tracing::info!("listening on {}, reached at {}", listener.local_addr()?, app.config.public_url());
    serve_until(app, listener, told_to_stop).await?;
    environment.close().await;
    Ok(())
}

fn log_progress(progress: Progress) {
    match progress {
        Progress::Waits => tracing::info!("waiting for somebody else who changes the schema"),
        Progress::Done { name, duration_ms, .. } => tracing::info!("applied the migration {name} in {duration_ms} ms"),
    }
}

/// Takes the address that the configuration names. Port 0 is any free one, and the configuration names it from then on.
pub(super) async fn listen(config: &mut Config) -> anyhow::Result<TcpListener> {
    let address = config.listen;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    config.listen = listener.local_addr()?;
    Ok(listener)
}

/// Ctrl-C or SIGTERM, from now on. Whoever says it twice does not want to wait.
pub(super) fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut told = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(async move {
        told().await;
        tracing::info!("stopping: running requests may finish");
        tokio::spawn(async move {
            told().await;
            tracing::warn!("told again: ending at once");
            std::process::exit(exit::AT_ONCE.into());
        });
    })
}

/// Serves until it is told to stop; then running requests may finish.
pub(super) async fn serve_until(
    app: Arc<App>,
    listener: TcpListener,
    told_to_stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let background = Background::start(&app);
    http::serve(app, listener, told_to_stop).await?;
    drop(background);
    Ok(())
}
