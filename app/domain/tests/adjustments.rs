//! The reasonable adjustment flag: every sequence of commands keeps what the record promises.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::adjustment::{
    AdjustmentChange, AdjustmentRecord, Basis, Category, Detail, Flag, ImpairmentKind,
    LONGEST_TEXT, NewPart, Part, Provenance, Refusal, RemovalReason, catalogue, conditions,
};
use domain::ids::{FlagId, PartId};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

fn part_id(number: u8) -> PartId {
    PartId(Uuid::from_u128(0x100 + u128::from(number)))
}

fn flag_id(number: u8) -> FlagId {
    FlagId(Uuid::from_u128(0x200 + u128::from(number)))
}

fn by(second: i64) -> Provenance {
    Provenance {
        person: "Priya Nair".to_owned(),
        role: "Paramedic".to_owned(),
        organisation: "Moorside Ambulance Service".to_owned(),
        at: Timestamp::from_second(1_795_000_000 + second).unwrap(),
    }
}

fn impairment(impairment: ImpairmentKind, note: &str) -> Detail {
    Detail::Impairment {
        impairment,
        note: note.to_owned(),
    }
}

fn condition(name: &str, code: Option<&str>) -> Detail {
    Detail::Condition {
        name: name.to_owned(),
        code: code.map(str::to_owned),
    }
}

fn listed(code: &str, category: Category, note: &str) -> Detail {
    Detail::Adjustment {
        category,
        code: Some(code.to_owned()),
        text: catalogue::by_code(code).unwrap().display.to_owned(),
        note: note.to_owned(),
    }
}

fn bespoke(text: &str) -> Detail {
    Detail::Adjustment {
        category: Category::Bespoke,
        code: None,
        text: text.to_owned(),
        note: String::new(),
    }
}

/// Valid details, each with what it says: those of one number say the same and may not stand on a
/// flag together.
fn details() -> Vec<(u8, Detail)> {
    vec![
        (0, impairment(ImpairmentKind::Vision, "")),
        (0, impairment(ImpairmentKind::Vision, "Left eye")),
        (1, impairment(ImpairmentKind::Hearing, "")),
        (2, impairment(ImpairmentKind::Other, "Speech")),
        (2, impairment(ImpairmentKind::Other, " speech ")),
        (3, impairment(ImpairmentKind::Other, "Smell")),
        (4, condition("Autism", Some("35919005"))),
        (4, condition("autism ", None)),
        (5, condition("A rare condition", None)),
        (6, listed("1108171000000102", Category::IndividualCare, "")),
        (
            6,
            listed(
                "1108171000000102",
                Category::IndividualCare,
                "Twenty minutes",
            ),
        ),
        (
            7,
            listed("862731000000105", Category::AdditionalSupport, ""),
        ),
        (7, listed("862731000000105", Category::Environment, "")),
        (8, bespoke("Meet her at the door")),
        (8, bespoke("meet her at the DOOR")),
        (9, bespoke("Ask her sister first")),
    ]
}

/// What is asked for; numbers choose among names and details.
#[derive(Clone, Debug)]
enum Ask {
    Create {
        flag: u8,
        equality_act: bool,
        parts: Vec<(u8, usize)>,
    },
    Add {
        parts: Vec<(u8, usize)>,
    },
    RemovePart {
        part: u8,
        comment: bool,
    },
    RemoveFlag {
        comment: bool,
    },
}

fn parts(sizes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(u8, usize)>> {
    prop::collection::vec((0_u8..24, 0..details().len()), sizes)
}

/// An impairment and an adjustment, so that creating often succeeds, and more.
fn parts_to_create() -> impl Strategy<Value = Vec<(u8, usize)>> {
    (0_u8..24, 0_usize..6, 0_u8..24, 9_usize..16, parts(0..3)).prop_map(
        |(a, impairment, b, adjustment, mut more)| {
            more.extend([(a, impairment), (b, adjustment)]);
            more
        },
    )
}

fn ask() -> impl Strategy<Value = Ask> {
    let sure = || prop::bool::weighted(0.9);
    prop_oneof![
        3 => (0_u8..6, sure(), prop_oneof![4 => parts_to_create(), 1 => parts(0..3)])
            .prop_map(|(flag, equality_act, parts)| Ask::Create { flag, equality_act, parts }),
        4 => parts(0..3).prop_map(|parts| Ask::Add { parts }),
        4 => (0_u8..24, sure()).prop_map(|(part, comment)| Ask::RemovePart { part, comment }),
        1 => sure().prop_map(|comment| Ask::RemoveFlag { comment }),
    ]
}

/// How far the base is from the record's version: mostly not at all.
fn offset() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(0_i64), 1 => -3_i64..4]
}

