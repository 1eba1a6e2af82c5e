//! Every address of the service.

use crate::clock::SharedClock;
use crate::failure::Result;
use crate::finding::FindingPort;
use crate::identity::{Identity, IdentityPort, RegistrationPort, SessionRows};
use crate::offline::OfflinePort;
use crate::privacy::PrivacyPort;
use crate::readiness::ReadinessPort;
use crate::records::RecordsPort;
use crate::services::Services;
use crate::settings::Settings;
use crate::store::Db;
use crate::web::guard::Answer;
use crate::web::health::Health;
use crate::web::{api, bounds, files, guard, headers, health, pages, trace};
use app::ports::Ports;
use app::shell::SiteFiles;
use axum::Router;
use axum::routing::{get, post};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_sessions::SessionManagerLayer;
use tower_sessions::cookie::SameSite;

/// Nothing that a person sends is longer than this.
pub const BODY_LIMIT: usize = 256 * 1024;

/// What the handlers work with.
#[derive(Clone)]
pub struct Server {
    /// How it is set up.
    pub settings: Arc<Settings>,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: SharedClock,
    /// Who is using it.
    pub identity: Arc<Identity>,
    /// Everything behind the ports on patients.
    pub services: Services,
    /// What pages load first: read once, before any is asked for.
    pub files: SiteFiles,
    /// How it was when somebody last asked.
    pub health: Arc<Health>,
    /// A place for each request that may be answered at one time.
    pub places: Arc<Semaphore>,
}

impl Server {
    /// Puts it together.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn start(settings: Settings, db: Db, clock: SharedClock) -> Result<Self> {
        // leptos runs its tasks on tokio. Another router of this process may have said so before.
        let _already = any_spawner::Executor::init_tokio();
        let mut services = Services::start(db.clone(), clock.clone()).await?;
        services.access.limit_patients(settings.searches_per_minute);
        services.thresholds = settings.unusual;
        let contexts = Arc::new(services.contexts.clone());
        let identity = Identity::new(
            &services,
            settings.origin.url(),
            &settings.rp_id,
            settings.passkeys,
            contexts,
        )?;
        let files = SiteFiles::of(&settings.site_root);
        Ok(Self {
            health: Arc::default(),
            places: Arc::new(Semaphore::new(settings.limits.requests)),
            settings: Arc::new(settings),
            db,
            clock,
            identity: Arc::new(identity),
            services,
            files,
        })
    }

    /// The ports of a request, for whoever sent it.
    pub fn ports(&self, identity: IdentityPort) -> Ports {
        let (caller, services) = (identity.caller(), &self.services);
        Ports {
            finding: Arc::new(FindingPort::new(services.clone(), caller.clone())),
            records: Arc::new(RecordsPort::new(services.clone(), caller.clone())),
            registration: Arc::new(RegistrationPort::new(self.identity.clone(), caller.clone())),
            offline: Arc::new(OfflinePort::new(
                services.clone(),
                caller.clone(),
                identity.address(),
            )),
            privacy: Arc::new(PrivacyPort::new(services.clone(), caller.clone())),
            readiness: Arc::new(ReadinessPort::new(services.clone(), caller)),
            identity: Arc::new(identity),
        }
    }
}

/// The whole service.
pub fn router(server: Server) -> Router {
    let site = &server.settings.site_root;
    Router::new()
        // Is it there, and does the database answer? For whatever watches over it.
        .route("/health", get(health::health))
        // What the app asks: one call for each server function in `app::api`.
        .route("/api/{*call}", post(api::call).layer(sessions(&server)))
        // The app itself: names carry a hash of the content, so they are kept for ever.
        .nest_service("/pkg", files::folder(site, "pkg", files::FOR_EVER))
        .nest_service(
            "/screenshots",
            files::folder(site, "screenshots", files::FOR_A_DAY),
        )
        .nest_service("/icons", files::folder(site, "icons", files::FOR_A_DAY))
        .route_service(
            "/favicon.ico",
            files::file(site, "favicon.ico", files::FOR_A_DAY),
        )
        .route_service(
            "/favicon.svg",
            files::file(site, "favicon.svg", files::FOR_A_DAY),
        )
        // Which build there is now: always asked for again.
        .route_service(
            "/service-worker.js",
            files::file(site, "service-worker.js", files::ASK_AGAIN),
        )
        .route_service(
            "/manifest.webmanifest",
            files::file(site, "manifest.webmanifest", files::ASK_AGAIN),
        )
        // What the service worker opens where the server cannot be reached: the app, or that it is not there.
        .route_service(
            "/shell.html",
            files::file(site, "shell.html", files::ASK_AGAIN),
        )
        .route_service(
            "/offline.html",
            files::file(site, "offline.html", files::ASK_AGAIN),
        )
        .route_service(
            "/robots.txt",
            files::file(site, "robots.txt", files::ASK_AGAIN),
        )
        // Every screen in `app::routes`, and the page for an address that is none of them.
        .fallback_service(
            get(pages::render)
                .layer::<_, Infallible>(sessions(&server))
                .layer::<_, Infallible>(guard::catch_panic(Answer::Page))
                .with_state(server.clone()),
        )
        // From here on, the last is the first that a request meets.
        .layer(axum::middleware::from_fn_with_state(
            server.clone(),
            bounds::bound,
        ))
        .layer(axum::middleware::from_fn_with_state(
            server.clone(),
            guard::same_origin,
        ))
        .layer(guard::catch_panic(Answer::Problem))
        .layer(axum::middleware::from_fn_with_state(
            server.clone(),
            headers::secure,
        ))
        .layer(axum::middleware::from_fn_with_state(
            server.clone(),
            trace::trace,
        ))
        .with_state(server)
}

/// The cookie. `__Host-` makes browsers keep it to this host and to https.
fn sessions(server: &Server) -> SessionManagerLayer<SessionRows> {
    let https = server.settings.origin.is_https();
    SessionManagerLayer::new(SessionRows::new(server.db.clone(), server.clock.clone()))
        .with_name(if https { "__Host-ncrs" } else { "ncrs" })
        .with_secure(https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}
