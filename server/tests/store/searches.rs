//! What SQL finds is what the domain says, over many searches of many people.

use crate::store::ground::{Ground, SEED, on_each_engine, today};
use domain::NhsNumber;
use domain::name::PersonName;
use domain::patient::{Address, Former, Patient};
use domain::search::{
    AdvancedForm, BasicForm, BirthBy, DateFields, Details, MOST_MATCHES, MatchedOn, PatientQuery,
    PostcodeForm, SearchForm, SearchKind,
};
use jiff::civil::Date;
use server::national::Found;
use server::national::embedded::load::{PatientToLoad, Rows};
use server::national::embedded::rekey::bring_up_to_date;
use server::seed::{Generator, personas};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

fn fields(date: Date) -> DateFields {
    DateFields {
        day: date.day().to_string(),
        month: date.month().to_string(),
        year: date.year().to_string(),
    }
}

pub(crate) fn details(form: &SearchForm) -> Details {
    match form.check(today()) {
        Ok(PatientQuery::Details(details)) => *details,
        Ok(PatientQuery::NhsNumber(_)) => panic!("a number"),
        Err(problems) => panic!("{problems:?}"),
    }
}

/// What the tables find; `None` for too many.
async fn found(ground: &Ground, details: &Details) -> Option<BTreeMap<NhsNumber, MatchedOn>> {
    let member = ground.member("doctor");
    let mut access = ground.services.access.clone();
    // More than a person may.
    access.limit_patients(NonZeroU32::MAX);
    let permit = access
        .to_find(&member.caller, details.kind, serde_json::json!({}))
        .await
        .unwrap();
    let held = ground
        .services
        .national
        .demographics
        .search(&permit, details)
        .await
        .unwrap();
    match access
        .release(&permit, held, |_| serde_json::json!({}))
        .await
        .unwrap()
    {
        Found::TooMany => None,
        Found::These(found) => Some(
            found
                .into_iter()
                .map(|(patient, on)| (patient.nhs_number, on))
                .collect(),
        ),
    }
}

/// What the domain says of everyone.
fn matching(people: &[Patient], details: &Details) -> Option<BTreeMap<NhsNumber, MatchedOn>> {
    let matches: BTreeMap<_, _> = people
        .iter()
        .filter_map(|patient| Some((patient.nhs_number, details.matched_on(patient)?)))
        .collect();
    (matches.len() <= MOST_MATCHES).then_some(matches)
}

/// Wildcards, misspellings and other ways in which people write a name.
fn spellings(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut spellings = vec![name.to_owned(), name.to_lowercase(), format!(" {name} ")];
    if chars.len() > 3 {
        let three: String = chars[..3].iter().collect();
        let last = chars[chars.len() - 1];
        spellings.push(format!("{three}*"));
        spellings.push(format!("{three}*{last}"));
        spellings.push(format!("{three}*e*"));
        let mut misspelt = chars.clone();
        misspelt.insert(2, chars[2]);
        spellings.push(misspelt.iter().collect());
        spellings.push(
            chars
                .iter()
                .map(|c| if *c == 'i' { 'y' } else { *c })
                .collect(),
        );
    }
    spellings
}