fn change(ask: &Ask) -> AdjustmentChange {
    let all = details();
    let new = |parts: &[(u8, usize)]| -> Vec<NewPart> {
        parts
            .iter()
            .map(|(id, detail)| NewPart {
                id: part_id(*id),
                detail: all.get(*detail).unwrap().1.clone(),
            })
            .collect()
    };
    let comment = |given: bool| {
        if given {
            " No longer needed ".to_owned()
        } else {
            " ".to_owned()
        }
    };
    let reason = RemovalReason::NoLongerApplies;
    match ask {
        Ask::Create {
            flag,
            equality_act,
            parts,
        } => AdjustmentChange::Create {
            flag: flag_id(*flag),
            basis: Basis::Consent,
            equality_act: *equality_act,
            parts: new(parts),
        },
        Ask::Add { parts } => AdjustmentChange::AddParts { parts: new(parts) },
        Ask::RemovePart {
            part,
            comment: given,
        } => AdjustmentChange::RemovePart {
            part: part_id(*part),
            reason,
            comment: comment(*given),
        },
        Ask::RemoveFlag { comment: given } => AdjustmentChange::RemoveFlag {
            reason,
            comment: comment(*given),
        },
    }
}

/// The record as simply as it can be told.
#[derive(Clone, Debug, Default)]
struct Model {
    version: u64,
    /// Names and numbers of what was said, for the parts of the current flag, and whether they hold.
    current: Option<Vec<(u8, u8, bool)>>,
    flags_used: Vec<u8>,
    parts_used: Vec<u8>,
    earlier: usize,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Done,
    Stale,
    Invalid,
}

impl Model {
    fn add(&mut self, parts: &[(u8, usize)]) -> bool {
        let all = details();
        for (id, detail) in parts {
            let says = all.get(*detail).unwrap().0;
            let current = self.current.get_or_insert_default();
            if self.parts_used.contains(id)
                || current
                    .iter()
                    .any(|(_, said, holds)| *said == says && *holds)
            {
                return false;
            }
            current.push((*id, says, true));
            self.parts_used.push(*id);
        }
        true
    }

    /// What becomes of it; the model changes only where it is done.
    fn apply(&mut self, base: u64, ask: &Ask) -> Outcome {
        if base != self.version {
            return Outcome::Stale;
        }
        let mut next = self.clone();
        let done = match ask {
            Ask::Create {
                flag,
                equality_act,
                parts,
            } => {
                let complete = *equality_act
                    && parts.iter().any(|(_, detail)| *detail < 6)
                    && parts.iter().any(|(_, detail)| *detail >= 9);
                if complete && self.current.is_some() {
                    return Outcome::Stale;
                }
                next.current = Some(Vec::new());
                let fresh = !next.flags_used.contains(flag);
                next.flags_used.push(*flag);
                complete && fresh && next.add(parts)
            }
            Ask::Add { parts } => !parts.is_empty() && self.current.is_some() && next.add(parts),
            Ask::RemovePart { part, comment } => {
                let found = next
                    .current
                    .iter_mut()
                    .flatten()
                    .find(|(id, _, holds)| id == part && *holds);
                match found {
                    Some((_, _, holds)) if *comment => {
                        *holds = false;
                        true
                    }
                    _ => false,
                }
            }
            Ask::RemoveFlag { comment } => {
                next.earlier += 1;
                next.current.take().is_some() && *comment
            }
        };
        if !done {
            return Outcome::Invalid;
        }
        next.version += 1;
        *self = next;
        Outcome::Done
    }
}

fn flags(record: &AdjustmentRecord) -> impl Iterator<Item = &Flag> {
    record.earlier.iter().chain(&record.current)
}

/// A part after a change: all that was recorded stands, and what was removed stays removed.
fn still_there(before: &Part, after: &Part) -> bool {
    before.id == after.id
        && before.detail == after.detail
        && before.recorded == after.recorded
        && (before.removed.is_none() || before.removed == after.removed)
}

fn nothing_vanished(before: &AdjustmentRecord, after: &AdjustmentRecord) {
    assert!(
        after.earlier.starts_with(&before.earlier),
        "an earlier flag changed"
    );
    for old in flags(before) {
        let new = flags(after).find(|flag| flag.id == old.id).unwrap();
        assert_eq!((old.basis, &old.recorded), (new.basis, &new.recorded));
        assert!(new.parts.len() >= old.parts.len());
        assert!(
            old.parts
                .iter()
                .zip(&new.parts)
                .all(|(old, new)| still_there(old, new))
        );
    }
}

