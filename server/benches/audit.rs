//! What it costs that every look is accounted for: how fast entries are written, durably, and
//! verified, how soon it is found who looked at whom, how much room they take, and what is left of the
//! speed of a read. Prints nothing but progress; the measures go as JSON to the file that
//! `NCRS_BENCH_OUT` names. `NCRS_BENCH_ENTRIES` says how many entries are verified and searched,
//! `NCRS_BENCH_PATIENTS` how many patients are read.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a benchmark stops at what it did not expect, and tells how far it is"
)]

#[path = "../tests/store/ground.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod ground;
#[path = "../tests/harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
mod harness;
mod load;

use app::api::ContextKey;
use app::ports::Records;
use domain::NhsNumber;
use domain::clock::uk_date;
use domain::ids::{ContextId, TabId};
use domain::permission::{Duration, PermissionAnswer, Scope};
use ground::{Ground, Member, on_each_engine};
use harness::beginning;
use load::load;
use serde_json::{Value, json};
use server::audit::query::{by_person, on_patient};
use server::audit::{Action, Actor, Audit, Entry, Outcome, verify};
use server::seed::Generator;
use server::store::{Db, Engine, column};
use server::summary_document::{decompress, read_for};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use uuid::Uuid;

/// People who work at the same moment.
const AT_ONCE: usize = 64;
/// Different patients that are read, so that no cache answers them all.
const DIFFERENT: usize = 500;
/// Different patients whom the entries are about.
const LOOKED_AT: u64 = 10_000;
/// Entries of a page.
const PAGE: u32 = 50;
/// So often is searched among the entries.
const SEARCHES: u64 = 101;

const AGREED: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

fn main() {
    let measures = Mutex::new(Vec::new());
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(on_each_engine(async |ground| {
            let measured = measure(ground).await;
            measures.lock().unwrap().extend(measured);
        }));
    let out =
        std::env::var("NCRS_BENCH_OUT").expect("NCRS_BENCH_OUT names the file for the measures");
    let measures = measures.into_inner().unwrap();
    std::fs::write(out, serde_json::to_string_pretty(&measures).unwrap()).unwrap();
}

async fn measure(ground: &Ground) -> Vec<Value> {
    let (engine, after) = match ground.db.engine() {
        Engine::Sqlite => ("sqlite", ""),
        // SQLite is the default: its measures have the bare names.
        Engine::Postgres => ("postgres", "_postgres"),
    };
    let mut measures = Vec::new();
    let mut measure = |name: String, value: f64, unit: &str, budget: Option<f64>| {
        eprintln!("{name}: {value:.2} {unit}");
        measures.push(json!({
            "name": name, "value": (value * 100.0).round() / 100.0, "unit": unit,
            "ratio_to": budget.map(|_| "budget"),
            "ratio": budget.map(|budget| (value / budget * 100.0).round() / 100.0),
            "budget": budget.map(|budget| format!(">= {budget}")),
            "within": budget.map(|budget| value >= budget),
        }));
    };

    let governed = governed(ground).await;
    let bare = bare(ground).await;
    measure(
        format!("governed_read_ratio{after}"),
        governed / bare,
        "of the same read bare",
        None,
    );

    let audit = ground.services.audit.clone();
    let looks = Arc::new(looks(ground));
    let written = {
        let (audit, looks) = (audit.clone(), Arc::clone(&looks));
        load(AT_ONCE, move |turn| {
            let (audit, entry) = (audit.clone(), looks[turn % looks.len()].clone());
            async move { audit.record(entry).await.unwrap() }
        })
        .await
    };
    measure(
        format!("audit_append_{engine}_rps"),
        written.per_second,
        "entries/s",
        None,
    );
    measure(
        format!("audit_append_{engine}_p99_ms"),
        written.p99,
        "ms",
        None,
    );

    let entries: u64 =
        std::env::var("NCRS_BENCH_ENTRIES").map_or(200_000, |many| many.parse().unwrap());
    fill(&ground.db, &audit, &looks, entries).await;
    let began = Instant::now();
    let verified = verify(&ground.db).await.unwrap();
    assert_eq!(verified.broken, []);
    measure(
        format!("audit_verify_eps{after}"),
        verified.entries as f64 / began.elapsed().as_secs_f64(),
        "entries/s",
        Some(200_000.0),
    );
    let [patient, person] = searched(ground).await;
    measure(format!("audit_who_looked_ms{after}"), patient, "ms", None);
    measure(format!("audit_what_i_did_ms{after}"), person, "ms", None);
    measure(
        format!("audit_bytes_per_entry{after}"),
        room(&ground.db).await / verified.entries as f64,
        "bytes",
        None,
    );
    measures
}

/// Looks at one patient each, as most entries are, by the same person.
fn looks(ground: &Ground) -> Vec<Entry> {
    let caller = ground.member("paramedic").caller;
    let person = caller.signed_in.as_ref().unwrap();
    let generator = Generator::new(ground::SEED, uk_date(beginning()));
    (0..LOOKED_AT)
        .map(|index| {
            let mut actor = Actor::of(caller.correlation, &caller.client, person);
            actor.context = Some(ContextId(Uuid::new_v4()));
            Entry::new(actor, Action::ViewOverview, Outcome::Allowed)
                .on([generator.person(index).patient.nhs_number])
                .with(json!({ "adjustments": true, "summary-gate": true }))
        })
        .collect()
}

