//! That a team cares for a patient, as someone of it recorded.

use crate::store::ground::{Ground, Member, on_each_engine, today, told};
use app::ports::Records;
use app::problem::Kind;
use domain::permission::{Duration, PermissionAnswer, Scope};
use domain::referral::{NewReferral, Referral, ReferralKind};
use domain::role::Activity;
use jiff::{SignedDuration, Span};
use sqlx::Row;

const EVERYTHING: &str = "9990402132";

const AGREED: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

fn visit(days: i64) -> NewReferral {
    NewReferral {
        kind: ReferralKind::Visit,
        until: today().checked_add(Span::new().days(days)).unwrap(),
    }
}

async fn record(member: &Member, referral: NewReferral) -> Option<Referral> {
    let key = member.open(EVERYTHING).await.unwrap();
    let recorded = Records::record_referral(&member.records(), key, referral).await;
    recorded.unwrap().read.value
}

/// Opens the summary, and says what the audit has of the relationship, and how many were claimed.
async fn look(ground: &Ground, member: &Member) -> (String, usize) {
    let key = member.open(EVERYTHING).await.unwrap();
    Records::open_summary(&member.records(), key, AGREED)
        .await
        .unwrap();
    let looks = sqlx::query(
        "select detail from audit_entry where action = 'view-summary' order by at desc, seq desc limit 1",
    )
    .fetch_one(ground.db.read())
    .await
    .unwrap();
    let detail: serde_json::Value = serde_json::from_str(&looks.get::<String, _>(0)).unwrap();
    let claimed = sqlx::query("select person from relationship")
        .fetch_all(ground.db.read())
        .await
        .unwrap();
    let relationship = detail["relationship"].as_str().unwrap().to_owned();
    (relationship, claimed.len())
}

#[tokio::test]
async fn what_a_colleague_recorded_stands_in_for_a_claim_until_it_ends() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let colleague = ground.colleague_of(&nurse);
        let recorded = record(&colleague, visit(2)).await.unwrap();
        assert!(recorded.own);
        assert_eq!(look(ground, &nurse).await, ("visit".into(), 0));
        let key = nurse.open(EVERYTHING).await.unwrap();
        let gate = Records::gate(&nurse.records(), key).await.unwrap();
        assert!(!gate.read.value.referral.unwrap().own);

        let left = Records::end_referral(&nurse.records(), key).await.unwrap();
        assert_eq!(left.read.value, None);
        assert_eq!(look(ground, &nurse).await, ("self-claimed".into(), 1));
    })
    .await;
}

#[tokio::test]
async fn what_is_recorded_again_because_the_answer_was_lost_is_recorded_once() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        for _ in 0..2 {
            record(&nurse, visit(2)).await.unwrap();
        }
        record(&nurse, visit(3)).await.unwrap();
        record(&ground.colleague_of(&nurse), visit(2))
            .await
            .unwrap();
        let open = sqlx::query("select id from referral")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert_eq!(open.len(), 3);
        let key = nurse.open(EVERYTHING).await.unwrap();
        for _ in 0..2 {
            let left = Records::end_referral(&nurse.records(), key).await.unwrap();
            assert_eq!(left.read.value, None);
        }
        // What has ended can begin anew.
        assert!(record(&nurse, visit(2)).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn it_is_open_to_the_end_of_its_last_day() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        record(&ground.colleague_of(&nurse), visit(1))
            .await
            .unwrap();
        ground.clock.forward(SignedDuration::from_hours(24));
        assert_eq!(look(ground, &nurse).await, ("visit".into(), 0));
        ground.clock.forward(SignedDuration::from_hours(24));
        assert_eq!(look(ground, &nurse).await, ("self-claimed".into(), 1));
    })
    .await;
}

#[tokio::test]
async fn what_someone_recorded_themselves_is_no_more_than_their_word() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        record(&nurse, visit(2)).await.unwrap();
        assert_eq!(look(ground, &nurse).await, ("self-claimed".into(), 1));
        // A colleague's counts before their own.
        record(&ground.colleague_of(&nurse), visit(1))
            .await
            .unwrap();
        assert_eq!(look(ground, &nurse).await, ("visit".into(), 1));
    })
    .await;
}

#[tokio::test]
async fn it_means_nothing_in_another_organisation() {
    on_each_engine(async |ground| {
        let paramedic = ground.member("paramedic");
        record(&paramedic, visit(2)).await.unwrap();
        let nurse = ground.member("nurse");
        assert_eq!(look(ground, &nurse).await, ("self-claimed".into(), 1));
        // Nor can it be ended there.
        let key = nurse.open(EVERYTHING).await.unwrap();
        Records::end_referral(&nurse.records(), key).await.unwrap();
        let medic = ground.colleague_of(&paramedic);
        assert_eq!(look(ground, &medic).await, ("visit".into(), 1));
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_open_the_record_records_nothing() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        let without = nurse.without(Activity::FindPatient);
        let stranger = ground.member("paramedic");
        for (member, kind) in [
            (&without, Kind::RoleForbids(Activity::FindPatient)),
            (&stranger, Kind::ContextClosed),
        ] {
            let records = member.records();
            let recorded = Records::record_referral(&records, key, visit(1)).await;
            assert_eq!(told(recorded), kind);
            assert_eq!(told(Records::end_referral(&records, key).await), kind);
        }
        for days in [-1, 366] {
            let recorded = Records::record_referral(&nurse.records(), key, visit(days)).await;
            assert!(matches!(told(recorded), Kind::Invalid(_)), "{days}");
        }
        let kept = sqlx::query("select id from referral")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert!(kept.is_empty());
    })
    .await;
}
