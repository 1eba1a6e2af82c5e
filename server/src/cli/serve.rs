//! `ncrs serve`.

use super::audit::head_file;
use super::log::Log;
use super::{database, say};
use anyhow::{Context, Result};
use axum_server::Handle;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use server::audit::HeadFile;
use server::clock::{Clock, SharedClock, SystemClock};
use server::failure::Failure;
use server::identity::{self, staff};
use server::privacy::notices::Notices;
use server::privacy::watch;
use server::router::{Server, router};
use server::settings::Settings;
use server::store::Db;
use server::web::certificate::Certificate;
use server::web::listen;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often useless rows are removed.
const PURGE_EVERY: Duration = Duration::from_secs(5 * 60);
/// How long requests may take to end once the service is told to.
const FAREWELL: Duration = Duration::from_secs(20);

/// Runs the service until it is told to end.
pub(crate) async fn serve(settings: Settings, log: Log) -> Result<()> {
    // Before anything else: whoever says that the settings changed must never end the service.
    let changed = Changed::listen();
    settings.keep_secrets()?;
    allow_files();
    let db = database(&settings).await?;
    let training = staff::training(&db).await?;
    settings.check_training(training)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let server = Server::start(settings.clone(), db.clone(), clock.clone()).await?;
    let heads = head_file(&settings)?;
    match &heads {
        // Now, so that a place that cannot be written is known now.
        Some(heads) => heads
            .anchor(&db, clock.as_ref())
            .await
            .with_context(|| format!("NCRS_AUDIT_HEADS: {}", heads.path().display()))?,
        None if training => {}
        None => tracing::warn!(
            "NCRS_AUDIT_HEADS is not set: nothing will prove that the end of the audit was not cut off"
        ),
    }
    if training {
        say(&welcome(&settings, &db, clock.as_ref()).await?)?;
    }
    let notices = Notices::new(&settings, db.clone(), clock.clone())?;
    tokio::spawn(notices.keep_delivering());
    tokio::spawn(watch::keep_watch(server.services.clone()));
    tokio::spawn(keep_clean(server.clone()));
    if let Some(heads) = heads.clone() {
        let every = settings.audit_heads_every;
        tokio::spawn(keep_heads(heads, every, db.clone(), clock.clone()));
    }

    let certificate = match &settings.tls {
        Some(tls) => Some(
            Certificate::open(tls, clock.clone())
                .await
                .context("NCRS_TLS_CERT, NCRS_TLS_KEY: they are not a certificate and its key")?,
        ),
        None => None,
    };
    let tls = certificate.as_ref().map(Certificate::config);
    let listener = std::net::TcpListener::bind(settings.addr)
        .with_context(|| format!("NCRS_ADDR: cannot listen on {}", settings.addr))?;
    let handle = Handle::new();
    tokio::spawn(end_when_told(handle.clone()));
    tokio::spawn(keep_up(changed, log, certificate, settings.tls_check_every));
    let address = listener.local_addr().unwrap_or(settings.addr);
    tracing::info!(%address, origin = %settings.origin, training, "the service starts");
    let served = listen::serve(listener, tls, &settings.limits, handle, router(server)).await;
    served.with_context(|| format!("NCRS_ADDR: cannot listen on {}", settings.addr))?;
    if let Some(heads) = heads {
        keep_head(&heads, &db, clock.as_ref()).await;
    }
    db.close().await;
    tracing::info!("the service has ended");
    Ok(())
}

