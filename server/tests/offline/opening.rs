//! Opening a patient of the list, under a context that the device chose.

use super::*;
use crate::store::ground::{can_read, on_each_engine, told};
use app::api::ContextKey;
use app::problem::Kind;
use domain::ids::{ContextId, SessionRef, TabId};
use domain::role::Activity;
use jiff::SignedDuration;
use server::identity::SessionEvents;

fn chosen(member: &Member) -> ContextKey {
    ContextKey {
        context: ContextId(Uuid::new_v4()),
        tab: member.tab,
    }
}

async fn open(member: &Member, visit: VisitId, key: ContextKey) -> Result<(), Problem> {
    Offline::open_visit(&member.offline(), visit, key).await
}

#[tokio::test]
async fn a_visit_opens_under_the_chosen_context() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let key = chosen(&nurse);
        assert_eq!(told(can_read(&nurse, key).await), Kind::ContextClosed);
        for _ in 0..2 {
            open(&nurse, visit, key).await.unwrap();
            can_read(&nurse, key).await.unwrap();
        }
        let row = sqlx::query("select origin, nhs_number from patient_context")
            .fetch_one(ground.db.read())
            .await
            .unwrap();
        assert_eq!(
            (row.get::<String, _>(0), row.get::<String, _>(1)),
            ("visit".to_owned(), EVERYTHING.to_owned())
        );
        let entries = audited(ground, "open-patient").await;
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].patients, [EVERYTHING]);
        assert_eq!(entries[0].detail["visit"], visit.to_string());
    })
    .await;
}

#[tokio::test]
async fn it_takes_the_place_of_who_was_open_in_the_tab() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let before = nurse.open(WITHHELD).await.unwrap();
        let key = chosen(&nurse);
        open(&nurse, visit, key).await.unwrap();
        assert_eq!(told(can_read(&nurse, before).await), Kind::ContextClosed);
        // And the other way round; then it opens again.
        nurse.open(WITHHELD).await.unwrap();
        assert_eq!(told(can_read(&nurse, key).await), Kind::ContextClosed);
        open(&nurse, visit, key).await.unwrap();
        can_read(&nurse, key).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn it_opens_again_after_the_session_in_which_it_was_used() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        let key = chosen(&nurse);
        open(&nurse, visit, key).await.unwrap();
        ground
            .services
            .contexts
            .ended(nurse.session())
            .await
            .unwrap();
        ground.clock.forward(SignedDuration::from_hours(8));
        let mut later = nurse.clone();
        later.caller.signed_in.as_mut().unwrap().session = SessionRef(Uuid::new_v4());
        assert_eq!(told(can_read(&later, key).await), Kind::ContextClosed);
        open(&later, visit, key).await.unwrap();
        can_read(&later, key).await.unwrap();
        assert_eq!(told(can_read(&nurse, key).await), Kind::ContextClosed);
    })
    .await;
}

#[tokio::test]
async fn a_context_of_another_is_refused() {
    on_each_engine(async |ground| {
        let (nurse, doctor) = (ground.member("nurse"), ground.member("doctor"));
        let theirs = doctor.open(EVERYTHING).await.unwrap();
        let closed = doctor.open(WITHHELD).await.unwrap();
        let visit = added(&nurse, EVERYTHING).await;
        let mine = nurse.open(FLAGGED).await.unwrap();
        for context in [theirs.context, closed.context, mine.context] {
            let key = ContextKey {
                context,
                tab: nurse.tab,
            };
            assert_eq!(told(open(&nurse, visit, key).await), Kind::ContextClosed);
        }
        // Of the same person and patient, in another tab or another role.
        let key = chosen(&nurse);
        open(&nurse, visit, key).await.unwrap();
        let mut elsewhere = nurse.clone();
        elsewhere.tab = TabId(Uuid::new_v4());
        let there = ContextKey {
            tab: elsewhere.tab,
            ..key
        };
        assert_eq!(
            told(open(&elsewhere, visit, there).await),
            Kind::ContextClosed
        );
        let other_role = in_another_role(&nurse);
        let same = added(&other_role, EVERYTHING).await;
        assert_eq!(
            told(open(&other_role, same, key).await),
            Kind::ContextClosed
        );
        // A refusal closes nothing.
        can_read(&nurse, key).await.unwrap();
        can_read(&doctor, closed).await.unwrap();
        let refused = audited(ground, "open-patient").await;
        assert_eq!(
            refused
                .iter()
                .filter(|entry| entry.outcome == "refused")
                .count(),
            5
        );
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_opened_by_whose_it_is() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        for (member, refusal) in [
            (signed_out(&nurse), Kind::SignedOut),
            (without_role(&nurse), Kind::NoRole),
            (
                nurse.without(Activity::FindPatient),
                Kind::RoleForbids(Activity::FindPatient),
            ),
            (in_another_role(&nurse), Kind::NotFound),
            (ground.member("doctor"), Kind::NotFound),
        ] {
            assert_eq!(told(open(&member, visit, chosen(&member)).await), refusal);
        }
        open(&nurse, visit, chosen(&nurse)).await.unwrap();
        keep_for(ground, &nurse, 0).await;
        assert_eq!(
            told(open(&nurse, visit, chosen(&nurse)).await),
            Kind::StaysOnline
        );
        keep_for(ground, &nurse, 24).await;
        restrict(ground, EVERYTHING).await;
        assert_eq!(
            told(open(&nurse, visit, chosen(&nurse)).await),
            Kind::StaysOnline
        );
        Offline::remove_visit(&nurse.offline(), visit)
            .await
            .unwrap();
        assert_eq!(
            told(open(&nurse, visit, chosen(&nurse)).await),
            Kind::NotFound
        );
    })
    .await;
}
