//! Who looked at this patient, and what did I look at.

use crate::audit::attack::Attacker;
use crate::store::chain::entry;
use crate::store::ground::{Ground, on_each_engine};
use domain::NhsNumber;
use domain::ids::PersonId;
use jiff::SignedDuration;
use server::audit::query::{
    Cursor, LookedPage, by_person, on_patient, patient_statement, person_statement,
};
use server::audit::{Action, Ground as LookGround};
use server::store::Engine;
use sqlx::Row;
use std::collections::BTreeSet;
use uuid::Uuid;

const PATIENT: &str = "9990402132";

fn patient() -> NhsNumber {
    PATIENT.parse().unwrap()
}

fn nurse(ground: &Ground) -> PersonId {
    ground.member("nurse").caller.signed_in.unwrap().person
}

/// All pages, one after the other.
async fn all(page: impl AsyncFn(Option<Cursor>) -> LookedPage) -> Vec<Cursor> {
    let mut places = Vec::new();
    let mut next = None;
    loop {
        let page = page(next).await;
        assert!(page.next.is_none() || page.entries.len() == 7);
        places.extend(page.entries.iter().map(|entry| entry.place));
        next = page.next;
        if next.is_none() {
            return places;
        }
    }
}

#[tokio::test]
async fn a_look_is_told_with_the_names_of_then() {
    on_each_engine(async |ground| {
        let member = ground.member("nurse");
        let key = member.open(PATIENT).await.unwrap();
        let role = member.caller.signed_in.as_ref().unwrap().role.clone().unwrap();
        ground
            .tamper("update person set name = 'Hannah Brown'; update organisation set name = 'Merged trust'")
            .await;
        let by_patient = on_patient(&ground.db, patient(), None, 10).await.unwrap();
        let mine = by_person(&ground.db, nurse(ground), None, 10).await.unwrap();
        assert_eq!(by_patient, mine);
        let [look] = by_patient.entries.as_slice() else {
            panic!("one");
        };
        assert_eq!(look.name.as_deref(), Some("Hannah Ashby"));
        assert_eq!(look.organisation_name.as_deref(), Some(role.organisation.name.as_str()));
        assert_eq!(look.organisation.as_deref(), Some(role.organisation.ods.to_string().as_str()));
        assert_eq!(look.action, Action::OpenPatient);
        assert_eq!(look.ground, Some(LookGround::Role));
        assert_eq!(look.context, Some(key.context));
        assert_eq!(look.patients, [patient()]);
        assert_eq!((look.offline, look.received), (false, look.place.at));
        assert_eq!(format!("{look:?}"), "Looked(hidden)");
        // Others did nothing, and others were not looked at.
        let other = on_patient(&ground.db, "9990252955".parse().unwrap(), None, 10);
        assert_eq!(other.await.unwrap().entries, []);
        let other = by_person(&ground.db, PersonId(Uuid::new_v4()), None, 10);
        assert_eq!(other.await.unwrap().entries, []);
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, 50).await;
        ground.clock.forward(SignedDuration::from_secs(1));
        attacker.record(25).await;
        let looked =
            all(async |before| on_patient(&ground.db, patient(), before, 7).await.unwrap()).await;
        let did = all(async |before| {
            by_person(&ground.db, nurse(ground), before, 7)
                .await
                .unwrap()
        })
        .await;
        for (places, count) in [(looked, 56), (did, 75)] {
            assert_eq!(places.len(), count);
            assert!(places.is_sorted_by(|one, next| one > next), "newest first");
            let once: BTreeSet<_> = places.iter().map(|place| (place.lane, place.seq)).collect();
            assert_eq!(once.len(), count);
        }
        // However many are asked for.
        let page = by_person(&ground.db, nurse(ground), None, u32::MAX)
            .await
            .unwrap();
        assert_eq!((page.entries.len(), page.next), (75, None));
        let page = by_person(&ground.db, nurse(ground), None, 0).await.unwrap();
        assert_eq!(page.entries.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_page_is_read_from_an_index_in_its_order() {
    on_each_engine(async |ground| {
        for _ in 0..20 {
            ground.services.audit.record(entry(ground)).await.unwrap();
        }
        let engine = ground.db.engine();
        let mut connection = ground.db.read().acquire().await.unwrap();
        if engine == Engine::Postgres {
            // So few rows are read at once whatever there is: what matters is what can be used.
            sqlx::raw_sql(
                "set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off",
            )
            .execute(&mut *connection)
            .await
            .unwrap();
        }
        let place = Cursor {
            at: crate::harness::beginning(),
            lane: 0,
            seq: 3,
        };
        for before in [None, Some(place)] {
            for (statement, index) in [
                (patient_statement(patient(), before, 50).unwrap(), "audit_patient_by_time"),
                (person_statement(nurse(ground), before, 50).unwrap(), "audit_entry_of_person"),
            ] {
                let (explain, column) = match engine {
                    Engine::Sqlite => ("explain query plan ", 3),
                    Engine::Postgres => ("explain ", 0),
                };
                let rows = statement
                    .explained(explain)
                    .query()
                    .fetch_all(&mut *connection)
                    .await
                    .unwrap();
                let plan: Vec<String> = rows.iter().map(|row| row.get(column)).collect();
                let whole = plan.join("\n");
                assert!(whole.contains(index), "{whole}");
                match engine {
                    Engine::Sqlite => {
                        assert!(!whole.contains("SCAN") && !whole.contains("TEMP B-TREE"), "{whole}");
                        if before.is_some() {
                            assert!(whole.contains("at<?") || whole.contains("(at,lane,seq)<(?,?,?)"), "{whole}");
                        }
                    }
                    Engine::Postgres => {
                        assert!(!whole.contains("Seq Scan") && !whole.contains("Sort"), "{whole}");
                        assert!(whole.contains("Index Scan Backward") || whole.contains("Index Only Scan Backward"), "{whole}");
                        if before.is_some() {
                            assert!(whole.contains("< ROW("), "{whole}");
                        }
                    }
                }
            }
        }
    })
    .await;
}
