use crate::store::ground::{Member, can_read, on_each_engine, told};
use app::api::ContextKey;
use app::problem::Kind;
use domain::ids::{RoleId, SessionRef, TabId};
use jiff::SignedDuration;
use server::identity::SessionEvents;
use uuid::Uuid;

const PATIENT: &str = "9990402132";
const OTHER: &str = "9990252955";

async fn assert_closed(member: &Member, key: ContextKey) {
    assert_eq!(told(can_read(member, key).await), Kind::ContextClosed);
}

#[tokio::test]
async fn a_context_opens_for_who_opened_it() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        can_read(&nurse, key).await.unwrap();

        // Another session of the same person, another person in the same session, another role,
        // another tab, and a context that never was.
        let mut other = nurse.clone();
        other.caller.signed_in.as_mut().unwrap().session = SessionRef(Uuid::new_v4());
        assert_closed(&other, key).await;
        let mut other = ground.member("doctor");
        other.caller.signed_in.as_mut().unwrap().session = nurse.session();
        assert_closed(&other, key).await;
        assert_closed(
            &nurse.with_role(|role| role.id = RoleId(Uuid::new_v4())),
            key,
        )
        .await;
        assert_closed(
            &nurse,
            ContextKey {
                tab: TabId(Uuid::new_v4()),
                ..key
            },
        )
        .await;
        let unknown = ContextKey {
            context: domain::ids::ContextId(Uuid::new_v4()),
            ..key
        };
        assert_closed(&nurse, unknown).await;
        // And it is still open where it belongs.
        can_read(&nurse, key).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn another_patient_in_the_tab_closes_the_first() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let first = nurse.open(PATIENT).await.unwrap();
        let mut elsewhere = nurse.clone();
        elsewhere.tab = TabId(Uuid::new_v4());
        let beside = elsewhere.open(PATIENT).await.unwrap();
        let second = nurse.open(OTHER).await.unwrap();
        assert_closed(&nurse, first).await;
        can_read(&nurse, second).await.unwrap();
        can_read(&elsewhere, beside).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_at_once_in_one_tab_leave_one_open() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        for _ in 0..10 {
            let (one, other) = tokio::join!(nurse.open(PATIENT), nurse.open(OTHER));
            let mut open = 0;
            for key in [one.unwrap(), other.unwrap()] {
                open += usize::from(can_read(&nurse, key).await.is_ok());
            }
            assert_eq!(open, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn closed_is_closed() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        // Nobody else can close it.
        app::ports::Finding::close(&ground.member("nurse").finding(), key)
            .await
            .unwrap();
        can_read(&nurse, key).await.unwrap();
        app::ports::Finding::close(&nurse.finding(), key)
            .await
            .unwrap();
        assert_closed(&nurse, key).await;
    })
    .await;
}

#[tokio::test]
async fn use_keeps_it_open_and_time_closes_it() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        for _ in 0..4 {
            ground.clock.forward(SignedDuration::from_mins(29));
            can_read(&nurse, key).await.unwrap();
        }
        ground.clock.forward(SignedDuration::from_mins(30));
        assert_closed(&nurse, key).await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_role_or_sign_out_closes_all() {
    on_each_engine(async |ground| {
        let contexts = &ground.services.contexts;
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        contexts.role_changed(nurse.session()).await.unwrap();
        assert_closed(&nurse, key).await;
        let key = nurse.open(PATIENT).await.unwrap();
        let others = ground.member("doctor");
        let kept = others.open(PATIENT).await.unwrap();
        contexts.ended(nurse.session()).await.unwrap();
        assert_closed(&nurse, key).await;
        can_read(&others, kept).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn it_moves_to_the_session_that_succeeds() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(PATIENT).await.unwrap();
        let mut again = nurse.clone();
        again.caller.signed_in.as_mut().unwrap().session = SessionRef(Uuid::new_v4());
        ground
            .services
            .contexts
            .succeeded(nurse.session(), again.session())
            .await
            .unwrap();
        can_read(&again, key).await.unwrap();
        assert_closed(&nurse, key).await;
        // Not to another person, even if the sessions were told to.
        let mut other = ground.member("doctor");
        other.tab = nurse.tab;
        ground
            .services
            .contexts
            .succeeded(again.session(), other.session())
            .await
            .unwrap();
        assert_closed(&other, key).await;
    })
    .await;
}

#[tokio::test]
async fn old_ones_are_forgotten() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        nurse.open(PATIENT).await.unwrap();
        assert_eq!(ground.services.contexts.forget_old().await.unwrap(), 0);
        ground.clock.forward(SignedDuration::from_hours(24 * 30));
        assert_eq!(ground.services.contexts.forget_old().await.unwrap(), 0);
        ground.clock.forward(SignedDuration::from_secs(1));
        assert_eq!(ground.services.contexts.forget_old().await.unwrap(), 1);
    })
    .await;
}
