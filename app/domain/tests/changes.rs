//! What changed between what was saved and what the service has now.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Category, Detail, Difference, ImpairmentKind,
    NewPart, Provenance, RemovalReason, differences,
};
use domain::ids::{FlagId, PartId};
use domain::summary::{
    Change, Changed, Content, Entry, Heading, KnownHeading, Row, Section, Summary, Table,
    clinical_changes,
};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

const COLUMNS: [&str; 3] = ["Date", "Description", "Severity"];

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn row(cells: &[&str]) -> Row {
    Row::Entry(texts(cells))
}

fn note(text: &str) -> Row {
    Row::Note(text.to_owned())
}

fn table(rows: Vec<Row>) -> Content {
    Content::Table(Table {
        columns: texts(&COLUMNS),
        rows,
    })
}

fn nothing() -> Content {
    Content::NothingStated("No relevant information available for this category".to_owned())
}

fn section(heading: KnownHeading, content: Content) -> Section {
    Section {
        heading: Heading::Known(heading),
        title: heading.title().to_owned(),
        withheld: None,
        statements: Vec::new(),
        content,
    }
}

fn summary(sections: Vec<Section>) -> Summary {
    Summary {
        disclaimer: "Disclaimer".to_owned(),
        created: "Summary created: 03 July 2026 08:00".to_owned(),
        sent: "Summary sent: 03 July 2026 08:01".to_owned(),
        author: "Author: Dr Jones".to_owned(),
        practice: "Practice".to_owned(),
        recently_registered: None,
        withheld: None,
        statements: Vec::new(),
        sections,
    }
}

const PENICILLIN: [&str; 3] = ["1 Jan 2020", "Penicillin", "Severe"];
const NUTS: [&str; 3] = ["2 Feb 2021", "Nuts", ""];

fn allergies(rows: Vec<Row>) -> Summary {
    summary(vec![section(KnownHeading::Allergies, table(rows))])
}

fn entry(cells: &[(&str, &str)], notes: &[&str]) -> Entry {
    Entry {
        cells: cells
            .iter()
            .map(|(title, text)| ((*title).to_owned(), (*text).to_owned()))
            .collect(),
        notes: texts(notes),
    }
}

fn penicillin() -> Entry {
    entry(
        &[
            ("Date", "1 Jan 2020"),
            ("Description", "Penicillin"),
            ("Severity", "Severe"),
        ],
        &[],
    )
}

fn nuts(notes: &[&str]) -> Entry {
    entry(&[("Date", "2 Feb 2021"), ("Description", "Nuts")], notes)
}

fn under(heading: KnownHeading, what: Changed) -> Change {
    Change {
        heading: Some(Heading::Known(heading)),
        what,
    }
}

/// What changed, in tests of allergies alone.
fn of_allergies(before: &Summary, after: &Summary) -> Vec<Changed> {
    clinical_changes(before, after)
        .into_iter()
        .map(|change| {
            assert_eq!(
                change.heading,
                Some(Heading::Known(KnownHeading::Allergies))
            );
            change.what
        })
        .collect()
}

/// As `assert_eq`, for what never shows in `Debug`.
#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(got: T, expected: T) {
    assert!(got == expected, "{got:?}, expected {expected:?}");
}

#[test]
fn entries_come_and_go() {
    let one = allergies(vec![row(&PENICILLIN)]);
    let both = allergies(vec![row(&PENICILLIN), row(&NUTS)]);
    same(of_allergies(&one, &both), vec![Changed::Added(nuts(&[]))]);
    same(of_allergies(&both, &one), vec![Changed::Removed(nuts(&[]))]);
    same(of_allergies(&both, &both), vec![]);
}

#[test]
fn an_altered_entry_goes_and_comes() {
    let before = allergies(vec![row(&PENICILLIN)]);
    let after = allergies(vec![row(&["1 Jan 2020", "Penicillin", "Mild"])]);
    let mild = entry(
        &[
            ("Date", "1 Jan 2020"),
            ("Description", "Penicillin"),
            ("Severity", "Mild"),
        ],
        &[],
    );
    same(
        of_allergies(&before, &after),
        vec![Changed::Removed(penicillin()), Changed::Added(mild)],
    );
}

#[test]
fn a_note_is_part_of_its_entry() {
    let plain = allergies(vec![row(&NUTS), row(&PENICILLIN)]);
    let noted = allergies(vec![row(&NUTS), note("Hives"), row(&PENICILLIN)]);
    let elsewhere = allergies(vec![row(&NUTS), row(&PENICILLIN), note("Hives")]);
    same(
        of_allergies(&plain, &noted),
        vec![
            Changed::Removed(nuts(&[])),
            Changed::Added(nuts(&["Hives"])),
        ],
    );
    assert_eq!(of_allergies(&noted, &elsewhere).len(), 4);
    let alone = allergies(vec![note("Hives"), row(&NUTS), row(&PENICILLIN)]);
    same(
        of_allergies(&plain, &alone),
        vec![Changed::Added(entry(&[], &["Hives"]))],
    );
}

