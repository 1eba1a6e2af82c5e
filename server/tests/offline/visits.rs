//! The visit list.

use super::*;
use crate::records::finding::nobodys;
use crate::store::ground::{on_each_engine, told};
use app::api::offline::TakeSummary;
use app::ports::{Finding, Records};
use app::problem::Kind;
use domain::permission::{Availability, Closed};
use domain::role::Activity;
use domain::search::{NhsNumberForm, SearchForm, SearchOutcome};
use domain::visit_list::LONGEST_VISIT_LIST;
use jiff::SignedDuration;

async fn list(member: &Member) -> Vec<VisitLine> {
    Offline::visits(&member.offline()).await.unwrap()
}

#[tokio::test]
async fn a_patient_is_put_on_the_list_once() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let line = add(&nurse, EVERYTHING).await.unwrap();
        assert_eq!(line.banner.nhs_number.digits(), EVERYTHING);
        assert_eq!(line.added_at, crate::harness::beginning());
        assert_eq!(line.gate.availability, Some(Availability::Exists));
        ground.clock.forward(SignedDuration::from_mins(10));
        let again = add(&nurse, EVERYTHING).await.unwrap();
        assert!(again == line);
        assert!(list(&nurse).await == [line]);
        let entries = audited(ground, "add-visit").await;
        assert_eq!(entries.len(), 2);
        assert!(
            entries
                .iter()
                .all(|entry| entry.outcome == "allowed" && entry.patients == [EVERYTHING])
        );
        let entries = audited(ground, "list-visits").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].patients, [EVERYTHING]);
    })
    .await;
}

/// Whether the search, the overview, and what is taken along say that the patient is on the list.
async fn said(member: &Member, patient: &str) -> [bool; 2] {
    let form = SearchForm::NhsNumber(NhsNumberForm {
        nhs_number: patient.into(),
    });
    let SearchOutcome::Found { matches, .. } =
        Finding::find(&member.finding(), form).await.unwrap()
    else {
        panic!("found");
    };
    let key = member.open(patient).await.unwrap();
    let overview = Records::overview(&member.records(), key).await.unwrap();
    [matches[0].on_visit_list, overview.read.value.on_visit_list]
}

#[tokio::test]
async fn who_is_on_the_list_is_said_to_whose_list_it_is() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        assert_eq!(said(&nurse, EVERYTHING).await, [false, false]);
        let visit = added(&nurse, EVERYTHING).await;
        assert_eq!(said(&nurse, EVERYTHING).await, [true, true]);
        assert_eq!(said(&nurse, WITHHELD).await, [false, false]);
        assert_eq!(
            said(&ground.member("doctor"), EVERYTHING).await,
            [false, false]
        );
        Offline::remove_visit(&nurse.offline(), visit)
            .await
            .unwrap();
        assert_eq!(said(&nurse, EVERYTHING).await, [false, false]);
    })
    .await;
}

#[tokio::test]
async fn two_at_once_put_them_there_once() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let (one, other) = tokio::join!(add(&nurse, EVERYTHING), add(&nurse, EVERYTHING));
        assert_eq!(one.unwrap().visit, other.unwrap().visit);
        assert_eq!(list(&nurse).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_list_is_of_one_person_in_one_role_in_their_order() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let mut expected = Vec::new();
        for patient in [WITHHELD, EVERYTHING, FLAGGED] {
            expected.push(added(&nurse, patient).await);
            ground.clock.forward(SignedDuration::from_secs(1));
        }
        let visits: Vec<VisitId> = list(&nurse).await.iter().map(|line| line.visit).collect();
        assert_eq!(visits, expected);
        let entries = audited(ground, "list-visits").await;
        let mut patients = [WITHHELD, EVERYTHING, FLAGGED];
        patients.sort_unstable();
        assert_eq!(entries[0].patients, patients);
        // Another session of the same person sees the same list.
        assert_eq!(list(&ground.member("nurse")).await.len(), 3);
        assert!(list(&in_another_role(&nurse)).await.is_empty());
        assert!(list(&ground.member("doctor")).await.is_empty());
        assert_ne!(
            added(&ground.member("doctor"), EVERYTHING).await,
            expected[1]
        );
    })
    .await;
}

#[tokio::test]
async fn a_replaced_number_is_listed_under_the_current_one() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let line = add(&nurse, "9990010099").await.unwrap();
        assert_eq!(line.banner.nhs_number.digits(), "9990010080");
        assert_eq!(added(&nurse, "9990010080").await, line.visit);
    })
    .await;
}

#[tokio::test]
async fn the_gate_is_told_where_it_may_be() {
    on_each_engine(async |ground| {
        let carer = ground.member("carer");
        let line = add(&carer, EVERYTHING).await.unwrap();
        assert_eq!(
            (line.gate.availability, line.gate.closed()),
            (None, Some(Closed::Setting))
        );
        let nurse = ground.member("nurse");
        let line = add(&nurse, OPTED_OUT).await.unwrap();
        assert_eq!(line.gate.closed(), Some(Closed::OptedOut));
    })
    .await;
}

