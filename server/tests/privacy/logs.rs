//! Who looked at this patient, and what did I look at.

use super::*;
use crate::store::ground::{on_each_engine, told};
use app::api::privacy::LogOf;
use app::problem::Kind;
use jiff::SignedDuration;

#[tokio::test]
async fn who_looked_at_a_patient_in_the_own_organisation() {
    on_each_engine(async |ground| {
        view(&ground.member("paramedic"), EVERYTHING, emergency()).await;
        view(&ground.member("nurse"), EVERYTHING, AGREED).await;
        let officer = ground.member("privacy");
        let of = LogOf::Patient(EVERYTHING.parse().unwrap());
        let shown = Privacy::patient_log(&privacy(&officer), of, None)
            .await
            .unwrap();
        let people: Vec<&str> = shown
            .lines
            .iter()
            .map(|line| line.person.as_str())
            .collect();
        // Two looks of the paramedic, and this one: of the nurse, who works elsewhere, none.
        assert_eq!(
            people.iter().filter(|name| **name == "Priya Nair").count(),
            2
        );
        assert!(!people.contains(&"Hannah Ashby"));
        assert!(
            shown
                .lines
                .iter()
                .all(|line| line.role.ends_with("Dales and Vale Ambulance Trust"))
        );
        // The look at the log is on that patient too.
        let again = Privacy::patient_log(&privacy(&officer), of, None)
            .await
            .unwrap();
        assert!(
            again
                .lines
                .iter()
                .any(|line| line.what == "Looked at who looked at a patient")
        );
        let alert = alert_of(&officer, AlertKind::Emergency).await;
        let of_alert = Privacy::patient_log(&privacy(&officer), LogOf::Alert(alert), None)
            .await
            .unwrap();
        assert!(of_alert.lines.len() > again.lines.len());
    })
    .await;
}

#[tokio::test]
async fn what_did_i_look_at() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        view(&nurse, EVERYTHING, AGREED).await;
        ground.member("paramedic").open(OTHER).await.unwrap();
        let shown = Privacy::own_log(&privacy(&nurse), None).await.unwrap();
        assert!(shown.lines.iter().all(|line| line.person == "Hannah Ashby"));
        let summary = shown
            .lines
            .iter()
            .find(|line| line.what == "Opened the Summary Care Record")
            .unwrap();
        assert_eq!(summary.on, "Patient ending 2132");
        assert_eq!(summary.why.as_deref(), Some("The patient agreed"));
        // No number of a patient is in it: it is no way to find one again.
        assert!(
            shown
                .lines
                .iter()
                .all(|line| !serde_json::to_string(line).unwrap().contains(EVERYTHING))
        );
    })
    .await;
}

#[tokio::test]
async fn a_long_log_comes_in_pages() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        for _ in 0..60 {
            ground.clock.forward(SignedDuration::from_secs(1));
            nurse.open(EVERYTHING).await.unwrap();
        }
        ground.clock.forward(SignedDuration::from_secs(1));
        let port = privacy(&nurse);
        let first = Privacy::own_log(&port, None).await.unwrap();
        assert_eq!(first.lines.len(), 50);
        let second = Privacy::own_log(&port, first.next).await.unwrap();
        assert_eq!((second.lines.len(), second.next), (11, None));
        let wrong = Privacy::own_log(&port, Some("1.2".into())).await;
        assert_eq!(told(wrong), Kind::NotFound);
    })
    .await;
}
