//! How fast searches are over many patients: through HTTP as a signed-in person with the audit on,
//! beside the same SQL run bare. Prints nothing but progress; the measures go as JSON to the file that
//! `NCRS_BENCH_OUT` names. `NCRS_BENCH_PATIENTS` says how many patients.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a benchmark stops at what it did not expect, and tells how far it is"
)]

#[path = "../tests/harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
mod harness;
mod load;

use domain::clock::uk_date;
use domain::search::{
    AdvancedForm, BasicForm, BirthBy, DateFields, NhsNumberForm, PatientQuery, PostcodeForm,
    SearchForm, SearchOutcome,
};
use harness::{TestApp, beginning};
use jiff::civil::Date;
use load::load;
use serde_json::{Value, json};
use server::national::embedded::search::statements;
use server::seed::Generator;
use server::store::{Db, Engine, Sql, column};
use std::sync::Arc;

/// People who search at the same moment.
const AT_ONCE: usize = 16;
/// Different searches of each kind, so that no cache answers them all.
const DIFFERENT: u64 = 2_000;

fn main() {
    let patients: u64 =
        std::env::var("NCRS_BENCH_PATIENTS").map_or(40, |many| many.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut measures = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("Filling {} with {patients} patients", name(engine));
        let settings = [("NCRS_SEARCHES_PER_MINUTE", "4000000000")];
        let measured: &mut Vec<Value> = &mut measures;
        runtime.block_on(TestApp::run_with(engine, &settings, async |app| {
            let mut browser = app.enrolled("paramedic").await;
            if browser.session().await.signed_in.is_none() {
                browser.sign_in().await.unwrap();
            }
            let browser = Arc::new(browser);
            for (kind, forms) in forms(patients) {
                let forms = Arc::new(forms);
                let http = {
                    let (browser, forms) = (Arc::clone(&browser), Arc::clone(&forms));
                    load(AT_ONCE, move |turn| {
                        let (browser, forms) = (Arc::clone(&browser), Arc::clone(&forms));
                        async move {
                            let form = &forms[turn % forms.len()];
                            let outcome: SearchOutcome =
                                browser.call("patients/find", json!({ "form": form })).await.unwrap();
                            assert!(!matches!(outcome, SearchOutcome::Nobody), "everyone who is searched is there");
                        }
                    })
                    .await
                };
                let bare = {
                    let db = app.db.clone();
                    load(AT_ONCE, move |turn| {
                        let (db, forms) = (db.clone(), Arc::clone(&forms));
                        async move { bare(&db, &forms[turn % forms.len()]).await }
                    })
                    .await
                };
                let prefix = format!("search_{kind}_{}", name(engine));
                let ratio = http.per_second / bare.per_second;
                eprintln!(
                    "{prefix}: {:.0}/s, 99 % within {:.1} ms, bare {:.0}/s",
                    http.per_second, http.p99, bare.per_second
                );
                measured.push(json!({
                    "name": format!("{prefix}_rps"), "value": http.per_second.round(), "unit": "searches/s",
                    "ratio_to": "bare SQL", "ratio": (ratio * 100.0).round() / 100.0,
                    "budget": ">= 0.5 of bare SQL", "within": ratio >= 0.5,
                }));
                measured.push(json!({
                    "name": format!("{prefix}_p99_ms"), "value": (http.p99 * 10.0).round() / 10.0, "unit": "ms",
                    "ratio_to": "bare SQL", "ratio": ((http.p99 / bare.p99) * 100.0).round() / 100.0,
                    "budget": null, "within": null,
                }));
            }
        }));
    }
    let out =
        std::env::var("NCRS_BENCH_OUT").expect("NCRS_BENCH_OUT names the file for the measures");
    std::fs::write(out, serde_json::to_string_pretty(&measures).unwrap()).unwrap();
}

fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

/// Searches of each kind for people who are there.
fn forms(patients: u64) -> Vec<(&'static str, Vec<SearchForm>)> {
    // The same people as the harness puts in.
    let generator = Generator::new(7, uk_date(beginning()));
    let step = (patients / DIFFERENT).max(1);
    let mut by: Vec<(&'static str, Vec<SearchForm>)> =
        ["nhs_number", "basic", "advanced", "widened", "postcode"]
            .map(|kind| (kind, Vec::new()))
            .into();
    for index in (0..patients).step_by(usize::try_from(step).unwrap()) {
        let patient = generator.person(index).patient;
        let family = patient.name.family.clone();
        let given = patient.name.given.first().cloned().unwrap_or_default();
        let birth = fields(patient.birth_date);
        by[0].1.push(SearchForm::NhsNumber(NhsNumberForm {
            nhs_number: patient.nhs_number.digits(),
        }));
        by[1].1.push(SearchForm::Basic(BasicForm {
            gender: patient.gender.code().to_owned(),
            family: family.clone(),
            birth: birth.clone(),
        }));
        let advanced = AdvancedForm {
            gender: "all".to_owned(),
            family: family.clone(),
            given: given.clone(),
            birth_by: BirthBy::Year,
            birth_year: patient.birth_date.year().to_string(),
            ..AdvancedForm::default()
        };
        by[2]
            .1
            .push(SearchForm::Advanced(Box::new(advanced.clone())));
        by[3].1.push(SearchForm::Advanced(Box::new(AdvancedForm {
            widen: true,
            ..advanced
        })));
        if let Some(home) = patient.addresses.first().filter(|_| !patient.restricted) {
            by[4].1.push(SearchForm::Postcode(PostcodeForm {
                postcode: home.postcode.clone(),
                family,
                ..PostcodeForm::default()
            }));
        }
    }
    by
}

fn fields(date: Date) -> DateFields {
    DateFields {
        day: date.day().to_string(),
        month: date.month().to_string(),
        year: date.year().to_string(),
    }
}

/// The same SQL, and nothing else: no HTTP, no session, no permit, no audit.
async fn bare(db: &Db, form: &SearchForm) {
    let numbers = match form.check(uk_date(beginning())).unwrap() {
        PatientQuery::NhsNumber(number) => vec![number.digits()],
        PatientQuery::Details(details) => {
            let limit = if details.widen { 204 } else { 51 };
            let mut numbers = Vec::new();
            for statement in statements(db.engine(), &details, limit).unwrap() {
                for row in statement.query().fetch_all(db.read()).await.unwrap() {
                    numbers.push(column::<String>(&row, 0).unwrap());
                }
            }
            numbers.sort();
            numbers.dedup();
            numbers
        }
    };
    if numbers.is_empty() || numbers.len() > 50 {
        return;
    }
    let mut sql = Sql::new("select doc from patient where nhs_number in (");
    for (position, number) in numbers.into_iter().enumerate() {
        if position > 0 {
            sql.push(", ");
        }
        sql.bind(number).unwrap();
    }
    sql.push(")");
    assert!(!sql.query().fetch_all(db.read()).await.unwrap().is_empty());
}
