//! The shapes that go over the wire and into storage. Devices in the field keep commands that they
//! have not sent yet, so a change here must be meant: old shapes must still be read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Category, Detail, Flag, ImpairmentKind, NewPart,
    Part, Provenance, Removal, RemovalReason,
};
use domain::clock::Age;
use domain::command::{Command, Receipt};
use domain::field::FieldError;
use domain::ids::{CommandId, ContextId, FlagId, PartId};
use domain::name::PersonName;
use domain::patient::{Death, DeathStatus, Gender};
use domain::permission::{
    Availability, Duration, Gate, LegalGround, PermissionAnswer, Scope, StandingPermission,
};
use domain::referral::{Referral, ReferralKind};
use domain::role::{Activity, CareSetting};
use domain::search::{
    AdvancedForm, BasicForm, BirthBy, DateFields, MatchedOn, NhsNumberForm, PatientMatch,
    PostcodeForm, SearchForm, SearchOutcome,
};
use domain::sourced::{Source, Sourced};
use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The JSON of a value that is read back as itself.
fn wire<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap();
    assert!(
        serde_json::from_str::<T>(&json).unwrap() == *value,
        "read back as something else: {json}"
    );
    json
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn at() -> Timestamp {
    "2026-11-21T07:15:00Z".parse().unwrap()
}

fn by() -> Provenance {
    Provenance {
        person: "Priya Nair".to_owned(),
        role: "Paramedic".to_owned(),
        organisation: "Moorside Ambulance Service".to_owned(),
        at: at(),
    }
}

fn details() -> [Detail; 4] {
    [
        Detail::Impairment {
            impairment: ImpairmentKind::MentalHealth,
            note: "Worse at night".to_owned(),
        },
        Detail::Condition {
            name: "Autism".to_owned(),
            code: Some("35919005".to_owned()),
        },
        Detail::Adjustment {
            category: Category::IndividualCare,
            code: Some("1108171000000102".to_owned()),
            text: "Requires extended appointment".to_owned(),
            note: String::new(),
        },
        Detail::Adjustment {
            category: Category::Bespoke,
            code: None,
            text: "Meet her at the door".to_owned(),
            note: String::new(),
        },
    ]
}

fn new_parts() -> Vec<NewPart> {
    (1_u128..)
        .zip(details())
        .map(|(number, detail)| NewPart {
            id: PartId(id(number)),
            detail,
        })
        .collect()
}

fn command<C>(change: C) -> Command<C> {
    Command {
        id: CommandId(id(7)),
        base: 3,
        made_at: at(),
        change,
    }
}

