//! Every form of search has an index that narrows it, on both engines.

use crate::store::ground::on_each_engine;
use crate::store::searches::details;
use domain::search::{AdvancedForm, BasicForm, BirthBy, DateFields, PostcodeForm, SearchForm};
use server::national::embedded::search::statements;
use server::store::Engine;
use sqlx::Row;

fn day() -> DateFields {
    DateFields {
        day: "5".into(),
        month: "3".into(),
        year: "1948".into(),
    }
}

fn advanced(change: impl FnOnce(&mut AdvancedForm)) -> SearchForm {
    let mut form = AdvancedForm {
        gender: "all".into(),
        family: "Smith".into(),
        birth_by: BirthBy::Age,
        birth: day(),
        age_from: "0".into(),
        age_to: "130".into(),
        birth_year: "1948".into(),
        ..AdvancedForm::default()
    };
    change(&mut form);
    SearchForm::Advanced(Box::new(form))
}

fn every_form() -> Vec<(&'static str, SearchForm)> {
    let basic = |family: &str| {
        SearchForm::Basic(BasicForm {
            gender: "female".into(),
            family: family.into(),
            birth: day(),
        })
    };
    let postcode = |family: &str, given: &str, birth: DateFields| {
        SearchForm::Postcode(PostcodeForm {
            postcode: "LS1 4AP".into(),
            given: given.into(),
            family: family.into(),
            birth,
        })
    };
    vec![
        ("basic", basic("Smith")),
        ("basic, wildcard", basic("Smi*")),
        ("basic, double-barrelled", basic("de la Saint-Exupéry")),
        ("any age", advanced(|_| {})),
        (
            "any age, wildcard",
            advanced(|form| form.family = "Smi*h".into()),
        ),
        ("year", advanced(|form| form.birth_by = BirthBy::Year)),
        (
            "year, wildcard, given",
            advanced(|form| {
                form.birth_by = BirthBy::Year;
                form.family = "Smi*".into();
                form.given = "Jan*".into();
            }),
        ),
        (
            "day, gender and given",
            advanced(|form| {
                form.birth_by = BirthBy::Date;
                form.gender = "male".into();
                form.given = "John".into();
            }),
        ),
        ("death", advanced(|form| form.death_year = "2025".into())),
        (
            "with postcode",
            advanced(|form| form.postcode = "LS1 4AP".into()),
        ),
        (
            "widened, day",
            advanced(|form| {
                form.birth_by = BirthBy::Date;
                form.widen = true;
            }),
        ),
        ("widened, any age", advanced(|form| form.widen = true)),
        (
            "widened, double-barrelled, initials",
            advanced(|form| {
                form.widen = true;
                form.family = "Smith-MacDonald".into();
                form.given = "J. M.".into();
            }),
        ),
        (
            "widened, any age, given",
            advanced(|form| {
                form.widen = true;
                form.given = "Jane".into();
            }),
        ),
        (
            "widened, postcode",
            advanced(|form| {
                form.widen = true;
                form.postcode = "LS1 4AP".into();
                form.given = "Jane".into();
            }),
        ),
        ("postcode", postcode("", "", DateFields::default())),
        ("postcode, name and birth", postcode("Smith", "Jane", day())),
    ]
}

#[tokio::test]
async fn no_search_reads_a_whole_table() {
    on_each_engine(async |ground| {
        ground.seed(300).await;
        let engine = ground.db.engine();
        let mut connection = ground.db.read().acquire().await.unwrap();
        if engine == Engine::Postgres {
            // So few rows are read at once whatever there is: what matters is what can be used.
            sqlx::raw_sql("set enable_seqscan = off; set enable_bitmapscan = off")
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        for (what, form) in every_form() {
            for statement in statements(engine, &details(&form), 51).unwrap() {
                let by_place = statement.text().contains("patient_place");
                let (explain, column) = match engine {
                    Engine::Sqlite => ("explain query plan ", 3),
                    Engine::Postgres => ("explain ", 0),
                };
                let rows = statement
                    .explained(explain)
                    .query()
                    .fetch_all(&mut *connection)
                    .await
                    .unwrap();
                let plan: Vec<String> = rows.iter().map(|row| row.get(column)).collect();
                let whole = plan.join("\n");
                // From a place to the names of who lives there, never to everyone of that name.
                // PostgreSQL weighs that by its figures, of which there are too few here.
                if by_place && engine == Engine::Sqlite {
                    assert!(
                        whole.contains("SEARCH n USING PRIMARY KEY (nhs_number=?"),
                        "{what}: {whole}"
                    );
                }
                match engine {
                    // Whole names and parts of names are two searches in one.
                    Engine::Sqlite => assert!(
                        plan.iter()
                            .filter(|line| !["COMPOUND", "LEFT-MOST", "UNION ALL"]
                                .iter()
                                .any(|word| line.starts_with(word)))
                            .all(|line| line.contains("SEARCH")
                                && (line.contains("COVERING INDEX")
                                    || line.contains("PRIMARY KEY"))),
                        "{what}: {whole}"
                    ),
                    Engine::Postgres => assert!(
                        !whole.contains("Seq Scan") && whole.contains("Index Cond"),
                        "{what}: {whole}"
                    ),
                }
            }
        }
    })
    .await;
}
