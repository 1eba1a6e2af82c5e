//! The page around the app, as the server sends it.

use crate::api::identity::SessionView;
use crate::late::Part;
use crate::routes::App;
use crate::session::ELEMENT;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

/// Until the app is alive a form would leave the page and lose what was typed: hold it back.
const HOLD_FORMS: &str = "document.addEventListener('submit',function(e){if(!document.body.hasAttribute('data-ready'))e.preventDefault()},true)";

/// The whole page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
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
                <HashedStylesheet options=options.clone() id="ncrs-style" />
                <script nonce=use_nonce()>{HOLD_FORMS}</script>
                {preloads(&options)}
                {start(&options)}
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

/// Loads the app, once the page is painted. The bundle tool wrote down the name of the file.
fn start(options: &LeptosOptions) -> AnyView {
    let hash = std::fs::read_to_string(options.hash_file.as_ref())
        .ok()
        .and_then(|hashes| {
            let hash = hashes
                .lines()
                .find_map(|line| line.strip_prefix("start:"))?;
            Some(format!(".{}", hash.trim()))
        })
        .unwrap_or_default();
    let src = format!("/{}/start{hash}.js", options.site_pkg_dir);
    view! { <script type="module" nonce=use_nonce() src=src></script> }.into_any()
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
fn preloads(options: &LeptosOptions) -> Vec<AnyView> {
    static FILES: OnceLock<HashMap<String, Vec<String>>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        // As the bundle tool left it. Without it pages load the same, a little later.
        std::fs::read(Path::new(options.site_root.as_ref()).join("parts.json"))
            .ok()
            .and_then(|parts| serde_json::from_slice(&parts).ok())
            .unwrap_or_default()
    });
    let part = use_context::<http::request::Parts>().and_then(|page| Part::at(page.uri.path()));
    part.and_then(|part| files.get(part.name()))
        .into_iter()
        .flatten()
        .map(|file| {
            let href = format!("/{}/{file}", options.site_pkg_dir);
            view! { <link rel="preload" href=href r#as="fetch" r#type="application/wasm" crossorigin="anonymous" /> }
                .into_any()
        })
        .collect()
}