#[test]
fn order_columns_and_periods_are_no_difference() {
    let before = allergies(vec![row(&PENICILLIN), row(&NUTS)]);
    let mut after = allergies(vec![row(&NUTS), row(&PENICILLIN)]);
    after.created = "Summary created: 21 November 2026 08:00".to_owned();
    after.sent = "Summary sent: 21 November 2026 08:01".to_owned();
    after.author = "Author: Dr Patel".to_owned();
    after.sections[0].title = "Allergies (to 21-Nov-2026)".to_owned();
    same(of_allergies(&before, &after), vec![]);
    after.sections[0].content = Content::Table(Table {
        columns: texts(&["Description", "Certainty", "Severity", "Date"]),
        rows: vec![
            row(&["Penicillin", "", "Severe", "1 Jan 2020"]),
            row(&["Nuts", "", "", "2 Feb 2021"]),
        ],
    });
    same(of_allergies(&before, &after), vec![]);
    // The same words under another column are another entry.
    after.sections[0].content = Content::Table(Table {
        columns: texts(&["Date", "Severity", "Description"]),
        rows: vec![row(&PENICILLIN), row(&NUTS)],
    });
    assert_eq!(of_allergies(&before, &after).len(), 4);
}

#[test]
fn the_same_entry_twice_is_two() {
    let once = allergies(vec![row(&NUTS)]);
    let twice = allergies(vec![row(&NUTS), row(&NUTS)]);
    same(of_allergies(&once, &twice), vec![Changed::Added(nuts(&[]))]);
    same(
        of_allergies(&twice, &once),
        vec![Changed::Removed(nuts(&[]))],
    );
}

#[test]
fn nothing_stated_missing_and_filled_are_three_things() {
    let of = |content| summary(vec![section(KnownHeading::Allergies, content)]);
    let Content::NothingStated(text) = nothing() else {
        unreachable!()
    };
    let (none, missing, filled) = (
        of(nothing()),
        of(Content::Missing),
        of(table(vec![row(&NUTS)])),
    );
    same(
        of_allergies(&none, &missing),
        vec![Changed::Missing, Changed::NoLongerStated(text.clone())],
    );
    same(
        of_allergies(&missing, &filled),
        vec![Changed::NoLongerMissing, Changed::Added(nuts(&[]))],
    );
    same(
        of_allergies(&filled, &none),
        vec![Changed::Removed(nuts(&[])), Changed::Stated(text.clone())],
    );
    // A section that is not in the list at all is missing, too.
    same(of_allergies(&missing, &summary(vec![])), vec![]);
    same(
        of_allergies(&none, &summary(vec![])),
        vec![Changed::Missing, Changed::NoLongerStated(text)],
    );
}

#[test]
fn what_is_withheld_is_told_at_the_head_and_under_its_heading() {
    let before = allergies(vec![row(&NUTS)]);
    let mut after = before.clone();
    after.withheld = Some("Entries have been withheld".to_owned());
    after.recently_registered = Some("Recently registered".to_owned());
    after.statements = texts(&["Another"]);
    after.sections[0].withheld = Some("Withheld here".to_owned());
    after.sections[0].statements = texts(&["Said here"]);
    let head = |text: &str| Change {
        heading: None,
        what: Changed::Stated(text.to_owned()),
    };
    let here = |text: &str| under(KnownHeading::Allergies, Changed::Stated(text.to_owned()));
    same(
        clinical_changes(&before, &after),
        vec![
            head("Recently registered"),
            head("Entries have been withheld"),
            head("Another"),
            here("Withheld here"),
            here("Said here"),
        ],
    );
    assert_eq!(clinical_changes(&after, &before).len(), 5);
}

#[test]
fn headings_come_in_the_order_of_the_later_document() {
    let medicine = || table(vec![row(&["3 Mar 2026", "Aspirin", ""])]);
    let before = summary(vec![
        section(KnownHeading::Lifestyle, medicine()),
        section(KnownHeading::Allergies, table(vec![])),
    ]);
    let after = summary(vec![
        section(KnownHeading::Allergies, medicine()),
        section(KnownHeading::Diagnoses, medicine()),
    ]);
    let headings: Vec<_> = clinical_changes(&before, &after)
        .into_iter()
        .map(|change| change.heading.unwrap().title().to_owned())
        .collect();
    let (allergies, diagnoses, lifestyle) = (
        KnownHeading::Allergies.title(),
        KnownHeading::Diagnoses.title(),
        KnownHeading::Lifestyle.title(),
    );
    assert_eq!(
        headings,
        [allergies, diagnoses, diagnoses, lifestyle, lifestyle]
    );
}

