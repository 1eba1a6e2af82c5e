//! The page around the app, as the server sends it.

use crate::routes::App;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

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
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
