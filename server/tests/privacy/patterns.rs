//! Unusual patterns, found after the look.

use super::*;
use crate::records::adjustments::{command, create};
use crate::records::finding::nobodys;
use crate::store::ground::on_each_engine;
use app::api::offline::{Delivery, TakeSummary, Target};
use app::ports::{Finding, Offline};
use domain::alert::Thresholds;
use domain::device_log::{Act, LogHead, Part};
use domain::ids::ContextId;
use domain::search::{BasicForm, DateFields, NhsNumberForm, SearchForm};
use jiff::SignedDuration;
use server::clock::Clock;
use server::privacy::homes::{self, NotTaken, Taken};
use server::privacy::watch::watch;
use uuid::Uuid;

/// The same person under another name.
fn named(member: &Member, name: &str) -> Member {
    let mut other = member.clone();
    name.clone_into(&mut other.caller.signed_in.as_mut().unwrap().name);
    other
}

async fn spoken_name(member: &Member, patient: &str) -> String {
    let key = member.open(patient).await.unwrap();
    let overview = Records::overview(&member.records(), key).await.unwrap();
    overview.banner.spoken_name
}

#[tokio::test]
async fn the_name_of_a_patient_tells() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let patient = spoken_name(&nurse, EVERYTHING).await;
        let family = patient.rsplit(' ').next().unwrap().to_owned();
        watch(&ground.services).await.unwrap();
        assert_eq!(alerts(ground).await, [""; 0]);

        named(&nurse, &patient).open(EVERYTHING).await.unwrap();
        named(&nurse, &format!("Dr Zebedee {family}"))
            .open(EVERYTHING)
            .await
            .unwrap();
        // Someone else at the same place has the patient's name.
        sqlx::query("update person set name = $1 where id = $2")
            .bind(patient)
            .bind(
                ground
                    .member("nurse-privacy")
                    .caller
                    .signed_in
                    .unwrap()
                    .person
                    .to_string(),
            )
            .execute(ground.db.write())
            .await
            .unwrap();
        ground.member("nurse").open(EVERYTHING).await.unwrap();
        for _ in 0..2 {
            watch(&ground.services).await.unwrap();
        }
        // Once each, however often it is looked for.
        assert_eq!(
            alerts(ground).await,
            [
                "RZ902 colleague 6 9990402132",
                "RZ902 own-record 6 9990402132",
                "RZ902 same-surname 6 9990402132",
            ]
        );
    })
    .await;
}

/// Of the made-up patients, one who does not live in Mill Lane.
const ELSEWHERE: &str = "9990010129";