fn any_content() -> impl Strategy<Value = Content> {
    let row = prop_oneof![
        3 => prop::collection::vec(0_usize..3, 3).prop_map(|cells| {
            row(&cells.iter().map(|at| ["", "a", "b"][*at]).collect::<Vec<_>>())
        }),
        1 => (0_usize..2).prop_map(|at| note(["x", "y"][at])),
    ];
    prop_oneof![
        4 => prop::collection::vec(row, 0..5).prop_map(table),
        1 => Just(nothing()),
        1 => Just(Content::Missing),
    ]
}

fn any_summary() -> impl Strategy<Value = Summary> {
    let headings = [
        KnownHeading::Allergies,
        KnownHeading::RepeatMedications,
        KnownHeading::Lifestyle,
    ];
    let section =
        (0_usize..3, any_content(), any::<bool>()).prop_map(move |(at, content, held)| Section {
            withheld: held.then(|| "Withheld".to_owned()),
            ..section(headings[at], content)
        });
    (prop::collection::vec(section, 0..5), any::<bool>()).prop_map(|(sections, held)| Summary {
        withheld: held.then(|| "Withheld".to_owned()),
        ..summary(sections)
    })
}

/// What a change says, the other way round.
fn mirrored(change: &Changed) -> Changed {
    match change {
        Changed::Missing => Changed::NoLongerMissing,
        Changed::NoLongerMissing => Changed::Missing,
        Changed::NoLongerStated(text) => Changed::Stated(text.clone()),
        Changed::Stated(text) => Changed::NoLongerStated(text.clone()),
        Changed::Removed(entry) => Changed::Added(entry.clone()),
        Changed::Added(entry) => Changed::Removed(entry.clone()),
    }
}

