//! The whole service on a port of its own, with a database of its own, a clock that the test sets,
//! and browsers that do what people do.

mod browser;
mod database;
pub(crate) mod proxy;

pub(crate) use browser::{Answer, Browser, user_handle};
pub(crate) use database::{TestClock, beginning, on_server};

use axum_server::Handle;
pub(crate) use database::TestDatabase;
use server::identity::staff;
use server::router::{Server, router};
use server::settings::Settings;
use server::store::{Db, Engine};
use server::web::listen;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Writes each test once and runs it on SQLite, and on PostgreSQL where `NCRS_TEST_POSTGRES_URL` names
/// a server.
#[macro_export]
macro_rules! on_each_engine {
    ($($(#[doc = $doc:literal])* async fn $name:ident($app:ident: &TestApp) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn scenario($app: &TestApp) $body

            #[tokio::test]
            async fn on_sqlite() {
                TestApp::run(server::store::Engine::Sqlite, scenario).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                TestApp::run(server::store::Engine::Postgres, scenario).await;
            }
        }
    )+};
}

/// The service, running.
pub(crate) struct TestApp {
    /// Stands still until the test moves it.
    pub(crate) clock: Arc<TestClock>,
    /// To look behind the service.
    pub(crate) db: Db,
    /// What it works with.
    pub(crate) server: Server,
    /// What it takes for the address bar of its browsers.
    pub(crate) origin: String,
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
    database: TestDatabase,
}

impl TestApp {
    /// Runs a test on that engine; does nothing where there is none.
    pub(crate) async fn run(engine: Engine, test: impl AsyncFnOnce(&Self)) {
        Self::run_with(engine, &[], test).await;
    }

    /// Runs a test with these settings beside those of a test.
    pub(crate) async fn run_with(
        engine: Engine,
        settings: &[(&str, &str)],
        test: impl AsyncFnOnce(&Self),
    ) {
        if let Some(database) = TestDatabase::new(engine).await {
            let app = Self::start(database, settings).await;
            test(&app).await;
            app.stop().await;
        }
    }

    /// Runs a test on SQLite in that folder, which stays.
    pub(crate) async fn run_in(folder: &std::path::Path, test: impl AsyncFnOnce(&Self)) {
        let database = TestDatabase::in_folder(folder).await;
        let app = Self::start(database, &[]).await;
        test(&app).await;
        app.stop().await;
    }

    async fn start(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let own_origin = format!("http://localhost:{}", address.port());
        let settings = Settings::read(|name| {
            let given = settings
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned());
            given.or_else(|| match name {
                "NCRS_ORIGIN" => Some(own_origin.clone()),
                "NCRS_DATABASE_URL" => Some(database.url.clone()),
                "NCRS_SITE_ROOT" => {
                    // Cargo runs tests in their package's folder.
                    Some("../public".to_owned())
                }
                _ => None,
            })
        })
        .unwrap();
        let clock = Arc::new(TestClock::at(beginning()));
        let db = Db::connect(&settings.database_url).await.unwrap();
        let origin = settings.origin.to_string();
        let server = Server::start(settings, db.clone(), clock.clone())
            .await
            .unwrap();
        let app = router(server.clone());
        let limits = server.settings.limits;
        let task = tokio::spawn(async move {
            listen::serve(listener, None, &limits, Handle::new(), app)
                .await
                .unwrap();
        });
        Self {
            clock,
            db,
            server,
            origin,
            address,
            task,
            database,
        }
    }

    async fn stop(self) {
        self.task.abort();
        self.db.close().await;
        self.database.remove().await;
    }

    /// A browser that was never here before.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.origin.clone(), self.address)
    }

    /// One whose requests come from that address of this machine.
    pub(crate) fn browser_at(&self, from: [u8; 4]) -> Browser {
        Browser::from(self.origin.clone(), self.address, Some(from.into()))
    }

    /// A fresh enrolment code of that person of the demonstration.
    pub(crate) async fn code(&self, login: &str) -> String {
        staff::issue_code(
            &self.db,
            self.clock.as_ref(),
            &mut rand::rng(),
            login,
            staff::CODE_LIFETIME,
        )
        .await
        .unwrap()
        .expect("a person of that login")
        .to_string()
    }

    /// A browser in which that person has enrolled, and so is signed in.
    pub(crate) async fn enrolled(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        browser.enrol(&self.code(login).await).await.unwrap();
        browser
    }
}
