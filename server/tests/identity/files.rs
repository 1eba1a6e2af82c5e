//! The files of the app.

use crate::harness::TestApp;
use server::store::Engine;
use std::fs;
use std::path::Path;

/// A site as the bundle tool leaves it.
fn site(folder: &Path) {
    fs::create_dir_all(folder.join("pkg")).unwrap();
    fs::create_dir_all(folder.join("icons")).unwrap();
    for (name, content) in [
        ("hash.txt", "js: 0a1b\nwasm: 2c3d\ncss: 4e5f\nstart: 6a7b\n"),
        ("pkg/ncrs.0a1b.js", "plain"),
        ("pkg/ncrs.0a1b.js.br", "brotli"),
        ("pkg/ncrs.0a1b.js.gz", "gzip"),
        ("service-worker.js", "worker"),
        ("shell.html", "shell"),
        ("manifest.webmanifest", "{}"),
        ("icons/icon-192.png", "icon"),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
}

#[tokio::test]
async fn files_are_kept_as_long_as_their_names_allow() {
    let folder = tempfile::tempdir().unwrap();
    site(folder.path());
    let settings = [("NCRS_SITE_ROOT", folder.path().to_str().unwrap())];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let browser = app.browser();
        for (path, kept, kind) in [
            (
                "/pkg/ncrs.0a1b.js",
                "public, max-age=31536000, immutable",
                "text/javascript",
            ),
            ("/service-worker.js", "no-cache", "text/javascript"),
            ("/shell.html", "no-cache", "text/html"),
            (
                "/manifest.webmanifest",
                "no-cache",
                "application/manifest+json",
            ),
            ("/icons/icon-192.png", "public, max-age=86400", "image/png"),
        ] {
            let answer = browser.get(path).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("cache-control")),
                (200, kept),
                "{path}"
            );
            assert!(answer.header("content-type").starts_with(kind), "{path}");
            assert!(
                answer
                    .header("content-security-policy")
                    .contains("script-src 'self'")
            );
        }
        let missing = browser.get("/pkg/ncrs.0000.js").await;
        assert_eq!(
            (missing.status.as_u16(), missing.header("cache-control")),
            (404, "no-store")
        );
        for path in ["/hash.txt", "/pkg/..%2fhash.txt", "/pkg/%2e%2e/hash.txt"] {
            assert!(
                !browser.get(path).await.body.contains("0a1b\nwasm"),
                "{path}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_browser_gets_the_smallest_copy_that_it_can_read() {
    let folder = tempfile::tempdir().unwrap();
    site(folder.path());
    let settings = [("NCRS_SITE_ROOT", folder.path().to_str().unwrap())];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let browser = app.browser();
        for (accepted, encoding, body) in [
            ("gzip, br", "br", "brotli"),
            ("gzip", "gzip", "gzip"),
            ("identity", "", "plain"),
        ] {
            let answer = browser.get_accepting("/pkg/ncrs.0a1b.js", accepted).await;
            assert_eq!(
                (answer.header("content-encoding"), answer.body.as_str()),
                (encoding, body)
            );
            assert!(answer.header("content-type").starts_with("text/javascript"));
        }
    })
    .await;
}

#[tokio::test]
async fn pages_name_the_files_of_this_build() {
    let folder = tempfile::tempdir().unwrap();
    site(folder.path());
    let settings = [("NCRS_SITE_ROOT", folder.path().to_str().unwrap())];
    TestApp::run_with(Engine::Sqlite, &settings, async |app: &TestApp| {
        let page = app.browser().get("/sign-in").await;
        // The script that starts the app knows the rest.
        for name in ["/pkg/start.6a7b.js", "/pkg/ncrs.4e5f.css"] {
            assert!(page.body.contains(name), "{name} in {}", page.body);
        }
    })
    .await;
}
