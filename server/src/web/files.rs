//! The files of the app, as the bundle tool left them: with a Brotli and a gzip copy beside each.

use super::headers::OF_FILES;
use axum::Router;
use axum::response::Response;
use http::{HeaderValue, header};
use std::path::Path;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// Under names that change with the content.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// What seldom changes and does no harm when it is old.
pub const FOR_A_DAY: &str = "public, max-age=86400";
/// May be kept, but only used after asking.
pub const ASK_AGAIN: &str = "no-cache";

/// Serves a folder of the site.
pub fn folder(site: &Path, name: &str, cache: &'static str) -> Router {
    let folder = ServeDir::new(site.join(name))
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    with_headers(Router::new().fallback_service(folder), cache)
}

/// Serves one file of the site.
pub fn file(site: &Path, name: &str, cache: &'static str) -> Router {
    let file = ServeFile::new(site.join(name))
        .precompressed_br()
        .precompressed_gzip();
    with_headers(Router::new().fallback_service(file), cache)
}

fn with_headers(router: Router, cache: &'static str) -> Router {
    // That a file is missing may be true for the moment of an update only: never kept.
    let when_there = move |value: &'static str| {
        move |response: &Response| {
            let there = response.status().is_success()
                || response.status() == http::StatusCode::NOT_MODIFIED;
            there.then(|| HeaderValue::from_static(value))
        }
    };
    router
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            when_there(cache),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            when_there(OF_FILES),
        ))
}