#[test]
fn adjustment_commands() {
    let reason = RemovalReason::NoLongerApplies;
    let comment = "Uses a lift now".to_owned();
    assert_snapshot!(wire(&command(AdjustmentChange::Create {
        flag: FlagId(id(9)),
        basis: Basis::BestInterest,
        equality_act: true,
        parts: new_parts(),
    })), @r#"{"id":"00000000-0000-0000-0000-000000000007","base":3,"made_at":"2026-11-21T07:15:00Z","change":{"do":"create","flag":"00000000-0000-0000-0000-000000000009","basis":"best-interest","equality_act":true,"parts":[{"id":"00000000-0000-0000-0000-000000000001","detail":{"kind":"impairment","impairment":"mental-health","note":"Worse at night"}},{"id":"00000000-0000-0000-0000-000000000002","detail":{"kind":"condition","name":"Autism","code":"35919005"}},{"id":"00000000-0000-0000-0000-000000000003","detail":{"kind":"adjustment","category":"individual-care","code":"1108171000000102","text":"Requires extended appointment","note":""}},{"id":"00000000-0000-0000-0000-000000000004","detail":{"kind":"adjustment","category":"bespoke","code":null,"text":"Meet her at the door","note":""}}]}}"#);
    assert_snapshot!(wire(&AdjustmentChange::AddParts { parts: new_parts().split_off(3) }), @r#"{"do":"add-parts","parts":[{"id":"00000000-0000-0000-0000-000000000004","detail":{"kind":"adjustment","category":"bespoke","code":null,"text":"Meet her at the door","note":""}}]}"#);
    assert_snapshot!(wire(&AdjustmentChange::RemovePart { part: PartId(id(1)), reason, comment: comment.clone() }), @r#"{"do":"remove-part","part":"00000000-0000-0000-0000-000000000001","reason":"no-longer-applies","comment":"Uses a lift now"}"#);
    assert_snapshot!(wire(&AdjustmentChange::RemoveFlag { reason, comment }), @r#"{"do":"remove-flag","reason":"no-longer-applies","comment":"Uses a lift now"}"#);
}

#[test]
fn adjustment_records_and_receipts() {
    let [detail, ..] = details();
    let removed = Removal {
        reason: RemovalReason::CreatedInError,
        comment: "Wrong patient".to_owned(),
        by: by(),
    };
    let part = Part {
        id: PartId(id(1)),
        detail,
        recorded: by(),
        removed: Some(removed),
    };
    let flag = Flag {
        id: FlagId(id(9)),
        basis: Basis::Consent,
        recorded: by(),
        parts: vec![part],
        removed: None,
    };
    let record = AdjustmentRecord {
        version: 2,
        current: Some(flag),
        earlier: Vec::new(),
    };
    assert_snapshot!(wire(&Receipt::Applied(record)), @r#"{"Applied":{"version":2,"current":{"id":"00000000-0000-0000-0000-000000000009","basis":"consent","recorded":{"person":"Priya Nair","role":"Paramedic","organisation":"Moorside Ambulance Service","at":"2026-11-21T07:15:00Z"},"parts":[{"id":"00000000-0000-0000-0000-000000000001","detail":{"kind":"impairment","impairment":"mental-health","note":"Worse at night"},"recorded":{"person":"Priya Nair","role":"Paramedic","organisation":"Moorside Ambulance Service","at":"2026-11-21T07:15:00Z"},"removed":{"reason":"created-in-error","comment":"Wrong patient","by":{"person":"Priya Nair","role":"Paramedic","organisation":"Moorside Ambulance Service","at":"2026-11-21T07:15:00Z"}}}],"removed":null},"earlier":[]}}"#);
    assert_snapshot!(wire(&Receipt::Conflict(AdjustmentRecord::default())), @r#"{"Conflict":{"version":0,"current":null,"earlier":[]}}"#);
}

#[test]
fn every_code_of_the_lists() {
    assert_snapshot!(wire(&Basis::ALL.to_vec()), @r#"["consent","best-interest","attorney","representative"]"#);
    assert_snapshot!(wire(&ImpairmentKind::ALL.to_vec()), @r#"["vision","hearing","mobility","dexterity","learning","memory","mental-health","stamina","social","other","not-said"]"#);
    assert_snapshot!(wire(&Category::ALL.to_vec()), @r#"["communication-support","communication-professional","contact-method","information-format","communication-needs","language-support","additional-support","individual-care","environment","additional-needs","bespoke"]"#);
    assert_snapshot!(wire(&RemovalReason::ALL.to_vec()), @r#"["created-in-error","no-longer-applies"]"#);
    assert_snapshot!(wire(&Activity::ALL.to_vec()), @r#"["B0264","B0098","B0825","B0370","B0168","B0082","B0257","B0380","B1611","B0268","B0015","B0016","B0011","B0274","L0001","L0002"]"#);
    assert_snapshot!(wire(&Gender::ALL), @r#"["female","male","other","unknown"]"#);
}

#[test]
fn permission_answers() {
    let agreed = |scope, duration| PermissionAnswer::Agreed { scope, duration };
    assert_snapshot!(wire(&agreed(Scope::Me, Duration::ThisView)), @r#"{"answer":"agreed","scope":"me","duration":"thisview"}"#);
    assert_snapshot!(wire(&agreed(Scope::Team, Duration::Until(date(2026, 12, 31)))), @r#"{"answer":"agreed","scope":"team","duration":{"until":"2026-12-31"}}"#);
    assert_snapshot!(wire(&PermissionAnswer::Standing), @r#"{"answer":"standing"}"#);
    assert_snapshot!(wire(&PermissionAnswer::Emergency { reason: "Found unconscious".to_owned() }), @r#"{"answer":"emergency","reason":"Found unconscious"}"#);
    assert_snapshot!(wire(&PermissionAnswer::Legal { ground: LegalGround::CourtOrder, basis: "Order of 1 July".to_owned() }), @r#"{"answer":"legal","ground":"court-order","basis":"Order of 1 July"}"#);
    assert_snapshot!(wire(&PermissionAnswer::Declined), @r#"{"answer":"declined"}"#);
}

#[test]
fn gates() {
    assert_snapshot!(wire(&Gate {
        organisation: "Moorside Ambulance Service".to_owned(),
        setting: CareSetting::Ambulance,
        approved: true,
        may_view: true,
        may_view_in_emergency: false,
        availability: Some(Availability::OptedOut),
        overridden: Some(Availability::Exists),
        standing: Some(StandingPermission {
            scope: Scope::Team,
            until: date(2026, 12, 31),
            recorded_by: "Priya Nair".to_owned(),
        }),
        referral: Some(Referral {
            kind: ReferralKind::Visit,
            until: date(2026, 12, 31),
            recorded_by: "Sam Brooks".to_owned(),
            recorded_on: date(2026, 11, 21),
            own: false,
        }),
        missing: None,
    }), @r#"{"organisation":"Moorside Ambulance Service","setting":"Ambulance","approved":true,"may_view":true,"may_view_in_emergency":false,"availability":"OptedOut","overridden":"Exists","standing":{"scope":"team","until":"2026-12-31","recorded_by":"Priya Nair"},"referral":{"kind":"visit","until":"2026-12-31","recorded_by":"Sam Brooks","recorded_on":"2026-11-21","own":false}}"#);
}

#[test]
fn sourced_values() {
    let live = Sourced::live(5_u8, at());
    assert_snapshot!(wire(&live), @r#"{"value":5,"source":{"Live":{"at":"2026-11-21T07:15:00Z"}}}"#);
    let until = "2026-11-22T07:15:00Z".parse().unwrap();
    let saved = Sourced {
        value: 5_u8,
        source: Source::Saved { at: at(), until },
    };
    assert_snapshot!(wire(&saved), @r#"{"value":5,"source":{"Saved":{"at":"2026-11-21T07:15:00Z","until":"2026-11-22T07:15:00Z"}}}"#);
    for sourced in [live, saved] {
        let mapped = sourced.clone().map(|value| value.to_string());
        assert_eq!(
            (mapped.value.as_str(), &mapped.source, mapped.at()),
            ("5", &sourced.source, at())
        );
    }
}

#[test]
fn field_errors_ids_and_ages() {
    assert_snapshot!(wire(&FieldError::new("family", "Enter a last name")), @r#"{"field":"family","message":"Enter a last name"}"#);
    assert_snapshot!(wire(&ContextId(id(5))), @r#""00000000-0000-0000-0000-000000000005""#);
    assert_snapshot!(wire(&[Age::Days(0), Age::Months(23), Age::Years(2)]), @r#"[{"Days":0},{"Months":23},{"Years":2}]"#);
}

fn fields(day: &str, month: &str, year: &str) -> DateFields {
    DateFields {
        day: day.to_owned(),
        month: month.to_owned(),
        year: year.to_owned(),
    }
}

#[test]
fn search_forms() {
    assert_snapshot!(wire(&SearchForm::NhsNumber(NhsNumberForm { nhs_number: "999 040 2132".to_owned() })), @r#"{"by":"nhs-number","nhs_number":"999 040 2132"}"#);
    assert_snapshot!(wire(&SearchForm::Basic(BasicForm {
        gender: "female".to_owned(),
        family: "Smi*".to_owned(),
        birth: fields("5", "Mar", "1948"),
    })), @r#"{"by":"basic","gender":"female","family":"Smi*","birth":{"day":"5","month":"Mar","year":"1948"}}"#);
    assert_snapshot!(wire(&SearchForm::Advanced(Box::new(AdvancedForm {
        gender: "all".to_owned(),
        family: "Smith".to_owned(),
        birth_by: BirthBy::Year,
        birth_year: "1948".to_owned(),
        widen: true,
        ..AdvancedForm::default()
    }))), @r#"{"by":"advanced","gender":"all","family":"Smith","given":"","birth_by":"year","birth":{"day":"","month":"","year":""},"birth_from":{"day":"","month":"","year":""},"birth_to":{"day":"","month":"","year":""},"age_from":"","age_to":"","birth_year":"1948","postcode":"","death":{"day":"","month":"","year":""},"death_year":"","widen":true}"#);
    assert_snapshot!(wire(&SearchForm::Postcode(PostcodeForm {
        postcode: "LS1 4AP".to_owned(),
        ..PostcodeForm::default()
    })), @r#"{"by":"postcode","postcode":"LS1 4AP","given":"","family":"","birth":{"day":"","month":"","year":""}}"#);
}

#[test]
fn search_answers() {
    let found = PatientMatch {
        name: PersonName {
            prefix: None,
            given: vec!["Jane".to_owned()],
            family: "Smith".to_owned(),
        },
        gender: Gender::Female,
        birth_date: date(1948, 3, 5),
        age: Age::Years(78),
        death: Some(Death {
            on: date(2026, 11, 1),
            status: DeathStatus::Informal,
        }),
        nhs_number: "9990402132".parse().unwrap(),
        address_line: None,
        postcode: None,
        gp: None,
        restricted: true,
        matched_on: MatchedOn::Similar,
        on_visit_list: false,
    };
    let listed = PatientMatch {
        on_visit_list: true,
        ..found.clone()
    };
    assert!(wire(&listed).ends_with(r#""matched_on":"Similar","on_visit_list":true}"#));
    // As an app or a service of before sends it.
    assert!(serde_json::from_str::<PatientMatch>(&wire(&found)).unwrap() == found);
    assert_snapshot!(wire(&SearchOutcome::Found { matches: vec![found], superseded: true }), @r#"{"outcome":"found","matches":[{"name":{"prefix":null,"given":["Jane"],"family":"Smith"},"gender":"female","birth_date":"1948-03-05","age":{"Years":78},"death":{"on":"2026-11-01","status":"Informal"},"nhs_number":"9990402132","address_line":null,"postcode":null,"gp":null,"restricted":true,"matched_on":"Similar"}],"superseded":true}"#);
    assert_snapshot!(wire(&SearchOutcome::TooMany), @r#"{"outcome":"too-many"}"#);
    assert_snapshot!(wire(&SearchOutcome::Nobody), @r#"{"outcome":"nobody"}"#);
}

#[test]
fn summaries_that_older_apps_saved_are_still_read() {
    use domain::summary::{Content, Emptiness, Part, Remark, Summary, Term};
    let old = r#"{"disclaimer":"D","created":"C","sent":"","author":"","practice":"","recently_registered":null,"withheld":null,"statements":["S"],"sections":[{"heading":{"Known":"Allergies"},"title":"A","withheld":null,"statements":[],"content":{"Table":{"columns":["Date","What"],"rows":[{"Entry":["1","2"]},{"Note":"n"}]}}},{"heading":{"Other":{"code":"c","title":"t"}},"title":"t","withheld":"w","statements":[],"content":"Missing"},{"heading":{"Known":"Diagnoses"},"title":"D","withheld":null,"statements":[],"content":{"NothingStated":"No"}}]}"#;
    let read: Summary = serde_json::from_str(old).unwrap();
    assert!(matches!(
        read.sections.first().map(|section| &section.content),
        Some(Content::Table(_))
    ));
    assert_eq!(serde_json::to_string(&read).unwrap(), old);
    let parts = Content::Parts(vec![
        Part::Subheading {
            level: 1,
            text: "S".to_owned(),
        },
        Part::Statement("T".to_owned()),
        Part::Remark(Remark::NotContained(2)),
        Part::Withheld("W".to_owned()),
        Part::NothingStated("N".to_owned()),
        Part::Empty(Emptiness::NilKnown),
        Part::Grid(vec![vec!["1".to_owned()]]),
        Part::List {
            first: Some(3),
            items: vec!["I".to_owned()],
        },
        Part::Terms(vec![Term {
            name: "P".to_owned(),
            says: vec!["R".to_owned()],
        }]),
    ]);
    assert_snapshot!(wire(&parts), @r#"{"Parts":[{"Subheading":{"level":1,"text":"S"}},{"Statement":"T"},{"Remark":{"NotContained":2}},{"Withheld":"W"},{"NothingStated":"N"},{"Empty":"NilKnown"},{"Grid":[["1"]]},{"List":{"first":3,"items":["I"]}},{"Terms":[{"name":"P","says":["R"]}]}]}"#);
    assert_snapshot!(wire(&Content::Empty(Emptiness::Other("why".to_owned()))), @r#"{"Empty":{"Other":"why"}}"#);
}
