//! A proxy in front of the service, as a real one is: it says from whom it had a request.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::HeaderName;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Clone)]
struct To {
    address: SocketAddr,
    client: reqwest::Client,
    /// In which header, as its setting says.
    header: &'static str,
}

/// Passes on what comes to that listener, until the handle is aborted.
pub(crate) fn pass_on(
    listener: TcpListener,
    address: SocketAddr,
    header: &'static str,
) -> JoinHandle<()> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let to = To {
        address,
        client,
        header,
    };
    let app = Router::new().fallback(forward).with_state(to);
    tokio::spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await.unwrap();
    })
}

async fn forward(
    State(to): State<To>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let from = match to.header {
        "forwarded" => format!("for={};proto=http", from.ip()),
        _ => from.ip().to_string(),
    };
    // Behind whatever the client wrote there.
    let before: Vec<_> = parts
        .headers
        .get_all(to.header)
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .chain([from])
        .collect();
    parts.headers.insert(
        HeaderName::from_static(to.header),
        before.join(", ").parse().unwrap(),
    );
    let path = parts.uri.path_and_query().unwrap();
    let answer = to
        .client
        .request(parts.method, format!("http://{}{path}", to.address))
        .headers(parts.headers)
        .body(to_bytes(body, usize::MAX).await.unwrap())
        .send()
        .await
        .unwrap();
    let mut response = Response::builder().status(answer.status());
    *response.headers_mut().unwrap() = answer.headers().clone();
    response
        .body(Body::from(answer.bytes().await.unwrap()))
        .unwrap()
}
