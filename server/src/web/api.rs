//! The calls of the app. Whatever goes wrong, the answer is a `Problem` with a reference, under the
//! status that fits it.

use super::{claim, correlation_of, identity_of};
use crate::failure::Failure;
use crate::router::{BODY_LIMIT, Server};
use app::problem::{Kind, Problem};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::prelude::provide_context;

/// Answers a call with the server function of its address.
pub async fn call(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let reference = correlation_of(&server, &parts);
    let known = leptos::server_fn::axum::server_fn_paths()
        .any(|(path, method)| path == parts.uri.path() && method == parts.method);
    if !known {
        return problem(&Problem {
            reference: Some(reference),
            ..Problem::new(Kind::NotFound)
        });
    }
    if !is_json(&parts.headers) {
        let mut response = problem(&Problem {
            reference: Some(reference),
            ..Problem::new(Kind::OutOfDate)
        });
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let identity = match identity_of(&server, &parts).await {
        Ok(identity) => identity,
        Err(failure) => return problem(&failure.at_boundary(reference)),
    };
    // Before anything is done in anybody's name.
    if let Err(kind) = claim::check(&parts.headers, parts.uri.path(), &identity) {
        return problem(&Failure::from(kind).at_boundary(reference));
    }
    let ports = server.ports(identity);
    let context = move || provide_context(ports.clone());
    let request = Request::from_parts(parts, body);
    let response = leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response();
    if response.status().is_client_error() || response.status().is_server_error() {
        refine(response, reference).await
    } else {
        response
    }
}

/// Whether the request says that it is JSON. A form on another site can send anything but that
/// without asking first.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|content_type| content_type.to_str().ok())
        .and_then(|content_type| content_type.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// leptos answers every error with 500, and its own without a reference.
async fn refine(response: Response, reference: domain::ids::CorrelationId) -> Response {
    let body = axum::body::to_bytes(response.into_body(), BODY_LIMIT)
        .await
        .unwrap_or_default();
    let mut told: Problem =
        serde_json::from_slice(&body).unwrap_or_else(|_| Problem::new(Kind::Unexpected));
    // To a browser, what breaks off is an answer that was lost; here it is a request that makes no sense.
    if told.kind == Kind::Unreachable {
        told.kind = Kind::OutOfDate;
    }
    if told.reference.is_none() {
        tracing::warn!(kind = ?told.kind, "a call was not understood");
    }
    problem(&Problem {
        reference: told.reference.or(Some(reference)),
        ..told
    })
}

/// The answer that tells of a problem.
pub fn problem(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status(&problem.kind);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let usual = match problem.kind {
        Kind::TooMany | Kind::Unavailable | Kind::NotAccountable => Some(30),
        Kind::Busy => Some(5),
        _ => None,
    };
    if let Some(usual) = usual {
        let wait = problem.wait.unwrap_or(usual);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// The status of a problem, for whatever stands between us and the app. The app reads the kind.
fn status(kind: &Kind) -> StatusCode {
    match kind {
        Kind::SignedOut => StatusCode::UNAUTHORIZED,
        Kind::Locked => StatusCode::LOCKED,
        Kind::OtherPerson => StatusCode::PRECONDITION_FAILED,
        Kind::NoRole
        | Kind::RoleForbids(_)
        | Kind::NotReady(_)
        | Kind::StepUp
        | Kind::SummaryClosed(_)
        | Kind::NotAccepted
        | Kind::StaysOnline => StatusCode::FORBIDDEN,
        Kind::ContextClosed | Kind::LastPasskey | Kind::CommandReused | Kind::ListFull => {
            StatusCode::CONFLICT
        }
        Kind::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Busy | Kind::Unavailable | Kind::NotAccountable | Kind::Unreachable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Kind::OutOfDate => StatusCode::BAD_REQUEST,
        Kind::SummaryUnreadable(_) | Kind::Unexpected => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
