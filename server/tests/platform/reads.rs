//! `ncrs audit` reads: it changes nothing, needs no right to, and says when it is not of the version.

use crate::harness::{TestDatabase, on_server};
use crate::store::chain::record;
use crate::store::ground::on_each_engine;
use server::store::{Db, Engine, sqlite_file};
use sqlx::AssertSqlSafe;
use std::process::Command;
use uuid::Uuid;

const READ: [&[&str]; 3] = [
    &["audit", "verify"],
    &["audit", "export"],
    &["audit", "heads"],
];

/// What became of it, and what it said.
fn ncrs(url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ncrs"))
        .args(arguments)
        .env("NCRS_DATABASE_URL", url)
        .env("NCRS_LOG", "error")
        .env("NCRS_AUDIT_KEY", folder.path().join("key"))
        .env_remove("NCRS_AUDIT_HEADS")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

async fn run(db: &Db, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(db.write())
        .await
        .unwrap();
}

async fn versions(db: &Db) -> usize {
    sqlx::query("select version from _sqlx_migrations")
        .fetch_all(db.read())
        .await
        .unwrap()
        .len()
}

#[tokio::test]
async fn a_database_of_another_version_is_left_as_it_is() {
    on_each_engine(async |ground| {
        record(ground, 5).await;
        for arguments in READ {
            let (code, said) = ncrs(&ground.url, arguments);
            assert_eq!(code, Some(0), "{said}");
        }
        let there = versions(&ground.db).await;
        run(
            &ground.db,
            "update _sqlx_migrations set version = 99 where version = 15",
        )
        .await;
        for arguments in READ {
            let (code, said) = ncrs(&ground.url, arguments);
            assert_eq!(code, Some(1));
            assert!(
                said.contains("of a newer version of this service (99)"),
                "{said}"
            );
        }
        // Nor does the service touch it.
        let (code, said) = ncrs(&ground.url, &["migrate"]);
        assert_eq!(code, Some(1));
        assert!(
            said.contains("of a newer version of this service (99)"),
            "{said}"
        );
        run(
            &ground.db,
            "delete from _sqlx_migrations where version = 99",
        )
        .await;
        for arguments in READ {
            let (code, said) = ncrs(&ground.url, arguments);
            assert_eq!(code, Some(1));
            assert!(
                said.contains("of an older version of this service"),
                "{said}"
            );
            assert!(said.contains("ncrs migrate"), "{said}");
        }
        assert_eq!(versions(&ground.db).await, there - 1);
        run(&ground.db, "drop table _sqlx_migrations").await;
        let (code, said) = ncrs(&ground.url, &["audit", "verify"]);
        assert_eq!(code, Some(1));
        assert!(
            said.contains("none of the tables of this service"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nowhere.db");
    for arguments in READ {
        let (code, said) = ncrs(&format!("sqlite:{}", file.display()), arguments);
        assert_eq!(code, Some(1));
        assert!(said.contains("cannot be opened to read"), "{said}");
        assert!(!file.exists());
    }
}

#[tokio::test]
async fn a_file_is_read_without_a_right_to_write_it() {
    let database = TestDatabase::new(Engine::Sqlite).await.unwrap();
    let file = sqlite_file(&database.url).unwrap();
    let before = std::fs::read(&file).unwrap();
    for arguments in READ {
        let (code, said) = ncrs(&database.url, arguments);
        assert_eq!(code, Some(0), "{said}");
    }
    assert!(
        std::fs::read(&file).unwrap() == before,
        "the file was changed"
    );
    let db = Db::connect_read_only(&database.url).await.unwrap();
    for sql in [
        "delete from patient",
        "create table x (y text)",
        "insert into audit_head values (9, 0, x'00')",
    ] {
        for pool in [db.read(), db.write()] {
            assert!(sqlx::query(sql).execute(pool).await.is_err(), "{sql}");
        }
    }
    db.close().await;
    database.remove().await;
}

#[tokio::test]
async fn a_user_that_may_only_select_is_enough() {
    let Some(database) = TestDatabase::new(Engine::Postgres).await else {
        return;
    };
    let admin = std::env::var("NCRS_TEST_POSTGRES_URL").unwrap();
    let role = format!("reader_{}", Uuid::new_v4().simple());
    on_server(&admin, format!("create role {role} login")).await;
    let db = Db::connect(&database.url).await.unwrap();
    let mut url: url::Url = database.url.parse().unwrap();
    url.set_username(&role).unwrap();
    let (code, said) = ncrs(url.as_str(), &["audit", "verify"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("grant select"), "{said}");
    run(
        &db,
        &format!(
            "grant select on _sqlx_migrations, audit_head, audit_entry, audit_patient to {role}"
        ),
    )
    .await;
    for arguments in READ {
        let (code, said) = ncrs(url.as_str(), arguments);
        assert_eq!(code, Some(0), "{said}");
    }
    // Also where the user has every right.
    let reading = Db::connect_read_only(&database.url).await.unwrap();
    for sql in ["delete from patient", "create table x (y text)"] {
        assert!(
            sqlx::query(sql).execute(reading.write()).await.is_err(),
            "{sql}"
        );
    }
    reading.close().await;
    run(&db, &format!("drop owned by {role}; drop role {role}")).await;
    db.close().await;
    database.remove().await;
}