/// The first page of who looked at a patient, and of what a person did who did it all: how long each
/// takes, in milliseconds, in the middle.
async fn searched(ground: &Ground) -> [f64; 2] {
    let generator = Generator::new(ground::SEED, uk_date(beginning()));
    let actor = ground.member("paramedic").caller;
    let person = actor.signed_in.as_ref().unwrap().person;
    let (mut patients, mut persons) = (Vec::new(), Vec::new());
    for index in 0..SEARCHES {
        let number = generator.person(index * 7).patient.nhs_number;
        let began = Instant::now();
        let page = on_patient(&ground.db, number, None, PAGE).await.unwrap();
        patients.push(began.elapsed().as_secs_f64() * 1_000.0);
        assert!(!page.entries.is_empty());
        let began = Instant::now();
        let page = by_person(&ground.db, person, None, PAGE).await.unwrap();
        persons.push(began.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(page.entries.len(), PAGE as usize);
    }
    [patients, persons].map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

async fn number(db: &Db, sql: &'static str) -> i64 {
    let row = sqlx::query(sql).fetch_one(db.read()).await.unwrap();
    column(&row, 0).unwrap()
}

/// Writes until there are so many.
async fn fill(db: &Db, audit: &Audit, looks: &Arc<Vec<Entry>>, entries: u64) {
    let there = number(db, "select count(*) from audit_entry").await;
    let missing = usize::try_from(entries.saturating_sub(there.unsigned_abs())).unwrap();
    eprintln!("Writing {missing} entries more to verify");
    let at_once = 512;
    let writers: Vec<_> = (0..at_once)
        .map(|writer| {
            let (audit, looks) = (audit.clone(), Arc::clone(looks));
            let mine = missing / at_once + usize::from(writer < missing % at_once);
            tokio::spawn(async move {
                for turn in 0..mine {
                    let look = &looks[(turn * at_once + writer) % looks.len()];
                    audit.record(look.clone()).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Bytes on the disk, with the indexes.
async fn room(db: &Db) -> f64 {
    let bytes = match db.engine() {
        Engine::Sqlite => {
            number(db, "select sum(pgsize) from dbstat where name like '%audit%'").await
        }
        Engine::Postgres => {
            number(
                db,
                "select pg_total_relation_size('audit_entry') + pg_total_relation_size('audit_patient')",
            )
            .await
        }
    };
    bytes as f64
}

/// Patients whose summary the paramedic may open, each in front of them in a tab.
async fn in_front(ground: &Ground) -> Vec<(Member, ContextKey)> {
    let generator = Generator::new(ground::SEED, uk_date(beginning()));
    let paramedic = ground.member("paramedic");
    let mut open = Vec::new();
    let patients: u64 =
        std::env::var("NCRS_BENCH_PATIENTS").map_or(40, |many| many.parse().unwrap());
    for index in 0..patients {
        if open.len() == DIFFERENT {
            break;
        }
        let mut member = paramedic.clone();
        member.tab = TabId(Uuid::new_v4());
        let number = generator.person(index).patient.nhs_number;
        let key = member.open(&number.digits()).await.unwrap();
        if let Ok(opened) = Records::open_summary(&member.records(), key, AGREED).await
            && opened.read.value.is_some()
        {
            open.push((member, key));
        }
    }
    open
}

/// Summaries a second through the port: context, role, gate, permit and durable audit.
async fn governed(ground: &Ground) -> f64 {
    let open = Arc::new(in_front(ground).await);
    eprintln!("{} patients in front", open.len());
    load(AT_ONCE, move |turn| {
        let open = Arc::clone(&open);
        async move {
            let (member, key) = &open[turn % open.len()];
            let opened = Records::open_summary(&member.records(), *key, AGREED).await;
            assert!(opened.unwrap().read.value.is_some());
        }
    })
    .await
    .per_second
}

/// The same documents, read and nothing else.
async fn bare(ground: &Ground) -> f64 {
    let rows = sqlx::query("select distinct nhs_number from relationship")
        .fetch_all(ground.db.read())
        .await
        .unwrap();
    let numbers: Vec<NhsNumber> = rows
        .iter()
        .map(|row| column::<String>(row, 0).unwrap().parse().unwrap())
        .collect();
    let (db, numbers) = (ground.db.clone(), Arc::new(numbers));
    load(AT_ONCE, move |turn| {
        let (db, numbers) = (db.clone(), Arc::clone(&numbers));
        async move {
            let number = numbers[turn % numbers.len()];
            let row = sqlx::query(
                "select document, received_at, source from summary_document where nhs_number = $1",
            )
            .bind(number.digits())
            .fetch_one(db.read())
            .await
            .unwrap();
            let kept: Vec<u8> = column(&row, 0).unwrap();
            read_for(&decompress(&kept).unwrap(), number).unwrap();
        }
    })
    .await
    .per_second
}
