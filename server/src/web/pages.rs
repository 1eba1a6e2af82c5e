//! The screens, rendered for the first time on the server, and the pages that stand in where
//! that is not possible.

use super::{correlation_of, headers, identity_of};
use crate::failure::Failure;
use crate::router::Server;
use app::problem::Kind;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, StatusCode, header};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Renders whatever screen stands at the address.
pub async fn render(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let identity = match identity_of(&server, &parts).await {
        Ok(identity) => identity,
        Err(failure) => return unavailable(failure, &server, &parts),
    };
    let view = match identity.view().await {
        Ok(view) => view,
        Err(failure) => return unavailable(failure, &server, &parts),
    };
    let ports = server.ports(identity);
    let context = move || {
        provide_context(ports.clone());
        provide_context(view.clone());
        // leptos has made the nonce of this page by now, and puts it on its own scripts.
        let policy =
            use_nonce().and_then(|nonce| HeaderValue::from_str(&headers::of_page(&nonce)).ok());
        if let (Some(policy), Some(response)) = (policy, use_context::<ResponseOptions>()) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    };
    let files = server.files.clone();
    let page =
        leptos_axum::render_app_to_stream_with_context(context, move || app::shell(files.clone()));
    page(Request::from_parts(parts, body)).await
}

/// A page that needs nothing but itself, with the hash by which browsers accept its style.
struct StandIn {
    html: &'static str,
    policy: LazyLock<String>,
}

static UNAVAILABLE: StandIn = StandIn {
    html: include_str!("unavailable.html"),
    policy: LazyLock::new(|| policy_of(include_str!("unavailable.html"))),
};
static BUSY: StandIn = StandIn {
    html: include_str!("busy.html"),
    policy: LazyLock::new(|| policy_of(include_str!("busy.html"))),
};
static FAILED: StandIn = StandIn {
    html: include_str!("failed.html"),
    policy: LazyLock::new(|| policy_of(include_str!("failed.html"))),
};

fn policy_of(html: &str) -> String {
    let style = html
        .split_once("<style>")
        .and_then(|(_, rest)| rest.split_once("</style>"))
        .map_or("", |(style, _)| style);
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

impl StandIn {
    fn answer(&self, status: StatusCode) -> Response {
        let mut response = (status, Html(self.html)).into_response();
        if let Ok(policy) = HeaderValue::from_str(&self.policy) {
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// The page that says that the service cannot answer.
fn unavailable(failure: Failure, server: &Server, parts: &http::request::Parts) -> Response {
    let problem = failure.at_boundary(correlation_of(server, parts));
    match problem.kind {
        Kind::Busy => busy(),
        _ => cannot_answer(),
    }
}

/// The same, where it is known already.
pub fn cannot_answer() -> Response {
    come_again(&UNAVAILABLE, "30")
}

/// The page that says that too many are asking.
pub fn busy() -> Response {
    come_again(&BUSY, "5")
}

fn come_again(page: &StandIn, seconds: &'static str) -> Response {
    let mut response = page.answer(StatusCode::SERVICE_UNAVAILABLE);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    response
}

/// The page in the place of one that could not be rendered.
pub fn failed() -> Response {
    FAILED.answer(StatusCode::INTERNAL_SERVER_ERROR)
}