fn forms(patient: &Patient) -> Vec<SearchForm> {
    let gender = patient.gender.code().to_owned();
    let birth = fields(patient.birth_date);
    let mut forms = Vec::new();
    let names: Vec<_> = std::iter::once(&patient.name)
        .chain(patient.former_names.iter().map(|former| &former.value))
        .collect();
    let postcodes: Vec<String> = patient
        .addresses
        .iter()
        .chain(patient.former_addresses.iter().map(|former| &former.value))
        .map(|address| address.postcode.clone())
        .collect();
    for (turn, name) in names.iter().enumerate() {
        let first = name.given.first().cloned().unwrap_or_default();
        let other = name.given.last().cloned().unwrap_or_default();
        let joined = name.given.concat();
        for family in spellings(&name.family) {
            forms.push(SearchForm::Basic(BasicForm {
                gender: gender.clone(),
                family: family.clone(),
                birth: birth.clone(),
            }));
            for (given, widen, all, by) in [
                (String::new(), false, true, BirthBy::Year),
                (first.clone(), false, false, BirthBy::Age),
                (other.clone(), true, true, BirthBy::Date),
                (joined.clone(), false, true, BirthBy::Range),
                (joined.clone(), true, true, BirthBy::Year),
                (String::new(), true, true, BirthBy::Range),
                (String::new(), true, true, BirthBy::Age),
                (format!("{:.3}*", first), false, true, BirthBy::Age),
                (format!("{:.3}*e", joined), false, true, BirthBy::Age),
            ] {
                let given = if given.chars().filter(|c| c.is_alphabetic()).count() < 3 {
                    String::new()
                } else {
                    given
                };
                let mut form = AdvancedForm {
                    gender: if all { "all".into() } else { gender.clone() },
                    family: family.clone(),
                    given,
                    birth_by: by,
                    birth: birth.clone(),
                    birth_from: fields(
                        patient.birth_date.saturating_sub(jiff::Span::new().days(9)),
                    ),
                    birth_to: fields(
                        patient
                            .birth_date
                            .saturating_add(jiff::Span::new().days(200))
                            .min(today()),
                    ),
                    age_from: "0".into(),
                    age_to: "130".into(),
                    birth_year: patient.birth_date.year().to_string(),
                    widen,
                    ..AdvancedForm::default()
                };
                forms.push(SearchForm::Advanced(Box::new(form.clone())));
                // Names written the wrong way round.
                if widen && !form.given.is_empty() {
                    std::mem::swap(&mut form.given, &mut form.family);
                    if form.family.chars().filter(|c| *c != '*').count() >= 3 {
                        forms.push(SearchForm::Advanced(Box::new(form.clone())));
                    }
                }
                if let Some(postcode) = postcodes.get(turn % postcodes.len().max(1)) {
                    form.postcode = postcode.clone();
                    forms.push(SearchForm::Advanced(Box::new(form.clone())));
                }
                if let Some(death) = patient.death {
                    form.postcode.clear();
                    form.death_year = death.on.year().to_string();
                    forms.push(SearchForm::Advanced(Box::new(form)));
                }
            }
        }
        for postcode in &postcodes {
            for (given, family, birth) in [
                ("", "", DateFields::default()),
                (first.as_str(), name.family.as_str(), DateFields::default()),
                ("", "", birth.clone()),
            ] {
                forms.push(SearchForm::Postcode(PostcodeForm {
                    postcode: postcode.to_lowercase().replace(' ', ""),
                    given: given.to_owned(),
                    family: family.to_owned(),
                    birth,
                }));
            }
        }
    }
    forms.retain(|form| form.check(today()).is_ok());
    forms
}

/// Of all the forms, so many are tried: enough to meet every statement many times.
const ONE_IN: usize = 9;

#[tokio::test]
async fn sql_finds_whom_the_domain_matches() {
    const OTHERS: u64 = 1500;
    let generator = Generator::new(SEED, today());
    let people: Vec<Patient> = personas(today())
        .into_iter()
        .map(|persona| persona.seeded)
        .chain((0..OTHERS).map(|index| generator.person(index)))
        .map(|seeded| seeded.patient)
        .collect();
    let few = personas(today()).len();
    // Every persona, and some of the others.
    let cases: Vec<_> = people
        .iter()
        .take(few)
        .chain(people.iter().skip(few).step_by(100))
        .flat_map(forms)
        .step_by(ONE_IN)
        .map(|form| {
            let details = details(&form);
            let expected = matching(&people, &details);
            (form, details, expected)
        })
        .collect();
    // The comparison says nothing where one kind of answer never comes up.
    let too_many = cases
        .iter()
        .filter(|(_, _, expected)| expected.is_none())
        .count();
    let by = |wanted: MatchedOn| {
        cases
            .iter()
            .filter(|(_, _, expected)| {
                expected
                    .iter()
                    .flat_map(BTreeMap::values)
                    .any(|on| *on == wanted)
            })
            .count()
    };
    let counts = (
        too_many,
        by(MatchedOn::Current),
        by(MatchedOn::Earlier),
        by(MatchedOn::Similar),
    );
    assert!(
        counts.0 > 0 && counts.1 > 300 && counts.2 > 3 && counts.3 > 50,
        "{counts:?}"
    );
    on_each_engine(async |ground| {
        ground.seed(OTHERS).await;
        for (form, details, expected) in &cases {
            let found = found(ground, details).await;
            assert!(
                found == *expected,
                "{:?}: {found:?} is not {expected:?}",
                serde_json::to_string(form)
            );
        }
    })
    .await;
}