/// What a newcomer to a demonstration needs: the address, and codes for those who have no passkey.
async fn welcome(settings: &Settings, db: &Db, clock: &dyn Clock) -> Result<String> {
    let mut rng = ChaCha20Rng::from_os_rng();
    let mut text = format!(
        "A demonstration: every patient is made up.\nOpen {}\n",
        settings.origin
    );
    let staff = staff::without_passkey(db).await?;
    if !staff.is_empty() {
        writeln!(
            text,
            "\nEnrol at {}/enrol with one of these codes:\n",
            settings.origin
        )?;
        writeln!(text, "{:<16} {:<24} {:<14} Role", "Login", "Name", "Code")?;
    }
    for member in staff {
        let code = staff::issue_code(
            db,
            clock,
            &mut rng,
            &member.login,
            staff::DEMONSTRATION_LIFETIME,
        )
        .await;
        let code = match code {
            Err(Failure::Refused(_)) => "waits".to_owned(),
            code => code?.map(|code| code.to_string()).unwrap_or_default(),
        };
        let role = match member.roles.as_slice() {
            [] => "No role".to_owned(),
            [one] => format!("{}, {}", one.job_name, one.organisation.name),
            more => format!("{} roles", more.len()),
        };
        writeln!(
            text,
            "{:<16} {:<24} {:<14} {role}",
            member.login, member.person.name, code
        )?;
    }
    Ok(text)
}

async fn keep_clean(server: Server) {
    let mut turns = tokio::time::interval(PURGE_EVERY);
    loop {
        turns.tick().await;
        if let Err(failure) = identity::purge(&server.identity).await {
            tracing::error!(%failure, "old sessions were not removed");
        }
        if let Err(failure) = server.services.contexts.forget_old().await {
            tracing::error!(%failure, "old contexts were not removed");
        }
        if let Err(failure) = server.services.visits.forget_removed().await {
            tracing::error!(%failure, "old visits were not removed");
        }
    }
}

/// Keeps the heads of the audit outside the database, at that interval.
async fn keep_heads(heads: HeadFile, every: Duration, db: Db, clock: SharedClock) {
    let mut turns = tokio::time::interval(every);
    // The first is there already.
    turns.tick().await;
    loop {
        turns.tick().await;
        keep_head(&heads, &db, clock.as_ref()).await;
    }
}

async fn keep_head(heads: &HeadFile, db: &Db, clock: &dyn Clock) {
    if let Err(failure) = heads.anchor(db, clock).await {
        tracing::error!(%failure, "the heads of the audit were not kept");
    }
}

/// Each connection is a file to the system, which lets a program open few of them until it asks.
#[cfg(unix)]
fn allow_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%error, "the number of open files stays as it was");
    }
}

#[cfg(not(unix))]
fn allow_files() {}

/// Takes over what changes while the service runs: the certificate by itself, and with the log when
/// somebody says so.
async fn keep_up(
    mut changed: Changed,
    log: Log,
    mut certificate: Option<Certificate>,
    every: Duration,
) {
    let mut turns = tokio::time::interval(every);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = changed.told() => {
                tracing::info!("told to take over what changed");
                match Settings::from_environment() {
                    Ok(settings) => log.set(&settings),
                    Err(error) => tracing::error!(%error, "the settings stay as they were"),
                }
            }
            _ = turns.tick() => {}
        }
        if let Some(certificate) = &mut certificate {
            certificate.look().await;
        }
    }
}

/// Hears SIGHUP.
struct Changed {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Changed {
    #[cfg(unix)]
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let signal = signal(SignalKind::hangup())
            .inspect_err(|error| tracing::warn!(%error, "SIGHUP is not heard"))
            .ok();
        Self { signal }
    }

    #[cfg(not(unix))]
    fn listen() -> Self {
        Self {}
    }

    #[cfg(unix)]
    async fn told(&mut self) {
        let told = match &mut self.signal {
            Some(signal) => signal.recv().await.is_some(),
            None => false,
        };
        if !told {
            std::future::pending::<()>().await;
        }
    }

    #[cfg(not(unix))]
    async fn told(&mut self) {
        std::future::pending().await
    }
}

async fn end_when_told(handle: Handle<SocketAddr>) {
    told_to_end().await;
    tracing::info!("told to end");
    handle.graceful_shutdown(Some(FAREWELL));
}

#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not heard");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn told_to_end() {
    let _ = tokio::signal::ctrl_c().await;
}
