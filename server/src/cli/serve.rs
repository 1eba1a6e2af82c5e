//! `ncrs serve`.

use super::audit::head_file;
use super::{database, say};
use anyhow::{Context, Result};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
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
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often useless rows are removed.
const PURGE_EVERY: Duration = Duration::from_secs(5 * 60);
/// How long requests may take to end once the service is told to.
const FAREWELL: Duration = Duration::from_secs(20);

/// Runs the service until it is told to end.
pub(crate) async fn serve(settings: Settings) -> Result<()> {
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

    let handle = Handle::new();
    tokio::spawn(end_when_told(handle.clone()));
    let app = router(server).into_make_service_with_connect_info::<SocketAddr>();
    tracing::info!(address = %settings.addr, origin = %settings.origin, training, "the service starts");
    let served = match &settings.tls {
        Some(tls) => {
            // Two crates could each choose one: say which.
            let _already = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_file(&tls.certificate, &tls.key)
                .await
                .context("NCRS_TLS_CERT, NCRS_TLS_KEY: they are not a certificate and its key")?;
            axum_server::bind_rustls(settings.addr, config)
                .handle(handle)
                .serve(app)
                .await
        }
        None => {
            axum_server::bind(settings.addr)
                .handle(handle)
                .serve(app)
                .await
        }
    };
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