fn is_sound(record: &AdjustmentRecord) {
    if let Some(flag) = &record.current {
        assert_eq!(flag.removed, None);
    }
    for flag in &record.earlier {
        assert!(flag.removed.is_some());
        assert_eq!(
            flag.current_parts().count(),
            0,
            "removing a flag removes all its parts"
        );
    }
    for flag in flags(record) {
        assert_eq!(
            flag.current_parts().count() + flag.removed_parts().count(),
            flag.parts.len()
        );
        for removal in flag
            .parts
            .iter()
            .filter_map(|part| part.removed.as_ref())
            .chain(&flag.removed)
        {
            assert_eq!(removal.comment, "No longer needed");
        }
    }
    let mut ids: Vec<PartId> = flags(record)
        .flat_map(|flag| &flag.parts)
        .map(|part| part.id)
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "a name of a part was used twice");
    let json = serde_json::to_string(record).unwrap();
    assert_eq!(
        &serde_json::from_str::<AdjustmentRecord>(&json).unwrap(),
        record
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_commands_goes_as_the_model_says(asks in prop::collection::vec((ask(), offset()), 1..40)) {
        let mut record = AdjustmentRecord::default();
        let mut model = Model::default();
        for (second, (ask, offset)) in asks.iter().enumerate() {
            let base = model.version.saturating_add_signed(*offset);
            let expected = model.apply(base, ask);
            let recorder = by(i64::try_from(second).unwrap());
            let before = record.clone();
            match record.apply(base, &change(ask), &recorder) {
                Ok(next) => {
                    prop_assert_eq!(expected, Outcome::Done, "{:?}", ask);
                    prop_assert_eq!(next.version, before.version + 1);
                    nothing_vanished(&before, &next);
                    is_sound(&next);
                    record = next;
                }
                Err(refusal) => {
                    prop_assert_eq!(&record, &before, "a refused change changed something");
                    let outcome = match &refusal {
                        Refusal::Stale => Outcome::Stale,
                        Refusal::Invalid(problems) => {
                            prop_assert!(!problems.is_empty());
                            Outcome::Invalid
                        }
                    };
                    prop_assert_eq!(outcome, expected, "{:?}: {:?}", ask, refusal);
                }
            }
            prop_assert_eq!(record.version, model.version);
            prop_assert_eq!(record.earlier.len(), model.earlier);
            let holding = |parts: &[(u8, u8, bool)]| -> Vec<PartId> {
                parts.iter().filter(|(_, _, holds)| *holds).map(|(id, _, _)| part_id(*id)).collect()
            };
            prop_assert_eq!(
                record.current.as_ref().map(|flag| flag.current_parts().map(|part| part.id).collect::<Vec<_>>()),
                model.current.as_deref().map(holding)
            );
        }
    }

    #[test]
    fn a_stale_base_is_told_before_anything_else(ask in ask(), version in 0_u64..9, base in 0_u64..9) {
        prop_assume!(version != base);
        let record = AdjustmentRecord { version, ..AdjustmentRecord::default() };
        prop_assert_eq!(record.apply(base, &change(&ask), &by(0)), Err(Refusal::Stale));
    }

    #[test]
    fn the_same_command_again_is_stale(parts in parts_to_create()) {
        let create = change(&Ask::Create { flag: 0, equality_act: true, parts });
        if let Ok(record) = AdjustmentRecord::default().apply(0, &create, &by(0)) {
            prop_assert_eq!(record.apply(0, &create, &by(1)), Err(Refusal::Stale));
            // With the new version, too: the person did not know that there is a flag.
            prop_assert_eq!(record.apply(1, &create, &by(1)), Err(Refusal::Stale));
        }
    }

    #[test]
    fn every_term_can_be_recorded_in_each_of_its_categories(at in 0_usize..347) {
        let term = catalogue::all()[at];
        let detail = |category, text: &str| Detail::Adjustment {
            category,
            code: Some(term.code.to_owned()),
            text: text.to_owned(),
            note: String::new(),
        };
        prop_assert_eq!(detail(term.category, term.display).problems("parts"), []);
        prop_assert_eq!(detail(Category::Bespoke, term.display).problems("parts").len(), 1);
        prop_assert_eq!(detail(term.category, "Something else").problems("parts").len(), 1);
    }
}

fn problem_fields(change: &AdjustmentChange) -> Vec<String> {
    change
        .problems()
        .into_iter()
        .map(|problem| problem.field)
        .collect()
}