#[tokio::test]
async fn who_was_taken_off_is_off() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        for other in [ground.member("doctor"), in_another_role(&nurse)] {
            Offline::remove_visit(&other.offline(), visit)
                .await
                .unwrap();
        }
        assert_eq!(list(&nurse).await.len(), 1);
        for _ in 0..2 {
            Offline::remove_visit(&nurse.offline(), visit)
                .await
                .unwrap();
        }
        assert!(list(&nurse).await.is_empty());
        let entries = audited(ground, "remove-visit").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].outcome.as_str(), entries[0].patients.as_slice()),
            ("done", [EVERYTHING.to_owned()].as_slice())
        );
        assert_ne!(added(&nurse, EVERYTHING).await, visit);
        let nobody = signed_out(&nurse);
        assert_eq!(
            told(Offline::remove_visit(&nobody.offline(), visit).await),
            Kind::SignedOut
        );
        assert_eq!(
            told(Offline::remove_visit(&without_role(&nurse).offline(), visit).await),
            Kind::NoRole
        );
    })
    .await;
}

#[tokio::test]
async fn the_list_needs_a_session_a_role_and_b0264() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        for (member, refusal) in [
            (signed_out(&nurse), Kind::SignedOut),
            (without_role(&nurse), Kind::NoRole),
            (
                nurse.without(Activity::FindPatient),
                Kind::RoleForbids(Activity::FindPatient),
            ),
        ] {
            assert_eq!(told(add(&member, EVERYTHING).await), refusal);
            assert_eq!(told(Offline::visits(&member.offline()).await), refusal);
        }
        assert_eq!(count(ground, "visit").await, 0);
        assert!(add(&nurse, EVERYTHING).await.is_ok());
        let refused = audited(ground, "list-visits").await;
        assert!(refused.iter().all(|entry| entry.outcome == "refused"));
        // Who is not signed in is not in the audit.
        assert_eq!(refused.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn who_is_not_there_or_stays_online_is_not_listed() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        assert_eq!(told(add(&nurse, &nobodys()).await), Kind::NotFound);
        for member in [nurse.clone(), ground.member("doctor")] {
            assert_eq!(told(add(&member, RESTRICTED).await), Kind::StaysOnline);
        }
        keep_for(ground, &nurse, 0).await;
        assert_eq!(told(add(&nurse, EVERYTHING).await), Kind::StaysOnline);
        assert_eq!(count(ground, "visit").await, 0);
        assert!(add(&ground.member("doctor"), EVERYTHING).await.is_ok());
        keep_for(ground, &nurse, 1).await;
        assert!(add(&nurse, EVERYTHING).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_listed_without_the_audit() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        added(&nurse, EVERYTHING).await;
        ground
            .tamper("alter table audit_entry rename to taken_away")
            .await;
        assert_eq!(told(add(&nurse, WITHHELD).await), Kind::NotAccountable);
        assert_eq!(
            told(Offline::visits(&nurse.offline()).await),
            Kind::NotAccountable
        );
        ground
            .tamper("alter table taken_away rename to audit_entry")
            .await;
        assert_eq!(list(&nurse).await.len(), 1);
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn who_was_taken_off_long_ago_is_forgotten() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let visit = added(&nurse, EVERYTHING).await;
        added(&nurse, WITHHELD).await;
        Offline::remove_visit(&nurse.offline(), visit)
            .await
            .unwrap();
        ground.clock.forward(SignedDuration::from_hours(24 * 30));
        assert_eq!(ground.services.visits.forget_removed().await.unwrap(), 0);
        ground.clock.forward(SignedDuration::from_secs(1));
        assert_eq!(ground.services.visits.forget_removed().await.unwrap(), 1);
        assert_eq!(list(&nurse).await.len(), 1);
    })
    .await;
}

/// Patients who may be listed, one more than a list holds.
async fn enough(ground: &Ground) -> Vec<String> {
    ground.seed(80).await;
    let sql = "select nhs_number from patient where doc not like '%\"restricted\":true%'
         order by nhs_number limit $1";
    sqlx::query(sql)
        .bind(i64::from(LONGEST_VISIT_LIST) + 1)
        .fetch_all(ground.db.read())
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn a_list_has_a_longest_length() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let patients = enough(ground).await;
        let (last, others) = patients.split_last().unwrap();
        assert_eq!(others.len(), usize::from(LONGEST_VISIT_LIST));
        for patient in others {
            added(&nurse, patient).await;
        }
        assert_eq!(told(add(&nurse, last).await), Kind::ListFull);
        let mut refused = audited(ground, "add-visit").await;
        refused.retain(|entry| entry.outcome == "refused");
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].detail["why"], "ListFull");
        // Who is there is no other, and other lists have room.
        let there = added(&nurse, &others[0]).await;
        ground.clock.forward(SignedDuration::from_mins(1));
        added(&in_another_role(&nurse), last).await;
        added(&ground.member("doctor"), last).await;
        // The whole list goes along, and opens, within the limit of a minute.
        ground.clock.forward(SignedDuration::from_mins(1));
        for line in list(&nurse).await {
            Offline::take_visit(&nurse.offline(), line.visit, TakeSummary::Without)
                .await
                .unwrap();
        }
        // One leaves, and there is room for one, also where two come at once.
        ground.clock.forward(SignedDuration::from_mins(1));
        Offline::remove_visit(&nurse.offline(), there)
            .await
            .unwrap();
        let (one, other) = tokio::join!(add(&nurse, last), add(&nurse, &others[0]));
        assert!(one.is_ok() != other.is_ok());
        let refused = one.err().or(other.err()).unwrap();
        assert_eq!(refused.kind, Kind::ListFull);
        assert_eq!(list(&nurse).await.len(), others.len());
    })
    .await;
}
