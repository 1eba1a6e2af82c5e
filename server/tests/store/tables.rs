use crate::store::ground::on_each_engine;
use server::store::{Value, insert_many};
use sqlx::Row;

#[tokio::test]
async fn migrating_again_changes_nothing() {
    on_each_engine(async |ground| {
        ground.db.migrate().await.unwrap();
        ground.db.index_patients().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn text_keys_sort_by_their_bytes() {
    on_each_engine(async |ground| {
        let mut work = ground.db.begin().await.unwrap();
        let rows =
            ["b", "É", "a", "Z", "ZZ", "Z\u{10ffff}"].map(|key| [Value::from(key), "9".into()]);
        insert_many(
            &mut work,
            "insert into superseded_number (superseded, nhs_number)",
            "",
            rows.to_vec(),
        )
        .await
        .unwrap();
        work.commit().await.unwrap();
        let rows = sqlx::query(
            "select superseded from superseded_number where nhs_number = '9' order by superseded",
        )
        .fetch_all(ground.db.read())
        .await
        .unwrap();
        let keys: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(keys, ["Z", "ZZ", "Z\u{10ffff}", "a", "b", "É"]);
    })
    .await;
}

#[tokio::test]
async fn any_number_of_rows_goes_in() {
    on_each_engine(async |ground| {
        let mut expected = 0;
        for (count, from) in [(0, 0), (1, 0), (7, 10), (300, 100), (1500, 1000)] {
            let mut work = ground.db.begin().await.unwrap();
            let rows = (from..from + count)
                .map(|number: i64| [Value::from(number.to_string()), "9".into()]);
            let inserted = insert_many(
                &mut work,
                "insert into superseded_number (superseded, nhs_number)",
                " on conflict do nothing",
                rows.collect(),
            )
            .await
            .unwrap();
            work.commit().await.unwrap();
            assert_eq!(inserted, u64::try_from(count).unwrap());
            expected += inserted;
        }
        let row = sqlx::query("select count(*) from superseded_number where nhs_number = '9'")
            .fetch_one(ground.db.read())
            .await
            .unwrap();
        assert_eq!(u64::try_from(row.get::<i64, _>(0)).unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing() {
    on_each_engine(async |ground| {
        let mut work = ground.db.begin().await.unwrap();
        sqlx::query("insert into superseded_number (superseded, nhs_number) values ('1', '2')")
            .execute(&mut *work)
            .await
            .unwrap();
        drop(work);
        let found = sqlx::query("select superseded from superseded_number where superseded = '1'")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert!(found.is_empty());
    })
    .await;
}

#[tokio::test]
async fn seeding_twice_is_seeding_once() {
    on_each_engine(async |ground| {
        let count = async |table: &'static str| {
            let row = sqlx::query(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(ground.db.read())
                .await
                .unwrap();
            row.get::<i64, _>(0)
        };
        let tables = [
            "patient",
            "patient_name",
            "patient_part",
            "patient_given",
            "patient_place",
            "summary_document",
            "person",
            "readiness_change",
        ];
        ground.seed(600).await;
        let mut first = Vec::new();
        for table in tables {
            first.push(count(table).await);
        }
        assert!(first.iter().all(|rows| *rows > 0) && first[0] > 600);
        ground.seed(600).await;
        for (table, before) in tables.iter().zip(first) {
            assert_eq!(count(table).await, before, "{table}");
        }
    })
    .await;
}
