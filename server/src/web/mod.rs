//! HTTP: what comes in before it reaches a port, and what goes out.

pub mod api;
pub mod bounds;
pub mod certificate;
pub mod claim;
pub mod client_address;
pub mod files;
pub mod guard;
pub mod headers;
pub mod health;
pub mod listen;
pub mod pages;
pub mod rate_limit;
pub mod trace;

use crate::caller::Client;
use crate::identity::{IdentityPort, Visitor, device_label};
use crate::router::Server;
use axum::extract::ConnectInfo;
use domain::ids::CorrelationId;
use http::request::Parts;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tower_sessions::Session;

/// Whose request it is.
///
/// # Errors
/// Where the database does not answer, or the router is put together wrongly.
async fn identity_of(server: &Server, parts: &Parts) -> crate::failure::Result<IdentityPort> {
    let session = parts
        .extensions
        .get::<Session>()
        .cloned()
        .ok_or_else(|| crate::failure::Failure::Internal("a route without sessions".into()))?;
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| {
            address.ip()
        });
    let proxies = &server.settings.trusted_proxies;
    let address = client_address::client_address(peer, &parts.headers, proxies);
    let agent = parts
        .headers
        .get(http::header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let visitor = Visitor {
        session,
        address,
        device: device_label(agent.unwrap_or_default()),
        client: Client::of(&parts.headers),
        correlation: correlation_of(server, parts),
    };
    IdentityPort::of(server.identity.clone(), visitor).await
}

/// What joins everything that is told of this request.
fn correlation_of(server: &Server, parts: &Parts) -> CorrelationId {
    parts
        .extensions
        .get::<CorrelationId>()
        .copied()
        .unwrap_or_else(|| CorrelationId(crate::identity::new_id(server.clock.as_ref())))
}
