//! What is refused before a handler sees it, and what is caught after one failed.

use crate::router::Server;
use crate::web::{api, pages};
use app::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::ids::CorrelationId;
use http::{Method, header};
use std::any::Any;
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

/// Lets a request change something only if this service's own pages sent it. The cookie alone does
/// not tell: a browser sends it along for other sites too.
pub async fn same_origin(State(server): State<Server>, request: Request, next: Next) -> Response {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let ours = match headers.get(header::ORIGIN) {
        Some(origin) => origin.as_bytes() == server.settings.origin.as_str().as_bytes(),
        // Browsers that leave the origin out say at least whether it is the same.
        None => headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "same-origin"),
    };
    if ours {
        return next.run(request).await;
    }
    tracing::warn!("refused: sent from another origin");
    let reference = request.extensions().get::<CorrelationId>().copied();
    let mut response = api::problem(&Problem {
        reference,
        ..Problem::new(Kind::Unexpected)
    });
    *response.status_mut() = http::StatusCode::FORBIDDEN;
    response
}

/// Turns a panic into an answer of that kind. What it said is not logged, as it may quote a patient;
/// where it happened is, by the hook that the program sets.
pub fn catch_panic(answer: Answer) -> CatchPanicLayer<Answer> {
    CatchPanicLayer::custom(answer)
}

/// What is answered after a panic.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// A `Problem`.
    Problem,
    /// A page for a person.
    Page,
}

impl ResponseForPanic for Answer {
    type ResponseBody = axum::body::Body;

    fn response_for_panic(&mut self, _said: Box<dyn Any + Send + 'static>) -> Response {
        tracing::error!("a handler panicked");
        match self {
            Self::Problem => api::problem(&Problem::new(Kind::Unexpected)),
            Self::Page => pages::failed(),
        }
    }
}