#[tokio::test]
async fn a_patient_at_the_same_address_tells() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open(EVERYTHING).await.unwrap();
        let details = Records::details(&nurse.records(), key).await.unwrap();
        let home = details.read.value.addresses.first().unwrap().clone();
        watch(&ground.services).await.unwrap();
        assert_eq!(alerts(ground).await, [""; 0]);

        let list = |login: &str| {
            format!(
                "login,address,postcode\n{login},\"{}\",{}\nsomeone-else,1 Elsewhere,LS1 1AA\n",
                home.lines.join(", "),
                home.postcode.to_lowercase(),
            )
        };
        let taken = homes::take(&ground.db, list("nurse").as_bytes()).await;
        let expected = Taken {
            homes: 1,
            unknown: 1,
        };
        assert_eq!(taken.unwrap(), expected);
        // What is no list changes nothing.
        for wrong in [
            "login,address\nnurse,1 Mill Lane\n",
            "login,address,postcode\nnurse,,LS1 1AA\n",
        ] {
            let refused = homes::take(&ground.db, wrong.as_bytes()).await;
            assert!(matches!(refused, Err(NotTaken::Line(2))), "{refused:?}");
        }
        nurse.open(EVERYTHING).await.unwrap();
        nurse.open(ELSEWHERE).await.unwrap();
        watch(&ground.services).await.unwrap();
        let one = ["RZ902 same-address 6 9990402132"];
        assert_eq!(alerts(ground).await, one);

        // Another list takes the place of the first.
        homes::take(&ground.db, list("paramedic").as_bytes())
            .await
            .unwrap();
        ground.tamper("delete from alert").await;
        nurse.open(EVERYTHING).await.unwrap();
        watch(&ground.services).await.unwrap();
        assert_eq!(alerts(ground).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn many_patients_in_a_short_time_are_told_once() {
    on_each_engine(async |ground| {
        let mut services = ground.services.clone();
        services.thresholds = Thresholds {
            many_patients: 3,
            many_minutes: 10,
            ..Thresholds::default()
        };
        let nurse = ground.member("nurse");
        let patients = [EVERYTHING, OTHER, "9990240272", "9990010013"];
        // The same one again and again is not many, and neither are many in a long time.
        for _ in 0..5 {
            nurse.open(EVERYTHING).await.unwrap();
        }
        for patient in patients {
            ground.clock.forward(SignedDuration::from_mins(6));
            nurse.open(patient).await.unwrap();
        }
        watch(&services).await.unwrap();
        assert_eq!(alerts(ground).await, [""; 0]);

        ground.clock.forward(SignedDuration::from_mins(30));
        for patient in patients {
            ground.clock.forward(SignedDuration::from_mins(1));
            nurse.open(patient).await.unwrap();
        }
        watch(&services).await.unwrap();
        let raised = alerts(ground).await;
        assert_eq!(raised.len(), 1, "{raised:?}");
        assert!(raised.first().unwrap().starts_with("RZ902 many-patients 6"));
        let told: Option<String> = sqlx::query("select explanation from alert")
            .fetch_one(ground.db.read())
            .await
            .unwrap()
            .get(0);
        // How many it counts depends on which look comes first: on PostgreSQL they stand in lanes.
        let expected = "different patients within 10 minutes; 3 or more raise an alert.";
        assert!(told.unwrap().contains(expected));
    })
    .await;
}

/// Few patients are many here, within an hour.
fn few(ground: &Ground, many_patients: u32) -> server::services::Services {
    let mut services = ground.services.clone();
    services.thresholds = Thresholds {
        many_patients,
        ..Thresholds::default()
    };
    services
}

async fn many(ground: &Ground) -> usize {
    let raised = alerts(ground).await;
    raised
        .iter()
        .filter(|alert| alert.contains("many-patients"))
        .count()
}

#[tokio::test]
async fn a_patient_counts_whichever_way_they_were_reached() {
    on_each_engine(async |ground| {
        let services = few(ground, 7);
        let nurse = ground.member("nurse");
        let port = nurse.offline();
        let add = async |patient: &str| {
            let line = Offline::add_visit(&port, patient.parse().unwrap()).await;
            line.unwrap().visit
        };
        // Long ago, so that only what is done with them now counts.
        let earlier = ["9990010021", "9990010048", "9990010072", "9990010013"];
        let mut visits = Vec::new();
        for patient in earlier {
            visits.push(add(patient).await);
        }
        let vault = Offline::register_vault(&port).await.unwrap();
        ground.clock.forward(SignedDuration::from_hours(3));

        let form = |number: &str| {
            SearchForm::NhsNumber(NhsNumberForm {
                nhs_number: number.into(),
            })
        };
        Finding::find(&nurse.finding(), form("9990010080"))
            .await
            .unwrap();
        nurse.open(EVERYTHING).await.unwrap();
        add(OTHER).await;
        Offline::take_visit(&port, visits[0], TakeSummary::Without)
            .await
            .unwrap();
        let key = ContextKey {
            context: ContextId(Uuid::now_v7()),
            tab: nurse.tab,
        };
        Offline::open_visit(&port, visits[1], key).await.unwrap();
        let delivery = Delivery {
            target: Target::Visit(visits[3]),
            command: command(0, create()),
        };
        Offline::deliver(&port, delivery).await.unwrap();
        // The list shows them all again, a search finds several, and a number nobody: none counts.
        Offline::visits(&port).await.unwrap();
        let jones = SearchForm::Basic(BasicForm {
            gender: "male".into(),
            family: "Jones".into(),
            birth: DateFields {
                day: "14".into(),
                month: "5".into(),
                year: "1961".into(),
            },
        });
        Finding::find(&nurse.finding(), jones).await.unwrap();
        Finding::find(&nurse.finding(), form(&nobodys()))
            .await
            .unwrap();
        watch(&services).await.unwrap();
        assert_eq!(many(ground).await, 0);

        // The seventh, on the device, whose log comes a while after.
        let looked = Act::Looked {
            visit: visits[2],
            part: Part::Summary,
        };
        let (entry, _) = LogHead::default().append(vault, ground.clock.now(), looked);
        ground.clock.forward(SignedDuration::from_hours(5));
        Offline::deliver_log(&port, vault, vec![entry])
            .await
            .unwrap();
        watch(&services).await.unwrap();
        assert_eq!(many(ground).await, 1);
        watch(&services).await.unwrap();
        assert_eq!(many(ground).await, 1);
    })
    .await;
}

#[tokio::test]
async fn looks_that_come_late_count_with_those_that_came_before_them() {
    on_each_engine(async |ground| {
        let services = few(ground, 4);
        let nurse = ground.member("nurse");
        let port = nurse.offline();
        let mut visits = Vec::new();
        for patient in ["9990010021", "9990010048"] {
            let line = Offline::add_visit(&port, patient.parse().unwrap()).await;
            visits.push(line.unwrap().visit);
        }
        let vault = Offline::register_vault(&port).await.unwrap();
        ground.clock.forward(SignedDuration::from_hours(3));
        let without_signal = ground.clock.now();
        ground.clock.forward(SignedDuration::from_mins(40));
        for patient in [EVERYTHING, OTHER] {
            nurse.open(patient).await.unwrap();
        }
        watch(&services).await.unwrap();
        assert_eq!(many(ground).await, 0);
        ground.clock.forward(SignedDuration::from_hours(20));
        // An alert of today says nothing of yesterday.
        for patient in [EVERYTHING, OTHER, "9990240272", "9990010013"] {
            nurse.open(patient).await.unwrap();
        }
        watch(&services).await.unwrap();
        assert_eq!(many(ground).await, 1);

        let mut head = LogHead::default();
        let mut entries = Vec::new();
        for visit in visits {
            let part = Part::Overview;
            let (entry, next) = head.append(vault, without_signal, Act::Looked { visit, part });
            head = next;
            entries.push(entry);
        }
        Offline::deliver_log(&port, vault, entries).await.unwrap();
        watch(&services).await.unwrap();
        assert_eq!(many(ground).await, 2);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_while_a_service_does_not_answer() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let patient = spoken_name(&nurse, EVERYTHING).await;
        named(&nurse, &patient).open(EVERYTHING).await.unwrap();
        ground
            .tamper("alter table patient rename to taken_away")
            .await;
        assert!(watch(&ground.services).await.is_err());
        ground
            .tamper("alter table taken_away rename to patient")
            .await;
        watch(&ground.services).await.unwrap();
        assert_eq!(alerts(ground).await, ["RZ902 own-record 6 9990402132"]);
    })
    .await;
}
