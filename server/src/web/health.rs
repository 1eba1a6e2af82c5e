//! Whether the service can answer: that the database is read, and that the audit is written, because
//! without it nothing may be shown.

use crate::router::Server;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Longer than this, and it counts as no answer. Shorter than what load balancers wait for.
const PATIENCE: Duration = Duration::from_secs(2);
/// For so long the last answer stands, however many ask: each costs a write.
const STANDS: Duration = Duration::from_secs(1);

/// The last answer, and when it was found.
#[derive(Debug, Default)]
pub struct Health(Mutex<Option<(Instant, Result<(), &'static str>)>>);

impl Health {
    /// How it is, found out anew where the last answer is old. Who asks meanwhile waits for the same.
    async fn now(&self, server: &Server) -> Result<(), &'static str> {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = *last
            && at.elapsed() < STANDS
        {
            return answer;
        }
        let answer = look(server).await;
        if last.is_none_or(|(_, before)| before != answer) {
            match answer {
                Ok(()) => tracing::info!("healthy"),
                Err(why) => tracing::error!(why, "not healthy"),
            }
        }
        *last = Some((Instant::now(), answer));
        answer
    }
}

async fn look(server: &Server) -> Result<(), &'static str> {
    const SILENT: &str = "the database does not answer";
    const UNRECORDED: &str = "the audit cannot be written";
    let ping = async {
        let read = sqlx::query("select 1").execute(server.db.read()).await;
        read.map(|_| ()).map_err(|error| {
            tracing::warn!(%error, "the database was not read");
            SILENT
        })
    };
    let check = async {
        server.services.audit.check().await.map_err(|failure| {
            tracing::warn!(%failure, "the audit was not written");
            UNRECORDED
        })
    };
    let (read, written) = tokio::join!(
        tokio::time::timeout(PATIENCE, ping),
        tokio::time::timeout(PATIENCE, check),
    );
    read.unwrap_or(Err(SILENT))?;
    written.unwrap_or(Err(UNRECORDED))
}

/// `200 ok` where records can be shown, `503` and why where they cannot.
pub async fn health(State(server): State<Server>) -> Response {
    match server.health.now(&server).await {
        Ok(()) => (StatusCode::OK, "ok").into_response(),
        Err(why) => {
            let mut response = (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
            // It is asked again soon, and may be well by then.
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
    }
}
