//! How much is done at one time, and for how long. Whoever is turned away is told to come again: the
//! app as a [`Kind::Busy`], a browser by a page.

use super::{api, correlation_of, pages};
use crate::router::{BODY_LIMIT, Server};
use app::problem::{Kind, Problem};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use std::error::Error;
use tokio::time::timeout;

/// Reads the whole request before it takes one of the places, so that whoever sends slowly keeps no
/// place, and then answers it in time.
pub async fn bound(State(server): State<Server>, request: Request, next: Next) -> Response {
    let limits = server.settings.limits;
    let (parts, body) = request.into_parts();
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > BODY_LIMIT) {
        return too_long(&server, &parts);
    }
    let body = match timeout(limits.body, to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) if is_too_long(&error) => return too_long(&server, &parts),
        // It broke off, or was no body: there is hardly anyone left to read this.
        Ok(Err(_)) => return answer(&server, &parts, Kind::Unreachable, StatusCode::BAD_REQUEST),
        Err(_) => {
            tracing::info!("the request was sent too slowly");
            let mut response = answer(
                &server,
                &parts,
                Kind::Unreachable,
                StatusCode::REQUEST_TIMEOUT,
            );
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
    };
    // Whoever watches over the service has to be told how it is, above all when it is busy.
    let watched = parts.uri.path() == "/health";
    let place = server.places.clone().try_acquire_owned();
    if place.is_err() && !watched {
        tracing::warn!("busy: a request was turned away");
        return answer(&server, &parts, Kind::Busy, StatusCode::SERVICE_UNAVAILABLE);
    }
    let asked = Parts::clone(&parts);
    let request = Request::from_parts(parts, Body::from(body));
    let response = timeout(limits.answer, next.run(request)).await;
    drop(place);
    response.unwrap_or_else(|_| {
        tracing::error!("a request was not answered in time");
        answer(
            &server,
            &asked,
            Kind::Unavailable,
            StatusCode::SERVICE_UNAVAILABLE,
        )
    })
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn too_long(server: &Server, parts: &Parts) -> Response {
    answer(
        server,
        parts,
        Kind::Unexpected,
        StatusCode::PAYLOAD_TOO_LARGE,
    )
}

/// In the form that whoever asked can read.
fn answer(server: &Server, parts: &Parts, kind: Kind, status: StatusCode) -> Response {
    let of_the_app = parts.uri.path().starts_with("/api/");
    let mut response = match (of_the_app, &kind) {
        (true, _) => api::problem(&Problem {
            reference: Some(correlation_of(server, parts)),
            ..Problem::new(kind)
        }),
        (false, Kind::Busy) => pages::busy(),
        (false, Kind::Unavailable) => pages::cannot_answer(),
        (false, _) => pages::failed(),
    };
    *response.status_mut() = status;
    response
}