/// The list of names that people type and names on record (`app/domain/tests/names.txt`), each pair with a day of birth
/// of its own: what is typed, and who is on record.
fn pairs() -> Vec<(AdvancedForm, Patient)> {
    let model = Generator::new(1, today()).person(0).patient;
    let name = |text: &str| {
        let (family, given) = text.split_once(',').unwrap_or((text, ""));
        (family.trim().to_owned(), given.trim().to_owned())
    };
    include_str!("../../../app/domain/tests/names.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .zip((0..).filter_map(|at| NhsNumber::from_nine(998_000_000 + at)))
        .zip(0_i64..)
        .map(|((line, nhs_number), day)| {
            let mut parts = line.split('|');
            let (typed, recorded) = (name(parts.next().unwrap()), name(parts.next().unwrap()));
            let birth_date =
                jiff::civil::date(1951, 1, 1).saturating_add(jiff::Span::new().days(day));
            let patient = Patient {
                nhs_number,
                name: PersonName {
                    prefix: None,
                    given: recorded.1.split_whitespace().map(str::to_owned).collect(),
                    family: recorded.0,
                },
                former_names: Vec::new(),
                birth_date,
                death: None,
                restricted: false,
                superseded: Vec::new(),
                addresses: vec![Address {
                    kind: "Home".into(),
                    lines: vec!["1 Long Street".into()],
                    postcode: "ZZ99 1AA".into(),
                }],
                ..model.clone()
            };
            let form = AdvancedForm {
                gender: "all".into(),
                family: typed.0,
                given: typed.1,
                birth_by: BirthBy::Date,
                birth: fields(birth_date),
                ..AdvancedForm::default()
            };
            (form, patient)
        })
        .collect()
}

async fn load(ground: &Ground, patients: impl IntoIterator<Item = Patient>) {
    let mut rows = Rows::default();
    for patient in patients {
        let load = PatientToLoad {
            patient,
            consent: domain::permission::SpineConsent::Ask,
            document: None,
            adjustments: None,
        };
        rows.add(load, "made up", crate::harness::beginning())
            .unwrap();
    }
    rows.write(&ground.db).await.unwrap();
}

/// What the tables answer to every pair, exactly and widened, by date and by place.
async fn answers(ground: &Ground) -> Vec<(String, Option<BTreeMap<NhsNumber, MatchedOn>>)> {
    let mut answers = Vec::new();
    for (form, patient) in pairs() {
        for (widen, postcode) in [
            (false, ""),
            (true, ""),
            (false, "ZZ99 1AA"),
            (true, "ZZ99 1AA"),
        ] {
            let mut form = form.clone();
            form.widen = widen;
            form.postcode = postcode.to_owned();
            let form = SearchForm::Advanced(Box::new(form));
            let details = details(&form);
            let told = format!(
                "{} {}",
                serde_json::to_string(&form).unwrap(),
                patient.name.banner()
            );
            answers.push((told, found(ground, &details).await));
        }
    }
    answers
}

#[tokio::test]
async fn sql_finds_a_name_by_its_parts_as_the_domain_does() {
    let people: Vec<Patient> = pairs().into_iter().map(|(_, patient)| patient).collect();
    let mut expected = Vec::new();
    for (form, _) in pairs() {
        for (widen, postcode) in [
            (false, ""),
            (true, ""),
            (false, "ZZ99 1AA"),
            (true, "ZZ99 1AA"),
        ] {
            let mut form = form.clone();
            form.widen = widen;
            form.postcode = postcode.to_owned();
            expected.push(matching(
                &people,
                &details(&SearchForm::Advanced(Box::new(form))),
            ));
        }
    }
    assert!(
        expected
            .iter()
            .flatten()
            .filter(|found| !found.is_empty())
            .count()
            > 500
    );
    assert!(
        expected
            .iter()
            .flatten()
            .filter(|found| found.is_empty())
            .count()
            > 200
    );
    on_each_engine(async |ground| {
        load(ground, people.clone()).await;
        for ((told, found), expected) in answers(ground).await.into_iter().zip(&expected) {
            assert!(found == *expected, "{told}: {found:?} is not {expected:?}");
        }
    })
    .await;
}

/// A database of an earlier version has keys by other rules, and none for parts of names.
#[tokio::test]
async fn keys_of_an_earlier_version_are_made_anew_once() {
    let people: Vec<Patient> = pairs().into_iter().map(|(_, patient)| patient).collect();
    on_each_engine(async |ground| {
        load(ground, people.clone()).await;
        let fresh = answers(ground).await;
        for sql in [
            "delete from patient_part",
            "delete from patient_given",
            "update patient_name set given_keys = ' ', family_key = 'OLD' where position = 0",
        ] {
            sqlx::query(sql).execute(ground.db.write()).await.unwrap();
        }
        assert!(answers(ground).await != fresh, "the keys matter");
        bring_up_to_date(&ground.db).await.unwrap();
        assert!(answers(ground).await == fresh);
        // The next start has nothing to do.
        sqlx::query("delete from patient_part")
            .execute(ground.db.write())
            .await
            .unwrap();
        bring_up_to_date(&ground.db).await.unwrap();
        let left = sqlx::query("select nhs_number from patient_part limit 1")
            .fetch_all(ground.db.read())
            .await
            .unwrap();
        assert!(left.is_empty());
    })
    .await;
}

/// More than fifty are read for a search, and few of them match.
#[tokio::test]
async fn who_only_sounds_alike_does_not_fill_the_answer() {
    on_each_engine(async |ground| {
        neighbours(ground, 300, |index, patient| {
            patient.name.given = vec!["John".into()];
            patient.former_names = Vec::new();
            patient.name.family = if index % 100 == 99 {
                "Quillfeather-Jones".into()
            } else {
                "Quillfeather-Jahns".into()
            };
            if index % 100 == 99 {
                patient.name.given = vec!["Jane".into()];
            }
        })
        .await;
        for (postcode, given) in [("", "Jane"), ("ZZ99 1AA", "Jane")] {
            let form = AdvancedForm {
                gender: "all".into(),
                family: "Quillfeather".into(),
                given: given.into(),
                birth_by: BirthBy::Age,
                age_from: "0".into(),
                age_to: "130".into(),
                postcode: postcode.into(),
                widen: true,
                ..AdvancedForm::default()
            };
            let form = SearchForm::Advanced(Box::new(form));
            let found = found(ground, &details(&form)).await;
            assert_eq!(found.map(|found| found.len()), Some(3), "{postcode}");
        }
    })
    .await;
}

/// Patients who live at one postcode, each with their own day of birth.
async fn neighbours(ground: &Ground, count: usize, change: impl Fn(usize, &mut Patient)) {
    let model = Generator::new(1, today()).person(0).patient;
    let mut patients = Vec::new();
    for index in 0..count {
        let mut patient = model.clone();
        patient.nhs_number = (0..)
            .filter_map(|at| NhsNumber::from_nine(998_000_000 + at))
            .nth(index)
            .unwrap();
        patient.superseded = Vec::new();
        patient.restricted = false;
        patient.addresses = vec![Address {
            kind: "Home".into(),
            lines: vec!["1 Long Street".into()],
            postcode: "ZZ99 1AA".into(),
        }];
        change(index, &mut patient);
        patients.push(patient);
    }
    load(ground, patients).await;
}

fn at_postcode(postcode: &str) -> Details {
    details(&SearchForm::Postcode(PostcodeForm {
        postcode: postcode.into(),
        ..PostcodeForm::default()
    }))
}

#[tokio::test]
async fn fifty_are_shown_and_fifty_one_are_not() {
    for (count, shown) in [(50, Some(50)), (51, None)] {
        on_each_engine(async |ground| {
            neighbours(ground, count, |_, _| {}).await;
            let found = found(ground, &at_postcode("zz991aa")).await;
            assert_eq!(found.map(|found| found.len()), shown);
        })
        .await;
    }
}

#[tokio::test]
async fn a_patient_with_many_names_is_one_patient() {
    on_each_engine(async |ground| {
        // Sixty earlier names that sound alike, for each of ten: 610 rows, ten patients.
        neighbours(ground, 10, |_, patient| {
            patient.name.family = "Quillfeather".into();
            patient.former_names = (0..60)
                .map(|_| Former {
                    value: patient.name.clone(),
                    from: None,
                    to: None,
                })
                .collect();
            patient.former_addresses = vec![Former {
                value: patient.addresses[0].clone(),
                from: None,
                to: None,
            }];
        })
        .await;
        for postcode in ["", "ZZ99 1AA"] {
            let form = AdvancedForm {
                gender: "all".into(),
                family: "Kwilfether".into(),
                birth_by: BirthBy::Age,
                age_from: "0".into(),
                age_to: "130".into(),
                postcode: postcode.into(),
                widen: true,
                ..AdvancedForm::default()
            };
            let found = found(ground, &details(&SearchForm::Advanced(Box::new(form)))).await;
            assert_eq!(found.map(|found| found.len()), Some(10));
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_finds_a_restricted_patient_by_place() {
    on_each_engine(async |ground| {
        neighbours(ground, 2, |index, patient| patient.restricted = index == 0).await;
        let found = found(ground, &at_postcode("ZZ99 1AA")).await.unwrap();
        assert_eq!(found.len(), 1);
        let rows =
            sqlx::query("select nhs_number from patient_place where postcode_key = 'ZZ991AA'")
                .fetch_all(ground.db.read())
                .await
                .unwrap();
        assert_eq!(
            rows.len(),
            1,
            "the table itself does not know where they live"
        );
    })
    .await;
}

#[tokio::test]
async fn a_name_written_by_a_stranger_is_only_a_name() {
    on_each_engine(async |ground| {
        for family in [
            "'; drop table patient; --",
            "100%__",
            "\\*\\*\\",
            "O''Brien",
            "Robert'); --",
        ] {
            let form = AdvancedForm {
                gender: "all".into(),
                family: family.into(),
                birth_by: BirthBy::Age,
                age_from: "0".into(),
                age_to: "130".into(),
                ..AdvancedForm::default()
            };
            if let Ok(PatientQuery::Details(details)) =
                SearchForm::Advanced(Box::new(form)).check(today())
            {
                assert_eq!(details.kind, SearchKind::Advanced);
                found(ground, &details).await;
            }
        }
        assert!(!ground.audited().await.is_empty());
    })
    .await;
}
