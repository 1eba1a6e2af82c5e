//! A database from before: its entries verify as they did, beside new ones.

use crate::store::ground::{Ground, on_each_engine};
use server::audit::query::on_patient;
use server::audit::verify;
use server::services::Services;
use server::store::{Db, Engine};
use sha2::{Digest, Sha256};
use sqlx::Row;

/// Takes the tables back to what they were before the migration.
async fn take_back(ground: &Ground) {
    for column in [
        "format",
        "received",
        "offline",
        "name",
        "organisation_name",
        "app_version",
        "screen",
        "context",
        "encounter",
        "fault",
        "ground",
        "reason_code",
    ] {
        ground
            .tamper(&format!("alter table audit_entry drop column {column}"))
            .await;
    }
    ground
        .tamper(
            "drop index audit_entry_of_person;
             create index audit_entry_of_person on audit_entry (person, at);
             drop table audit_patient",
        )
        .await;
    let (key, rowid, triggers) = match ground.db.engine() {
        Engine::Sqlite => (
            "text",
            " without rowid",
            "create trigger audit_patient_no_update before update on audit_patient begin select raise(abort, 'no'); end;
             create trigger audit_patient_no_delete before delete on audit_patient begin select raise(abort, 'no'); end;",
        ),
        Engine::Postgres => (
            "text collate \"C\"",
            "",
            "create trigger audit_patient_append_only before update or delete or truncate on audit_patient
             for each statement execute function audit_patient_refuse();",
        ),
    };
    let sql = format!(
        "create table audit_patient (nhs_number {key} not null, lane bigint not null, seq bigint not null,
             primary key (nhs_number, lane, seq)){rowid};
         {triggers}
         delete from _sqlx_migrations where version = 5"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(ground.db.write())
        .await
        .unwrap();
}

/// Three entries as they were written and hashed before.
async fn write_old(ground: &Ground) {
    let person = ground.member("nurse").caller.signed_in.unwrap();
    let head = sqlx::query("select hash from audit_head where lane = 0")
        .fetch_one(ground.db.read())
        .await
        .unwrap();
    let mut prev: Vec<u8> = head.get(0);
    for seq in 1..=3_i64 {
        let at = 1_750_000_000_000_000 + seq;
        let (correlation, id) = (uuid::Uuid::new_v4().to_string(), person.person.to_string());
        let session = person.session.to_string();
        let texts = [
            Some(correlation.as_str()),
            Some(id.as_str()),
            None,
            Some("Nurse"),
            Some("RXT"),
            Some(session.as_str()),
            Some("Chrome on Android"),
            Some("view-overview"),
            Some("allowed"),
            Some("[\"9990402132\"]"),
            None,
            Some("{}"),
        ];
        let mut bytes = Vec::new();
        let mut field = |part: Option<&[u8]>| match part {
            None => bytes.push(0),
            Some(part) => {
                bytes.push(1);
                bytes.extend((part.len() as u64).to_be_bytes());
                bytes.extend(part);
            }
        };
        field(Some(b"ncrs audit 1"));
        field(Some(&prev));
        for number in [0, seq, at] {
            field(Some(&number.to_be_bytes()));
        }
        for text in texts {
            field(text.map(str::as_bytes));
        }
        let hash = Sha256::digest(bytes).to_vec();
        let mut sql = server::store::Sql::new(
            "insert into audit_entry (lane, seq, at, correlation, person, role, job, organisation, session, device,
             action, outcome, patients, reason, detail, prev, hash) values (",
        );
        sql.bind_all([0, seq, at]).unwrap();
        for text in texts {
            sql.push(", ").bind(text.map(str::to_owned)).unwrap();
        }
        sql.push(", ")
            .bind_all([prev, hash.clone()])
            .unwrap()
            .push(")");
        sql.query().execute(ground.db.write()).await.unwrap();
        sqlx::query(
            "insert into audit_patient (nhs_number, lane, seq) values ('9990402132', 0, $1)",
        )
        .bind(seq)
        .execute(ground.db.write())
        .await
        .unwrap();
        prev = hash;
    }
    sqlx::query("update audit_head set seq = 3, hash = $1 where lane = 0")
        .bind(prev)
        .execute(ground.db.write())
        .await
        .unwrap();
}

#[tokio::test]
async fn entries_from_before_verify_beside_new_ones() {
    on_each_engine(async |ground| {
        take_back(ground).await;
        write_old(ground).await;
        // Connections remember what the tables were.
        let db = Db::connect(&ground.url).await.unwrap();
        db.migrate().await.unwrap();
        let services = Services::start(db.clone(), ground.clock.clone())
            .await
            .unwrap();
        for _ in 0..8 {
            services
                .audit
                .record(crate::store::chain::entry(ground))
                .await
                .unwrap();
        }
        let verified = verify(&db).await.unwrap();
        assert_eq!((verified.entries, verified.broken), (11, vec![]));
        let lane = sqlx::query("select format from audit_entry where lane = 0 order by seq")
            .fetch_all(db.read())
            .await
            .unwrap();
        let formats: Vec<i64> = lane.iter().map(|row| row.get(0)).collect();
        assert_eq!(formats[..4], [1, 1, 1, 2]);

        // They are found by patient, under the names of today.
        let page = on_patient(&db, "9990402132".parse().unwrap(), None, 50)
            .await
            .unwrap();
        assert_eq!(page.entries.len(), 11);
        let old = page.entries.last().unwrap();
        assert_eq!(old.place.at.as_microsecond(), 1_750_000_000_000_001);
        assert_eq!(old.name.as_deref(), Some("Hannah Ashby"));

        // Nothing can be put into the new columns of an old one, and no new one be passed off as old.
        assert!(
            sqlx::query("delete from audit_patient")
                .execute(db.write())
                .await
                .is_err(),
            "the table that was made anew refuses as the one before"
        );
        for change in [
            "ground = 'agreed' where lane = 0 and seq = 2",
            "received = at where lane = 0 and seq = 2",
            "format = 2 where lane = 0 and seq = 2",
            "format = 1 where lane = 0 and seq = 4",
        ] {
            ground
                .tamper(&format!(
                    "create table copy_of_entry as select * from audit_entry;
                     update audit_entry set {change}"
                ))
                .await;
            assert_eq!(verify(&db).await.unwrap().broken.len(), 1, "{change}");
            ground
                .tamper(
                    "delete from audit_entry; insert into audit_entry select * from copy_of_entry;
                     drop table copy_of_entry",
                )
                .await;
        }
        db.close().await;
    })
    .await;
}
