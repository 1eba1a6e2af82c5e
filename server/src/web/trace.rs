//! One line in the log for each request, under an id that the person can read out. Neither queries
//! nor bodies are logged: they may tell of a patient.

use crate::identity::new_id;
use crate::router::Server;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::ids::CorrelationId;
use http::{HeaderName, HeaderValue};
use std::time::Instant;
use tracing::Instrument;

/// In which answers name their request.
pub const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// Gives the request its id and logs what became of it.
pub async fn trace(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let reference = CorrelationId(new_id(server.clock.as_ref()));
    request.extensions_mut().insert(reference);
    let span = tracing::info_span!("request", %reference, method = %request.method(), path = request.uri().path());
    let started = Instant::now();
    let mut response = async {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status, ms, "answered");
        response
    }
    .instrument(span)
    .await;
    if let Ok(value) = HeaderValue::from_str(&reference.to_string()) {
        response.headers_mut().insert(CORRELATION_HEADER, value);
    }
    response
}