/// The same changes, in whatever order.
fn same_set(mut one: Vec<Change>, other: Vec<Change>) -> bool {
    one.len() == other.len()
        && other.iter().all(|change| {
            let at = one.iter().position(|candidate| candidate == change);
            at.map(|at| one.swap_remove(at)).is_some()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changed_is_nothing(summary in any_summary()) {
        prop_assert!(clinical_changes(&summary, &summary).is_empty());
    }

    #[test]
    fn there_and_back_is_the_same_mirrored(before in any_summary(), after in any_summary()) {
        let back: Vec<_> = clinical_changes(&after, &before)
            .into_iter()
            .map(|change| Change { what: mirrored(&change.what), ..change })
            .collect();
        prop_assert!(same_set(clinical_changes(&before, &after), back));
    }

    #[test]
    fn each_entry_that_is_added_is_told_once(
        before in any_summary(), at in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(),
    ) {
        let mut after = before.clone();
        let tables: Vec<_> = after
            .sections
            .iter()
            .enumerate()
            .filter(|(_, section)| matches!(section.content, Content::Table(_)))
            .map(|(at, _)| at)
            .collect();
        prop_assume!(!tables.is_empty());
        let section = &mut after.sections[tables[at.index(tables.len())]];
        let heading = section.heading.clone();
        let Content::Table(table) = &mut section.content else { unreachable!() };
        // Not between an entry and its notes.
        let places: Vec<_> = (0..=table.rows.len())
            .filter(|at| !matches!(table.rows.get(*at), Some(Row::Note(_))))
            .collect();
        table.rows.insert(places[place.index(places.len())], row(&["new", "", ""]));
        let expected = vec![Change {
            heading: Some(heading),
            what: Changed::Added(entry(&[("Date", "new")], &[])),
        }];
        prop_assert!(clinical_changes(&before, &after) == expected);
    }
}

// Adjustments.

fn by(person: &str) -> Provenance {
    Provenance {
        person: person.to_owned(),
        role: "Paramedic".to_owned(),
        organisation: "Moorside Ambulance Service".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn part_id(number: u8) -> PartId {
    PartId(Uuid::from_u128(number.into()))
}

fn part(number: u8) -> NewPart {
    let detail = if number == 1 {
        Detail::Impairment {
            impairment: ImpairmentKind::Vision,
            note: String::new(),
        }
    } else {
        Detail::Adjustment {
            category: Category::Bespoke,
            code: None,
            text: format!("Number {number}"),
            note: String::new(),
        }
    };
    NewPart {
        id: part_id(number),
        detail,
    }
}

fn create(flag: u8, parts: &[u8]) -> AdjustmentChange {
    AdjustmentChange::Create {
        flag: FlagId(Uuid::from_u128(flag.into())),
        basis: Basis::Consent,
        equality_act: true,
        parts: parts.iter().map(|number| part(*number)).collect(),
    }
}

fn add(parts: &[u8]) -> AdjustmentChange {
    AdjustmentChange::AddParts {
        parts: parts.iter().map(|number| part(*number)).collect(),
    }
}

fn remove(part: u8) -> AdjustmentChange {
    AdjustmentChange::RemovePart {
        part: part_id(part),
        reason: RemovalReason::NoLongerApplies,
        comment: "No longer".to_owned(),
    }
}

fn remove_flag() -> AdjustmentChange {
    AdjustmentChange::RemoveFlag {
        reason: RemovalReason::CreatedInError,
        comment: "Wrong patient".to_owned(),
    }
}

fn then(record: &AdjustmentRecord, changes: &[AdjustmentChange]) -> AdjustmentRecord {
    changes.iter().fold(record.clone(), |record, change| {
        record.apply(record.version, change, &by("Priya")).unwrap()
    })
}

/// In short: "+1" for a part added, "-1 Priya" for one removed and by whom, "flag" for flags.
fn told(before: &AdjustmentRecord, after: &AdjustmentRecord) -> Vec<String> {
    let by = |removal: &Option<&domain::adjustment::Removal>| {
        removal
            .map_or("unknown", |removal| removal.by.person.as_str())
            .to_owned()
    };
    differences(before, after)
        .iter()
        .map(|difference| match difference {
            Difference::FlagRemoved { flag, removal } => {
                format!("-flag {} {}", flag.id.0.as_u128(), by(removal))
            }
            Difference::FlagCreated(flag) => format!("+flag {}", flag.id.0.as_u128()),
            Difference::PartAdded(part) => format!("+{}", part.id.0.as_u128()),
            Difference::PartRemoved { part, removal } => {
                format!("-{} {}", part.id.0.as_u128(), by(removal))
            }
        })
        .collect()
}

#[test]
fn flags_and_parts_come_and_go() {
    let never = AdjustmentRecord::default();
    let first = then(&never, &[create(1, &[1, 2])]);
    let more = then(&first, &[add(&[3, 4]), remove(2), remove(4)]);
    let gone = then(&more, &[remove_flag()]);
    for (before, after, expected) in [
        (&never, &never, vec![]),
        (&never, &first, vec!["+flag 1", "+1", "+2"]),
        // What came and went in between is no difference.
        (&first, &more, vec!["-2 Priya", "+3"]),
        (&never, &more, vec!["+flag 1", "+1", "+3"]),
        (&more, &gone, vec!["-flag 1 Priya"]),
        (&never, &gone, vec![]),
        // The later one knows less: it is told all the same.
        (&more, &first, vec!["-3 unknown", "+2"]),
        (&first, &never, vec!["-flag 1 unknown"]),
    ] {
        assert_eq!(told(before, after), expected);
    }
}

#[test]
fn another_flag_is_another() {
    let first = then(&AdjustmentRecord::default(), &[create(1, &[1, 2])]);
    let mut other = create(2, &[1, 3]);
    if let AdjustmentChange::Create { parts, .. } = &mut other {
        // Names are used once.
        parts[0].id = part_id(31);
    }
    let second = then(&first, &[remove_flag(), other]);
    assert_eq!(
        told(&first, &second),
        ["-flag 1 Priya", "+flag 2", "+31", "+3"]
    );
}

proptest! {
    /// What is told, done to what held before, gives what holds after.
    #[test]
    fn the_differences_lead_from_one_to_the_other(picks in prop::collection::vec((any::<bool>(), 0_u8..20), 0..12), cut in 0_usize..12) {
        let mut records = vec![then(&AdjustmentRecord::default(), &[create(1, &[1, 2])])];
        for (removes, pick) in picks {
            let last = records.last().unwrap();
            let change = if removes { remove(pick) } else { add(&[pick.max(3)]) };
            if let Ok(next) = last.apply(last.version, &change, &by("Priya")) {
                records.push(next);
            }
        }
        let before = &records[cut.min(records.len() - 1)];
        let after = records.last().unwrap();
        let holds = |record: &AdjustmentRecord| -> BTreeSet<PartId> {
            record.current.iter().flat_map(|flag| flag.current_parts()).map(|part| part.id).collect()
        };
        let mut led = holds(before);
        for difference in differences(before, after) {
            match difference {
                Difference::PartAdded(part) => prop_assert!(led.insert(part.id)),
                Difference::PartRemoved { part, removal } => {
                    prop_assert!(led.remove(&part.id));
                    prop_assert!(removal.is_some());
                }
                Difference::FlagCreated(_) | Difference::FlagRemoved { .. } => prop_assert!(false, "one flag"),
            }
        }
        prop_assert_eq!(led, holds(after));
    }
}
