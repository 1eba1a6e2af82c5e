//! Handing the audit on as FHIR.

use crate::audit::attack::Attacker;
use crate::store::ground::on_each_engine;
use serde_json::Value;
use server::audit::{Period, export};
use std::collections::BTreeSet;

async fn exported(attacker: &Attacker<'_>, period: Period) -> (u64, Vec<Value>) {
    let mut lines = Vec::new();
    let exported = export(&attacker.ground.db, period, |line| {
        lines.push(serde_json::from_str::<Value>(line).unwrap());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(exported.entries, u64::try_from(lines.len()).unwrap());
    (exported.unreadable, lines)
}

#[tokio::test]
async fn every_entry_is_handed_on_once() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, 700).await;
        let (unreadable, events) = exported(&attacker, Period::default()).await;
        assert_eq!((unreadable, events.len()), (0, 700));
        let ids: BTreeSet<&str> = events
            .iter()
            .map(|event| event["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), 700);
        let search = events
            .iter()
            .find(|event| event["action"] == "E" && event["outcome"] == "4")
            .unwrap();
        let patients: Vec<&Value> = search["entity"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entity| entity["role"]["code"] == "1")
            .map(|entity| &entity["what"]["identifier"]["value"])
            .collect();
        assert_eq!(patients, ["9990252955", "9990402132"]);
        assert_eq!(search["agent"][0]["name"], "Hannah Ashby");
        assert_eq!(search["recorded"], "2026-11-21T09:30:00Z");

        let before = Period {
            from: None,
            until: Some("2026-11-21T09:30:00Z".parse().unwrap()),
        };
        let (_, offline) = exported(&attacker, before).await;
        assert_eq!(offline.len(), 175);
        assert!(
            offline
                .iter()
                .all(|event| event["period"]["start"] == "2026-11-21T07:00:00Z"
                    && event["recorded"] == "2026-11-21T09:30:00Z")
        );
    })
    .await;
}
