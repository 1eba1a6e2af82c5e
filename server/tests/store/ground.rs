//! What a test below the web stands on: a database of its own on each engine, a clock that it sets,
//! the services, and staff to ask for things.

use crate::harness::{TestClock, TestDatabase, beginning};
use app::api::ContextKey;
use app::api::finding::Origin;
use app::ports::{Finding, Records};
use app::problem::{Kind, Problem};
use domain::NhsNumber;
use domain::ids::{CorrelationId, PasskeyId, SessionRef, TabId};
use domain::role::{Activity, RoleAssignment};
use server::audit;
use server::caller::{Caller, Client, SignedInCaller};
use server::finding::FindingPort;
use server::offline::OfflinePort;
use server::records::RecordsPort;
use server::seed::demo_staff;
use server::seed_store::{SeedOptions, run};
use server::services::Services;
use server::store::{Db, Engine};
use sqlx::{AssertSqlSafe, Row};
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// With which the patients of every test are made.
pub(crate) const SEED: u64 = 7;

pub(crate) fn today() -> jiff::civil::Date {
    domain::clock::uk_date(beginning())
}

/// A database of the demonstration with its services.
pub(crate) struct Ground {
    pub(crate) db: Db,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) services: Services,
    /// Where the database is.
    pub(crate) url: String,
}

/// Runs the test on SQLite, and on PostgreSQL where there is one (`NCRS_TEST_POSTGRES_URL`).
pub(crate) async fn on_each_engine(test: impl AsyncFn(&Ground)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let Some(database) = TestDatabase::new(engine).await {
            let db = Db::connect(&database.url).await.unwrap();
            let clock = Arc::new(TestClock::at(beginning()));
            let services = Services::start(db.clone(), clock.clone()).await.unwrap();
            test(&Ground {
                db: db.clone(),
                clock,
                services,
                url: database.url.clone(),
            })
            .await;
            db.close().await;
            database.remove().await;
        }
    }
}

impl Ground {
    /// So many patients beside the personas, the few that are there among them.
    pub(crate) async fn seed(&self, patients: u64) {
        let options = SeedOptions {
            demo: true,
            if_empty: false,
            patients,
            seed: SEED,
        };
        run(&self.services, options, |_| {}).await.unwrap();
    }

    /// Someone else in the role of that member.
    pub(crate) fn colleague_of(&self, member: &Member) -> Member {
        let mut colleague = member.clone();
        let other = self.member("doctor").caller.signed_in.unwrap();
        colleague.caller.signed_in.as_mut().unwrap().person = other.person;
        colleague
    }

    /// Someone who is signed in, in the first of their roles.
    pub(crate) fn member(&self, login: &str) -> Member {
        let person = demo_staff()
            .into_iter()
            .find(|person| person.login == login)
            .unwrap();
        Member {
            services: self.services.clone(),
            tab: TabId(Uuid::new_v4()),
            caller: Caller {
                correlation: CorrelationId(Uuid::new_v4()),
                client: Client {
                    version: Some("1.4.0".to_owned()),
                    screen: Some("record/summary".to_owned()),
                },
                signed_in: Some(SignedInCaller {
                    session: SessionRef(Uuid::new_v4()),
                    person: person.id,
                    name: person.name.to_owned(),
                    role: person.roles.first().cloned(),
                    passkey: Some(PasskeyId(Uuid::new_v4())),
                    verified_at: beginning(),
                    device: "Chrome on Android".to_owned(),
                }),
            },
        }
    }

    /// `action outcome`, or `action outcome: why`, of every entry, oldest first.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let rows =
            sqlx::query("select action, outcome, detail from audit_entry order by at, lane, seq")
                .fetch_all(self.db.read())
                .await
                .unwrap();
        rows.iter()
            .map(|row| {
                let detail: serde_json::Value =
                    serde_json::from_str(&row.get::<String, _>(2)).unwrap();
                let (action, outcome): (String, String) = (row.get(0), row.get(1));
                match detail.get("why").and_then(|why| why.as_str()) {
                    Some(why) => format!("{action} {outcome}: {why}"),
                    None => format!("{action} {outcome}"),
                }
            })
            .collect()
    }

    /// How often the patient stands in the audit.
    pub(crate) async fn audited_on(&self, patient: NhsNumber) -> usize {
        sqlx::query("select seq from audit_patient where nhs_number = $1")
            .bind(patient.digits())
            .fetch_all(self.db.read())
            .await
            .unwrap()
            .len()
    }

    /// Does what only someone can do who has the database in hand.
    pub(crate) async fn tamper(&self, sql: &str) {
        for table in ["audit_entry", "audit_patient"] {
            let off = match self.db.engine() {
                Engine::Sqlite => {
                    format!(
                        "drop trigger if exists {table}_no_update; drop trigger if exists {table}_no_delete;"
                    )
                }
                Engine::Postgres => {
                    format!("drop trigger if exists {table}_append_only on {table};")
                }
            };
            sqlx::raw_sql(AssertSqlSafe(off))
                .execute(self.db.write())
                .await
                .unwrap();
        }
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(self.db.write())
            .await
            .unwrap();
    }

    /// The chain holds.
    pub(crate) async fn assert_chain_holds(&self) {
        assert_eq!(audit::verify(&self.db).await.unwrap().broken, []);
    }
}

/// Someone at work, in one tab.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) services: Services,
    pub(crate) caller: Caller,
    pub(crate) tab: TabId,
}

impl Member {
    pub(crate) fn finding(&self) -> FindingPort {
        FindingPort::new(self.services.clone(), self.caller.clone())
    }

    pub(crate) fn records(&self) -> RecordsPort {
        RecordsPort::new(self.services.clone(), self.caller.clone())
    }

    pub(crate) fn offline(&self) -> OfflinePort {
        let here = IpAddr::from([127, 0, 0, 1]);
        OfflinePort::new(self.services.clone(), self.caller.clone(), here)
    }

    pub(crate) async fn open(&self, patient: &str) -> Result<ContextKey, Problem> {
        let port = self.finding();
        let context =
            Finding::open(&port, patient.parse().unwrap(), self.tab, Origin::Search).await?;
        Ok(ContextKey {
            context,
            tab: self.tab,
        })
    }

    /// The same person, session and tab in a role that they changed.
    pub(crate) fn with_role(&self, change: impl FnOnce(&mut RoleAssignment)) -> Self {
        let mut other = self.clone();
        change(
            other
                .caller
                .signed_in
                .as_mut()
                .unwrap()
                .role
                .as_mut()
                .unwrap(),
        );
        other
    }

    /// The same role without that activity.
    pub(crate) fn without(&self, activity: Activity) -> Self {
        self.with_role(|role| {
            role.activities.remove(&activity);
        })
    }

    pub(crate) fn session(&self) -> SessionRef {
        self.caller.signed_in.as_ref().unwrap().session
    }
}

/// What the person was told.
pub(crate) fn told<T>(result: Result<T, Problem>) -> Kind {
    match result {
        Ok(_) => panic!("it was allowed"),
        Err(problem) => {
            assert!(problem.reference.is_some());
            problem.kind
        }
    }
}

/// The overview can be read.
pub(crate) async fn can_read(member: &Member, key: ContextKey) -> Result<(), Problem> {
    Records::overview(&member.records(), key).await.map(|_| ())
}
