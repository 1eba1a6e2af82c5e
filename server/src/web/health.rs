//! Whether the service can answer.

use crate::router::Server;
use axum::extract::State;
use http::StatusCode;
use std::time::Duration;

/// Longer than this, and the database does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// `200 ok` where the database answers, `503` where it does not.
pub async fn health(State(server): State<Server>) -> (StatusCode, &'static str) {
    let ping = sqlx::query("select 1").execute(server.db.read());
    match tokio::time::timeout(PATIENCE, ping).await {
        Ok(Ok(_)) => (StatusCode::OK, "ok"),
        Ok(Err(error)) => {
            tracing::error!(%error, "the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
        Err(_) => {
            tracing::error!("the database does not answer in time");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
    }
}
