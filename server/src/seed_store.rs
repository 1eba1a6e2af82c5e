//! Fills the database with a made-up England: a demonstration with its personas and staff, or a
//! million patients for a load test.
//!
//! Patients are made on every core ahead of the one who writes, through a channel that holds a few
//! chunks, so that a million need no more memory than a thousand. Who is there already stays as
//! they are: a run that was broken off can be run again.

use crate::failure::{Failure, Result};
use crate::identity::staff::{
    StaffMember, set_offline_hours, set_registered_by, set_training, upsert,
};
use crate::national::embedded::load::{PatientToLoad, Rows};
use crate::seed::{
    Generator, SeededPatient, demo_offline_hours, demo_organisations, demo_readiness,
    demo_registrar, demo_staff, personas,
};
use crate::services::Services;
use crate::store::Db;
use crate::summary_document::compress;
use domain::clock::uk_date;
use domain::role::Person;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Patients in one transaction.
const CHUNK: u64 = 500;
/// Chunks that are made ahead of the writer.
const AHEAD: usize = 4;
/// From so many on, an empty database gets its indexes after the patients.
const MANY: u64 = 20_000;
/// What screens say of where such a summary came from.
const SOURCE: &str = "Spine, as made-up data";

/// What to fill it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedOptions {
    /// Also the personas and the staff, and every screen says that this is training.
    pub demo: bool,
    /// Do nothing where there is any patient.
    pub if_empty: bool,
    /// How many patients, without the personas.
    pub patients: u64,
    /// The same seed makes the same people on the same day.
    pub seed: u64,
}

/// Fills the database. `progress` hears how many patients are in.
///
/// # Errors
/// Where the database refuses.
pub async fn run(
    services: &Services,
    options: SeedOptions,
    mut progress: impl FnMut(u64),
) -> Result<()> {
    let Services { db, clock, .. } = services;
    let empty = sqlx::query("select nhs_number from patient limit 1")
        .fetch_optional(db.read())
        .await?
        .is_none();
    if options.if_empty && !empty {
        return Ok(());
    }
    let now = clock.now();
    if options.demo {
        let mut rows = Rows::default();
        for persona in personas(uk_date(now)) {
            add(&mut rows, persona.seeded, now)?;
        }
        rows.write(db).await?;
        for person in demo_staff() {
            let person = StaffMember {
                person: Person {
                    id: person.id,
                    name: person.name.to_owned(),
                },
                login: person.login.to_owned(),
                roles: person.roles,
            };
            upsert(db, &person).await?;
        }
        for (organisation, hours) in demo_offline_hours() {
            set_offline_hours(db, &organisation, hours).await?;
        }
        let (registrar, registered) = demo_registrar();
        for organisation in registered {
            set_registered_by(db, &organisation, &registrar).await?;
        }
        for organisation in demo_organisations() {
            let steps = demo_readiness(&organisation, now);
            services
                .checklists
                .take_over(&organisation.ods, steps)
                .await?;
        }
        set_training(db, true).await?;
    }
    let later = empty && options.patients >= MANY;
    if later {
        db.drop_patient_indexes().await?;
    }
    let filled = fill(db, options, now, &mut progress).await;
    // Also after a failure: without them no search is answered.
    db.index_patients().await?;
    filled?;
    db.measure_patients().await
}

async fn fill(
    db: &Db,
    options: SeedOptions,
    now: Timestamp,
    progress: &mut impl FnMut(u64),
) -> Result<()> {
    let chunks = options.patients.div_ceil(CHUNK);
    let generator = Arc::new(Generator::new(options.seed, uk_date(now)));
    let next = Arc::new(AtomicU64::new(0));
    let (sender, mut receiver) = mpsc::channel::<Result<Rows>>(AHEAD);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let makers: Vec<_> = (0..workers)
        .map(|_| {
            let (generator, next, sender) = (generator.clone(), next.clone(), sender.clone());
            tokio::task::spawn_blocking(move || {
                loop {
                    let chunk = next.fetch_add(1, Ordering::Relaxed);
                    if chunk >= chunks {
                        return;
                    }
                    let first = chunk * CHUNK;
                    let rows = make(
                        &generator,
                        first,
                        (first + CHUNK).min(options.patients),
                        now,
                    );
                    // The writer has failed: nobody wants more.
                    if sender.blocking_send(rows).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    drop(sender);
    let mut written = 0;
    while let Some(rows) = receiver.recv().await {
        let rows = rows?;
        written += u64::try_from(rows.len()).unwrap_or_default();
        rows.write(db).await?;
        progress(written);
    }
    for maker in makers {
        maker
            .await
            .map_err(|_| Failure::Internal("a thread that makes patients stopped".into()))?;
    }
    Ok(())
}

fn make(generator: &Generator, first: u64, end: u64, now: Timestamp) -> Result<Rows> {
    let mut rows = Rows::default();
    for index in first..end {
        add(&mut rows, generator.person(index), now)?;
    }
    Ok(rows)
}

fn add(rows: &mut Rows, seeded: SeededPatient, now: Timestamp) -> Result<()> {
    let document = seeded
        .document()
        .map(|document| compress(&document))
        .transpose()
        .map_err(|error| Failure::Internal(format!("compressing a summary: {error}")))?;
    let SeededPatient {
        patient,
        consent,
        adjustments,
        ..
    } = seeded;
    rows.add(
        PatientToLoad {
            patient,
            consent,
            document,
            adjustments,
        },
        SOURCE,
        now,
    )
}
