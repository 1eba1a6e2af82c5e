//! One limit on how many patients a person reaches in a minute, whichever way.

use super::finding::{by_number, find};
use crate::harness::TestApp;
use crate::store::ground::{Ground, Member, on_each_engine};
use app::api::ContextKey;
use app::api::offline::{Delivery, TakeSummary, Target};
use app::ports::Offline;
use app::problem::{Kind, Problem};
use domain::ids::{ContextId, VisitId};
use jiff::SignedDuration;
use serde_json::json;
use server::store::Engine;
use uuid::Uuid;

const PATIENT: &str = "9990402132";

/// The ways in which a person reaches a patient.
const WAYS: [&str; 5] = ["find", "open", "add", "take", "open a visit"];

/// Goes that way, once.
async fn reach(member: &Member, way: &str, visit: VisitId) -> Result<(), Problem> {
    let port = member.offline();
    match way {
        "find" => find(member, by_number(PATIENT)).await.map(|_| ()),
        "open" => member.open(PATIENT).await.map(|_| ()),
        "add" => Offline::add_visit(&port, PATIENT.parse().unwrap())
            .await
            .map(|_| ()),
        "take" => Offline::take_visit(&port, visit, TakeSummary::AskAtTheDoor)
            .await
            .map(|_| ()),
        "open a visit" => {
            let key = ContextKey {
                context: ContextId(Uuid::now_v7()),
                tab: member.tab,
            };
            Offline::open_visit(&port, visit, key).await
        }
        other => panic!("no way {other}"),
    }
}

async fn refused(ground: &Ground) -> Vec<String> {
    let mut lines = ground.audited().await;
    lines.retain(|line| line.ends_with("refused: TooMany"));
    lines
}

/// Someone with a patient on their list, who has done nothing for a minute.
async fn at_rest(ground: &Ground, login: &str) -> (Member, VisitId) {
    let member = ground.member(login);
    let number = PATIENT.parse().unwrap();
    let line = Offline::add_visit(&member.offline(), number).await.unwrap();
    ground.clock.forward(SignedDuration::from_mins(1));
    (member, line.visit)
}

#[tokio::test]
async fn the_sixty_first_in_a_minute_is_refused_whichever_way() {
    on_each_engine(async |ground| {
        for (turn, way) in WAYS.into_iter().enumerate() {
            let (nurse, visit) = at_rest(ground, "nurse").await;
            for _ in 0..60 {
                reach(&nurse, way, visit).await.unwrap();
            }
            // By every way, in any session, and told once.
            let again = ground.member("nurse");
            for (member, other) in WAYS
                .iter()
                .flat_map(|other| [(&nurse, other), (&again, other)])
            {
                let problem = reach(member, other, visit).await.unwrap_err();
                assert_eq!(problem.kind, Kind::TooMany, "{way}, then {other}");
                assert!(problem.wait.is_some_and(|wait| (1..=60).contains(&wait)));
                assert!(problem.reference.is_some());
            }
            assert_eq!(refused(ground).await.len(), turn + 1, "{way}");
            let (doctor, theirs) = at_rest(ground, "doctor").await;
            reach(&doctor, way, theirs).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn ways_that_are_mixed_count_together() {
    on_each_engine(async |ground| {
        let (nurse, visit) = at_rest(ground, "nurse").await;
        for turn in 0..60 {
            // Slowly: not a burst, and still within a minute.
            ground.clock.forward(SignedDuration::from_millis(700));
            let way = WAYS[turn % WAYS.len()];
            reach(&nurse, way, visit).await.unwrap();
        }
        let problem = reach(&nurse, "open", visit).await.unwrap_err();
        assert_eq!(problem.kind, Kind::TooMany);
        let told = refused(ground).await;
        assert_eq!(told, ["open-patient refused: TooMany"]);
        // Whoever waits as they are told goes on.
        let mut waited = 0;
        while let Err(problem) = reach(&nurse, "take", visit).await {
            let wait = problem.wait.unwrap();
            ground.clock.forward(SignedDuration::from_secs(wait.into()));
            waited += wait;
        }
        assert!(waited <= 60, "{waited}");
        ground.assert_chain_holds().await;
    })
    .await;
}

#[tokio::test]
async fn who_may_not_look_uses_nothing_up() {
    on_each_engine(async |ground| {
        let (nurse, visit) = at_rest(ground, "nurse").await;
        let without = nurse.without(domain::role::Activity::FindPatient);
        for _ in 0..30 {
            for way in WAYS {
                let refused = reach(&without, way, visit).await.unwrap_err().kind;
                assert!(matches!(refused, Kind::RoleForbids(_)), "{way}");
            }
        }
        reach(&nurse, "open", visit).await.unwrap();
        // A number that nobody has is a try all the same.
        for _ in 0..59 {
            let nobodys = super::finding::nobodys().parse().unwrap();
            let added = Offline::add_visit(&nurse.offline(), nobodys).await;
            assert_eq!(added.map(|_| ()).unwrap_err().kind, Kind::NotFound);
        }
        let last = reach(&nurse, "add", visit).await.unwrap_err();
        assert_eq!(last.kind, Kind::TooMany);
    })
    .await;
}

#[tokio::test]
async fn a_long_outbox_is_delivered_whole() {
    use super::adjustments::{add, applied, command, create};
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let patient = "9990010013".parse().unwrap();
        let line = Offline::add_visit(&nurse.offline(), patient).await.unwrap();
        for version in 0..70 {
            let change = match version {
                0 => create(),
                version => add(&format!("Adjustment {version}")),
            };
            let delivery = Delivery {
                target: Target::Visit(line.visit),
                command: command(version, change),
            };
            let receipt = Offline::deliver(&nurse.offline(), delivery).await.unwrap();
            assert_eq!(applied(receipt).version, version + 1);
        }
    })
    .await;
}

#[tokio::test]
async fn the_setting_is_for_all_ways_and_the_answer_says_how_long_to_wait() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let settings = [("NCRS_SEARCHES_PER_MINUTE", "3")];
        TestApp::run_with(engine, &settings, async |app| {
            let browser = app.enrolled("nurse").await;
            let number = json!({ "nhs_number": PATIENT });
            for _ in 0..3 {
                let answer = browser.post("visits/add", number.clone()).await;
                assert_eq!(answer.status.as_u16(), 200);
            }
            let open = json!({ "nhs_number": PATIENT, "tab": browser.tab, "origin": "search" });
            for (call, arguments) in [("visits/add", number.clone()), ("patients/open", open)] {
                let answer = browser.post(call, arguments).await;
                assert_eq!(answer.status.as_u16(), 429, "{call}");
                let told = answer.json();
                assert_eq!(told["kind"], "TooMany");
                let wait = answer.headers.get("retry-after").unwrap();
                assert_eq!(wait.to_str().unwrap(), told["wait"].to_string());
            }
        })
        .await;
    }
}
