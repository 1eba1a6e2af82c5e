//! The page around the app, as the server sends it.

use crate::api::identity::SessionView;
use crate::late::Part;
use crate::routes::App;
use crate::session::ELEMENT;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Until the app is alive a form would leave the page and lose what was typed: hold it back.
const HOLD_FORMS: &str = "document.addEventListener('submit',function(e){if(!document.body.hasAttribute('data-ready'))e.preventDefault()},true)";

/// What a page loads first, by the names that the bundle tool gave: with the hash of what is inside.
#[derive(Clone, Debug)]
pub struct SiteFiles {
    style: String,
    start: String,
    /// By the name of the part that a page is in.
    parts: Arc<HashMap<String, Vec<String>>>,
}

impl SiteFiles {
    /// Reads what the bundle tool wrote down. Without it the names are the plain ones, and the files of a part
    /// come a little later.
    pub fn of(site: &Path) -> Self {
        let hashes = fs::read_to_string(site.join("hash.txt")).unwrap_or_default();
        let hash = |name: &str| {
            hashes
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(|hash| format!(".{}", hash.trim()))
                .unwrap_or_default()
        };
        let mut parts: HashMap<String, Vec<String>> = fs::read(site.join("parts.json"))
            .ok()
            .and_then(|parts| serde_json::from_slice(&parts).ok())
            .unwrap_or_default();
        for file in parts.values_mut().flatten() {
            *file = format!("/pkg/{file}");
        }
        Self {
            style: format!("/pkg/ncrs{}.css", hash("css")),
            start: format!("/pkg/start{}.js", hash("start")),
            parts: Arc::new(parts),
        }
    }
}

/// The whole page.
pub fn shell(files: SiteFiles) -> impl IntoView {
    let preloads = preloads(&files);
    view! {
        <!DOCTYPE html>
        <html lang="en-GB">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="theme-color" content="#005eb8" />
                <meta name="description" content="See and update a summary of a patient's care record." />
                <meta name="robots" content="noindex" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icons/apple-touch-icon.png" />
                <link rel="stylesheet" href=files.style />
                <script nonce=use_nonce()>{HOLD_FORMS}</script>
                {preloads}
                // It loads the app, once the page is painted.
                <script type="module" nonce=use_nonce() src=files.start></script>
                <MetaTags />
            </head>
            <body>
                <App />
                {broken()}
                <script nonce=use_nonce() type="application/json" id=ELEMENT inner_html=session_as_json()></script>
            </body>
        </html>
    }
}

/// What the page says where the app did not arrive.
fn broken() -> AnyView {
    view! {
        <template id="broken">
            <div class="ncrs-notice ncrs-notice--service" role="alert">
                <p>
                    "A part of this page did not arrive, so its buttons do nothing yet. Check your signal, then "
                    <a href="">"reload the page"</a> "."
                </p>
            </div>
        </template>
    }
    .into_any()
}

/// The session, for the app to begin with what the server knew. In a script that holds data, `<` is the
/// one character that could end it.
fn session_as_json() -> String {
    use_context::<SessionView>()
        .and_then(|view| serde_json::to_string(&view).ok())
        .unwrap_or_default()
        .replace('<', "\\u003c")
}

/// The files of the part that this page is in, so that they come together with the first.
fn preloads(files: &SiteFiles) -> Vec<AnyView> {
    let part = use_context::<http::request::Parts>().and_then(|page| Part::at(page.uri.path()));
    part.and_then(|part| files.parts.get(part.name()))
        .into_iter()
        .flatten()
        .map(|file| {
            view! { <link rel="preload" href=file.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous" /> }
                .into_any()
        })
        .collect()
}