#[test]
fn an_empty_form_says_all_that_is_missing() {
    let create = AdjustmentChange::Create {
        flag: flag_id(0),
        basis: Basis::Consent,
        equality_act: false,
        parts: Vec::new(),
    };
    assert_eq!(
        problem_fields(&create),
        ["equality-act", "impairments", "adjustments"]
    );
    assert_eq!(
        problem_fields(&AdjustmentChange::AddParts { parts: Vec::new() }),
        ["parts"]
    );
    let (reason, comment) = (RemovalReason::CreatedInError, String::new());
    assert_eq!(
        problem_fields(&AdjustmentChange::RemoveFlag {
            reason,
            comment: comment.clone()
        }),
        ["comment"]
    );
    assert_eq!(
        problem_fields(&AdjustmentChange::RemovePart {
            part: part_id(0),
            reason,
            comment
        }),
        ["comment"]
    );
}

#[test]
fn every_listed_condition_can_be_recorded() {
    for known in conditions::all() {
        assert_eq!(
            condition(known.name, Some(known.code)).problems("parts"),
            []
        );
    }
}

#[test]
fn details_that_are_refused() {
    let long = "é".repeat(LONGEST_TEXT + 1);
    let refused = [
        impairment(ImpairmentKind::Other, " "),
        impairment(ImpairmentKind::Vision, &long),
        condition(" ", None),
        condition(&long, None),
        condition("Autism", Some("52448006")),
        condition("Something else", Some("35919005")),
        condition("A rare condition", Some("404684003")),
        bespoke(" "),
        bespoke(&long),
        // The national list's misprint is understood in what others send, but not recorded.
        listed("1082551000000100", Category::InformationFormat, ""),
        listed("404903008", Category::Environment, ""),
        listed("404903008", Category::CommunicationSupport, &long),
    ];
    for detail in refused {
        let problems = detail.problems("parts");
        assert_eq!(problems.len(), 1, "{detail:?}");
        assert!(problems.iter().all(|problem| problem.field == "parts"));
    }
    let longest = "é".repeat(LONGEST_TEXT);
    for detail in [
        impairment(ImpairmentKind::Other, &longest),
        condition(&longest, None),
        bespoke(&longest),
    ] {
        assert_eq!(detail.problems("parts"), []);
    }
}

#[test]
fn a_part_that_was_removed_can_be_added_again_under_a_new_name() {
    let create = change(&Ask::Create {
        flag: 0,
        equality_act: true,
        parts: vec![(0, 0), (1, 9)],
    });
    let record = AdjustmentRecord::default()
        .apply(0, &create, &by(0))
        .unwrap();
    let remove = change(&Ask::RemovePart {
        part: 0,
        comment: true,
    });
    let record = record.apply(1, &remove, &by(1)).unwrap();
    let again = |id| {
        change(&Ask::Add {
            parts: vec![(id, 0)],
        })
    };
    let Err(Refusal::Invalid(_)) = record.apply(2, &again(0), &by(2)) else {
        panic!("the old name was taken");
    };
    let record = record.apply(2, &again(2), &by(2)).unwrap();
    let flag = record.current.unwrap();
    assert_eq!(
        flag.parts.iter().map(|part| part.id).collect::<Vec<_>>(),
        [0, 1, 2].map(part_id)
    );
    assert_eq!(
        flag.removed_parts().map(|part| part.id).collect::<Vec<_>>(),
        [part_id(0)]
    );
}

#[test]
fn what_leaves_nothing_on_the_flag_is_known_before_it_is_done() {
    let part = |number| NewPart {
        id: part_id(number),
        detail: bespoke(&format!("Need {number}")),
    };
    let remove = |number| AdjustmentChange::RemovePart {
        part: part_id(number),
        reason: RemovalReason::NoLongerApplies,
        comment: "Asked today".to_owned(),
    };
    let whole = AdjustmentChange::RemoveFlag {
        reason: RemovalReason::NoLongerApplies,
        comment: "Asked today".to_owned(),
    };
    let none = AdjustmentRecord::default();
    assert!(!remove(1).empties(&none) && !whole.empties(&none));
    let create = AdjustmentChange::Create {
        flag: flag_id(1),
        basis: Basis::Consent,
        equality_act: true,
        parts: vec![
            NewPart {
                id: part_id(1),
                detail: impairment(ImpairmentKind::Hearing, ""),
            },
            part(2),
        ],
    };
    let two = none.apply(0, &create, &by(1)).unwrap();
    assert!(!remove(1).empties(&two) && !remove(2).empties(&two) && whole.empties(&two));
    let one = two.apply(1, &remove(1), &by(2)).unwrap();
    assert!(remove(2).empties(&one) && whole.empties(&one));
    // What is struck already, or was never there, takes nothing away.
    assert!(!remove(1).empties(&one) && !remove(3).empties(&one));
    let add = AdjustmentChange::AddParts {
        parts: vec![part(3)],
    };
    assert!(!add.empties(&one));
    assert!(!remove(2).empties(&one.apply(2, &add, &by(3)).unwrap()));
}
