//! The headers that keep a page to itself.

use crate::router::Server;
use app::api::client::SERVICE_HEADER;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Permissions that a page has: passkeys, and nothing else that a browser could be asked for.
const PERMISSIONS: &str = "publickey-credentials-create=(self), publickey-credentials-get=(self), \
    camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()";

/// For what is no page and loads nothing.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For the files of the app: the service worker, and the page that it shows without the service.
pub const OF_FILES: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// For a page, whose own scripts carry that nonce.
pub fn of_page(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The headers that an answer may have. Whatever else a library puts there says more about how the
/// service is built than anyone has to know.
const KNOWN: [&str; 27] = [
    "accept-ranges",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "clear-site-data",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "last-modified",
    "location",
    "permissions-policy",
    "referrer-policy",
    "retry-after",
    "service-worker-allowed",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
    "x-correlation-id",
    "www-authenticate",
];
/// Our own.
const OURS: &str = "x-ncrs-";

/// Takes away whatever is not known.
fn strip(headers: &mut HeaderMap) {
    let strange: Vec<HeaderName> = headers
        .keys()
        .filter(|name| !KNOWN.contains(&name.as_str()) && !name.as_str().starts_with(OURS))
        .cloned()
        .collect();
    for name in strange {
        headers.remove(name);
    }
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

/// Adds them to every answer, and takes away what is not known. What a handler set of those stands.
pub async fn secure(State(server): State<Server>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    strip(headers);
    // By this a device knows the service from whatever else answers on the way to it.
    headers.insert(
        HeaderName::from_static(SERVICE_HEADER),
        HeaderValue::from_static(env!("CARGO_PKG_VERSION")),
    );
    default(headers, header::CONTENT_SECURITY_POLICY, NOTHING);
    // Whatever is not a file of the app may be about a patient.
    default(headers, header::CACHE_CONTROL, "no-store");
    default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(headers, header::REFERRER_POLICY, "no-referrer");
    default(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    default(
        headers,
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    default(
        headers,
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS,
    );
    if server.settings.origin.is_https() {
        default(
            headers,
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
    response
}
