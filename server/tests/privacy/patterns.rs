//! Unusual patterns, found after the look.

use super::*;
use crate::store::ground::on_each_engine;
use domain::alert::Thresholds;
use jiff::SignedDuration;
use server::privacy::homes::{self, NotTaken, Taken};
use server::privacy::watch::watch;

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
