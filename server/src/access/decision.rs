//! The standing table of decisions: who may do what with a patient's record. It is pure, and each
//! rule says in a sentence what it asks for, so that a privacy officer can read it.
//!
//! Rules are asked in their order, and the first that refuses is the answer. A rule is asked only of
//! the acts that it is for:
//!
//! | rule                     | find | open | read | ask | summary: agreed, standing | emergency | legal | said no | flag: change | remove a part  | remove | visit: list | take |
//! |--------------------------|------|------|------|-----|---------------------------|-----------|-------|---------|--------------|----------------|--------|-------------|------|
//! | role                     | yes  | yes  | yes  | yes | yes                       | yes       | yes   | yes     | yes          | yes            | yes    | yes         | yes  |
//! | find a patient           | *    | yes  | yes  | yes | yes                       | yes       | yes   | yes     | yes          | yes            | yes    | yes         | yes  |
//! | organisation ready       | yes  | yes  | yes  | yes | yes                       | yes       | yes   | yes     | yes          | yes            | yes    | yes         | yes  |
//! | patient                  |      |      | yes  | yes | yes                       | yes       | yes   | yes     | yes          | yes            | yes    |             | yes  |
//! | view summaries           |      |      |      | yes | yes                       | yes       | yes   | yes     |              |                |        |             |      |
//! | care setting             |      |      |      | yes | yes                       | yes       | yes   | yes     |              |                |        |             |      |
//! | ready for summaries      |      |      |      | yes | yes                       | yes       | yes   | yes     |              |                |        |             |      |
//! | emergency access         |      |      |      |     |                           | yes       |       |         |              |                |        |             |      |
//! | legal override           |      |      |      |     |                           |           | yes   |         |              |                |        |             |      |
//! | change flags             |      |      |      |     |                           |           |       |         | yes          | yes            | yes    |             |      |
//! | read flags               |      |      |      |     |                           |           |       |         | yes          | yes            | yes    |             |      |
//! | fingerprint              |      |      |      |     |                           | yes       | yes   |         |              | the last one ‡ | yes    |             |      |
//! | kept on devices          |      |      |      |     |                           |           |       |         |              |                |        |             | yes  |
//! | not restricted           |      |      |      |     | yes                       | yes       | yes   |         | †            | †              | †      |             | yes  |
//! | the patient's own choice |      |      |      |     | yes                       | yes       |       |         |              |                |        |             |      |
//! | there is a summary       |      |      |      |     | yes                       | yes       | yes   |         |              |                |        |             |      |
//! | earlier permission       |      |      |      |     | standing only             |           |       |         |              |                |        |             |      |
//!
//! \* B0098 for a search by postcode. † Only for a change that was made on a saved copy. ‡ Where nothing
//! would be left on the flag: that is to remove it.
//!
//! What is not known yet refuses nothing, and allows nothing either: see [`Decision::Unknown`].

use crate::audit::Ground;
use app::problem::Kind;
use domain::permission::{Availability, Closed, PermissionAnswer};
use domain::readiness::Closures;
use domain::role::{Activity, RoleAssignment};

/// How the permission question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The patient agreed, now.
    Agreed,
    /// The patient agreed earlier.
    Standing,
    /// Nobody can be asked.
    Emergency,
    /// The law lets the person look.
    Legal,
    /// The patient said no.
    Declined,
}

impl From<&PermissionAnswer> for Answer {
    fn from(answer: &PermissionAnswer) -> Self {
        match answer {
            PermissionAnswer::Agreed { .. } => Self::Agreed,
            PermissionAnswer::Standing => Self::Standing,
            PermissionAnswer::Emergency { .. } => Self::Emergency,
            PermissionAnswer::Legal { .. } => Self::Legal,
            PermissionAnswer::Declined => Self::Declined,
        }
    }
}

/// What someone wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Search, in a way that needs that activity.
    Find(Activity),
    /// Choose a patient.
    Open,
    /// Read the overview, the details or that there is a flag.
    Read,
    /// Ask whether there is a summary.
    Ask,
    /// Answer the permission question, and with it open the summary.
    Summary(Answer),
    /// Change a flag; on a saved copy, where that is so.
    ChangeFlag {
        /// It was made without the service, on a copy that a device had saved.
        saved: bool,
    },
    /// Remove a part of a flag.
    RemovePart {
        /// As for a change.
        saved: bool,
    },
    /// Remove a whole flag.
    RemoveFlag {
        /// As for a change.
        saved: bool,
    },
    /// See the visit list.
    Visits,
    /// Put a patient on the list, or take what a device may keep of them.
    TakeAlong,
}

/// Something that has to be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// What is closed to the organisation, because it has not shown what it has to.
    Readiness,
    /// Whether the patient was chosen.
    Patient,
    /// Whether devices may keep records.
    Devices,
    /// Whether anything would be left on the flag.
    LastPart,
    /// Whether the patient is restricted.
    Restricted,
    /// Whether there is a summary that may be shown.
    Availability,
    /// Whether an earlier permission holds.
    Standing,
}

/// What is known of a request. `None`: not yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The role of the session, which has not ended.
    pub role: Option<&'a RoleAssignment>,
    /// A fingerprint was given in the session in the last two minutes.
    pub fingerprint: bool,
    /// What is closed to the organisation of the role, because it has not shown what it has to.
    pub closures: Option<Closures>,
    /// The patient was chosen by this person in this role: in this session and tab, and not too long
    /// ago, except for a change that is delivered late.
    pub patient: Option<bool>,
    /// The organisation lets devices keep records.
    pub devices: Option<bool>,
    /// Nothing would be left on the flag, as it stands now.
    pub last_part: Option<bool>,
    /// The patient is restricted.
    pub restricted: Option<bool>,
    /// Whether there is a summary that may be shown.
    pub availability: Option<Availability>,
    /// An earlier permission holds.
    pub standing: Option<bool>,
}

/// The decision, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be done, on that ground. A patient's no gives none.
    Allowed(Option<Ground>),
    /// It may not: by that rule.
    Refused(&'static Rule, Kind),
    /// Nothing refuses it so far, and this has to be found out first.
    Unknown(Fact),
}

/// What one rule says of what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Passes,
    Refuses(Kind),
    Unknown(Fact),
}

/// One rule of the table.
pub struct Rule {
    /// Its name in the table.
    pub name: &'static str,
    /// What it asks for.
    pub says: &'static str,
    applies: fn(Act) -> bool,
    test: fn(Act, &Facts<'_>) -> Test,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

fn when(passes: bool, otherwise: Kind) -> Test {
    if passes {
        Test::Passes
    } else {
        Test::Refuses(otherwise)
    }
}

fn known(fact: Option<bool>, which: Fact, otherwise: Kind) -> Test {
    match fact {
        None => Test::Unknown(which),
        Some(passes) => when(passes, otherwise),
    }
}

fn ready(facts: &Facts<'_>, closed: fn(Closures) -> Option<Kind>) -> Test {
    match facts.closures {
        None => Test::Unknown(Fact::Readiness),
        Some(closures) => closed(closures).map_or(Test::Passes, Test::Refuses),
    }
}

fn includes(facts: &Facts<'_>, activity: Activity) -> Test {
    let includes = facts.role.is_some_and(|role| role.allows(activity));
    when(includes, Kind::RoleForbids(activity))
}

fn about_summary(act: Act) -> bool {
    matches!(act, Act::Ask | Act::Summary(_))
}

fn opens_summary(act: Act) -> bool {
    matches!(
        act,
        Act::Summary(Answer::Agreed | Answer::Standing | Answer::Emergency | Answer::Legal)
    )
}

fn changes_flag(act: Act) -> bool {
    matches!(
        act,
        Act::ChangeFlag { .. } | Act::RemovePart { .. } | Act::RemoveFlag { .. }
    )
}

/// Of a summary that may not be shown: by the patient's choice, or because there is none.
fn available(facts: &Facts<'_>, refused: Availability, closed: Closed) -> Test {
    match facts.availability {
        None => Test::Unknown(Fact::Availability),
        Some(there) => when(there != refused, Kind::SummaryClosed(closed)),
    }
}

/// Every rule, in the order in which they are asked.
pub static RULES: &[Rule] = &[
    Rule {
        name: "role",
        says: "The person has chosen a role that has not been ended.",
        applies: |_| true,
        test: |_, facts| when(facts.role.is_some(), Kind::NoRole),
    },
    Rule {
        name: "find a patient",
        says: "The role includes finding a patient (B0264), or searching by postcode (B0098) for that.",
        applies: |_| true,
        test: |act, facts| match act {
            Act::Find(activity) => includes(facts, activity),
            Act::Open
            | Act::Read
            | Act::Ask
            | Act::Summary(_)
            | Act::ChangeFlag { .. }
            | Act::RemovePart { .. }
            | Act::RemoveFlag { .. }
            | Act::Visits
            | Act::TakeAlong => includes(facts, Activity::FindPatient),
        },
    },
    Rule {
        name: "organisation ready",
        says: "The organisation has shown what opens records to it: ODS code, approved PDS access form, DSPT in date or expired no more than 60 days ago, and access methods.",
        applies: |_| true,
        test: |_, facts| ready(facts, |closures| closures.records.map(Kind::NotReady)),
    },
    Rule {
        name: "patient",
        says: "The person chose this patient, in this role: in this session and tab in the last 30 minutes, or, for a visit or a change that is delivered late, earlier.",
        applies: |act| {
            matches!(act, Act::Read | Act::TakeAlong) || about_summary(act) || changes_flag(act)
        },
        test: |act, facts| {
            let otherwise = if act == Act::TakeAlong || changes_flag(act) {
                Kind::NotFound
            } else {
                Kind::ContextClosed
            };
            known(facts.patient, Fact::Patient, otherwise)
        },
    },
    Rule {
        name: "view summaries",
        says: "The role includes viewing Summary Care Records (B0370).",
        applies: about_summary,
        test: |_, facts| includes(facts, Activity::ViewSummary),
    },
    Rule {
        name: "care setting",
        says: "The care setting of the organisation is approved for Summary Care Records.",
        applies: about_summary,
        test: |_, facts| {
            let approved = facts
                .role
                .is_some_and(|role| role.organisation.setting.approved_for_summary());
            when(approved, Kind::SummaryClosed(Closed::Setting))
        },
    },
    Rule {
        name: "ready for summaries",
        says: "The organisation has shown what opens Summary Care Records to it: the approval for its care setting, and a privacy officer.",
        applies: about_summary,
        test: |_, facts| {
            ready(facts, |closures| {
                let closed = closures.summaries.map(Closed::NotReady);
                closed.map(Kind::SummaryClosed)
            })
        },
    },
    Rule {
        name: "emergency access",
        says: "Where nobody can be asked, the role includes emergency access (B0168).",
        applies: |act| act == Act::Summary(Answer::Emergency),
        test: |_, facts| includes(facts, Activity::EmergencyAccess),
    },
    Rule {
        name: "legal override",
        says: "Where the law lets someone look without the patient's agreement, the role includes that (B0082).",
        applies: |act| act == Act::Summary(Answer::Legal),
        test: |_, facts| includes(facts, Activity::LegalOverride),
    },
    Rule {
        name: "change flags",
        says: "The role includes adding and removing reasonable adjustments (B0380).",
        applies: changes_flag,
        test: |_, facts| includes(facts, Activity::ManageAdjustments),
    },
    Rule {
        name: "read flags",
        says: "The role includes the detail of reasonable adjustments (B0257), as the answer to a change shows it.",
        applies: changes_flag,
        test: |_, facts| includes(facts, Activity::ViewAdjustments),
    },
    Rule {
        name: "fingerprint",
        says: "For emergency access, to look on a legal ground, and to remove a whole flag or the last part of one, the person gave their fingerprint in the last 2 minutes.",
        applies: |act| {
            matches!(
                act,
                Act::Summary(Answer::Emergency | Answer::Legal)
                    | Act::RemovePart { .. }
                    | Act::RemoveFlag { .. }
            )
        },
        test: |act, facts| match (act, facts.last_part) {
            (Act::RemovePart { .. }, Some(false)) => Test::Passes,
            (Act::RemovePart { .. }, None) if !facts.fingerprint => Test::Unknown(Fact::LastPart),
            _ => when(facts.fingerprint, Kind::StepUp),
        },
    },
    Rule {
        name: "kept on devices",
        says: "The organisation lets its devices keep records.",
        applies: |act| act == Act::TakeAlong,
        test: |_, facts| known(facts.devices, Fact::Devices, Kind::StaysOnline),
    },
    Rule {
        name: "not restricted",
        says: "A restricted record has no summary and never goes onto a device.",
        applies: |act| {
            let on_device = matches!(
                act,
                Act::TakeAlong
                    | Act::ChangeFlag { saved: true }
                    | Act::RemovePart { saved: true }
                    | Act::RemoveFlag { saved: true }
            );
            on_device || opens_summary(act)
        },
        test: |act, facts| {
            let otherwise = if opens_summary(act) {
                Kind::SummaryClosed(Closed::Restricted)
            } else {
                Kind::StaysOnline
            };
            let open = facts.restricted.map(|restricted| !restricted);
            known(open, Fact::Restricted, otherwise)
        },
    },
    Rule {
        name: "the patient's own choice",
        says: "The patient has not opted out of having a summary. An emergency does not change that, only the law does.",
        applies: |act| opens_summary(act) && act != Act::Summary(Answer::Legal),
        test: |_, facts| available(facts, Availability::OptedOut, Closed::OptedOut),
    },
    Rule {
        name: "there is a summary",
        says: "The patient has a summary.",
        applies: opens_summary,
        test: |_, facts| match facts.availability {
            // Known here only where it was known above.
            Some(Availability::Restricted) => {
                Test::Refuses(Kind::SummaryClosed(Closed::Restricted))
            }
            _ => available(facts, Availability::NoSummary, Closed::NoSummary),
        },
    },
    Rule {
        name: "earlier permission",
        says: "Where the patient agreed earlier, that still holds for this person or their team.",
        applies: |act| act == Act::Summary(Answer::Standing),
        test: |_, facts| {
            let message = "The earlier permission no longer holds: ask the patient again";
            let again = domain::FieldError::new("answer", message);
            known(facts.standing, Fact::Standing, Kind::Invalid(vec![again]))
        },
    },
];

/// Decides, by the table.
pub fn decide(act: Act, facts: &Facts<'_>) -> Decision {
    for rule in RULES.iter().filter(|rule| (rule.applies)(act)) {
        match (rule.test)(act, facts) {
            Test::Passes => {}
            Test::Refuses(kind) => return Decision::Refused(rule, kind),
            Test::Unknown(fact) => return Decision::Unknown(fact),
        }
    }
    Decision::Allowed(ground(act))
}

fn ground(act: Act) -> Option<Ground> {
    match act {
        Act::Summary(Answer::Agreed) => Some(Ground::Agreed),
        Act::Summary(Answer::Standing) => Some(Ground::Standing),
        Act::Summary(Answer::Emergency) => Some(Ground::Emergency),
        Act::Summary(Answer::Legal) => Some(Ground::Legal),
        Act::Summary(Answer::Declined) => None,
        Act::Find(_)
        | Act::Open
        | Act::Read
        | Act::Ask
        | Act::ChangeFlag { .. }
        | Act::RemovePart { .. }
        | Act::RemoveFlag { .. }
        | Act::Visits
        | Act::TakeAlong => Some(Ground::Role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::demo_staff;
    use domain::readiness::{Lack, Missing, Step};
    use domain::role::CareSetting;
    use std::collections::{BTreeMap, BTreeSet};

    const ACTS: [Act; 18] = [
        Act::Find(Activity::FindPatient),
        Act::Find(Activity::PostcodeSearch),
        Act::Open,
        Act::Read,
        Act::Ask,
        Act::Summary(Answer::Agreed),
        Act::Summary(Answer::Standing),
        Act::Summary(Answer::Emergency),
        Act::Summary(Answer::Legal),
        Act::Summary(Answer::Declined),
        Act::ChangeFlag { saved: false },
        Act::ChangeFlag { saved: true },
        Act::RemovePart { saved: false },
        Act::RemovePart { saved: true },
        Act::RemoveFlag { saved: false },
        Act::RemoveFlag { saved: true },
        Act::Visits,
        Act::TakeAlong,
    ];

    const CONCERNED: [Activity; 7] = [
        Activity::FindPatient,
        Activity::PostcodeSearch,
        Activity::ViewSummary,
        Activity::EmergencyAccess,
        Activity::LegalOverride,
        Activity::ViewAdjustments,
        Activity::ManageAdjustments,
    ];

    const SETTINGS: [CareSetting; 2] = [CareSetting::Ambulance, CareSetting::Dentistry];

    /// Every role that differs in what the table asks for, and none.
    fn roles() -> Vec<Option<RoleAssignment>> {
        let one = demo_staff()[0].roles[0].clone();
        let mut roles = vec![None];
        for bits in 0..1_u32 << CONCERNED.len() {
            for setting in SETTINGS {
                let mut role = one.clone();
                role.organisation.setting = setting;
                role.activities = (0..)
                    .zip(CONCERNED)
                    .filter(|(bit, _)| bits & (1 << bit) != 0)
                    .map(|(_, activity)| activity)
                    .collect();
                roles.push(Some(role));
            }
        }
        roles
    }

    /// Nothing known of the organisation, everything closed, summaries closed, nothing closed.
    fn organisations() -> [Option<Closures>; 4] {
        let missing = |step| {
            Some(Missing {
                step,
                lack: Lack::NotStarted,
            })
        };
        let [records, summaries] = [missing(Step::PdsForm), missing(Step::PrivacyOfficer)];
        [
            None,
            Some(Closures {
                records,
                summaries: records,
            }),
            Some(Closures {
                records: None,
                summaries,
            }),
            Some(Closures::default()),
        ]
    }

    /// Every combination of what may be known.
    fn each(mut look: impl FnMut(Act, &Facts<'_>)) {
        let known = [None, Some(false), Some(true)];
        let availabilities = [
            None,
            Some(Availability::Exists),
            Some(Availability::NoSummary),
            Some(Availability::OptedOut),
            Some(Availability::Restricted),
        ];
        let roles = roles();
        for role in &roles {
            for closures in organisations() {
                for patient in known {
                    for devices in known {
                        for restricted in known {
                            for availability in availabilities {
                                for standing in known {
                                    for fingerprint in [false, true] {
                                        let facts = Facts {
                                            role: role.as_ref(),
                                            fingerprint,
                                            closures,
                                            patient,
                                            devices,
                                            last_part: None,
                                            restricted,
                                            availability,
                                            standing,
                                        };
                                        for act in ACTS {
                                            look(act, &facts);
                                            // Asked of nothing else.
                                            if matches!(act, Act::RemovePart { .. }) {
                                                for last in [false, true] {
                                                    let last_part = Some(last);
                                                    look(act, &Facts { last_part, ..facts });
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What the table above says, written a second time and another way.
    fn may(act: Act, facts: &Facts<'_>) -> bool {
        let Some(role) = facts.role else { return false };
        let Some(closures) = facts.closures else {
            return false;
        };
        if closures.records.is_some() {
            return false;
        }
        let has = |activity| role.allows(activity);
        let chosen = facts.patient == Some(true);
        let summary = has(Activity::FindPatient)
            && chosen
            && has(Activity::ViewSummary)
            && role.organisation.setting.approved_for_summary()
            && closures.summaries.is_none();
        let there = summary
            && facts.restricted == Some(false)
            && facts.availability == Some(Availability::Exists);
        let change = |saved: bool| {
            has(Activity::FindPatient)
                && chosen
                && has(Activity::ManageAdjustments)
                && has(Activity::ViewAdjustments)
                && (!saved || facts.restricted == Some(false))
        };
        match act {
            Act::Find(activity) => has(activity),
            Act::Open | Act::Visits => has(Activity::FindPatient),
            Act::Read => has(Activity::FindPatient) && chosen,
            Act::Ask | Act::Summary(Answer::Declined) => summary,
            Act::Summary(Answer::Agreed) => there,
            Act::Summary(Answer::Standing) => there && facts.standing == Some(true),
            Act::Summary(Answer::Emergency) => {
                there && has(Activity::EmergencyAccess) && facts.fingerprint
            }
            Act::Summary(Answer::Legal) => {
                let there = matches!(
                    facts.availability,
                    Some(Availability::Exists | Availability::OptedOut)
                );
                summary
                    && facts.restricted == Some(false)
                    && there
                    && has(Activity::LegalOverride)
                    && facts.fingerprint
            }
            Act::ChangeFlag { saved } => change(saved),
            Act::RemovePart { saved } => {
                change(saved) && (facts.fingerprint || facts.last_part == Some(false))
            }
            Act::RemoveFlag { saved } => change(saved) && facts.fingerprint,
            Act::TakeAlong => {
                has(Activity::FindPatient)
                    && chosen
                    && facts.devices == Some(true)
                    && facts.restricted == Some(false)
            }
        }
    }

    #[test]
    fn the_table_allows_what_it_should_and_nothing_else() {
        let (mut allowed, mut all) = (0, 0);
        each(|act, facts| {
            let decision = decide(act, facts);
            let is_allowed = matches!(decision, Decision::Allowed(_));
            assert_eq!(
                is_allowed,
                may(act, facts),
                "{act:?} {facts:?} {decision:?}"
            );
            all += 1;
            allowed += usize::from(is_allowed);
        });
        assert!(allowed > 1000 && all > 1_000_000, "{allowed} of {all}");
    }

    #[test]
    fn each_rule_has_a_case_that_it_refuses_and_its_twin_that_it_lets_pass() {
        let mut refused: BTreeMap<&str, BTreeSet<Act>> = BTreeMap::new();
        let mut passed: BTreeMap<&str, BTreeSet<Act>> = BTreeMap::new();
        each(|act, facts| match decide(act, facts) {
            Decision::Refused(rule, _) => {
                refused.entry(rule.name).or_default().insert(act);
            }
            Decision::Allowed(_) => {
                for rule in RULES.iter().filter(|rule| (rule.applies)(act)) {
                    passed.entry(rule.name).or_default().insert(act);
                }
            }
            Decision::Unknown(_) => {}
        });
        for rule in RULES {
            let of = |cases: &BTreeMap<&str, BTreeSet<Act>>| cases.get(rule.name).cloned();
            let acts: BTreeSet<Act> = ACTS
                .into_iter()
                .filter(|act| (rule.applies)(*act))
                .collect();
            // For every act that it is for, both.
            assert_eq!(of(&refused).as_ref(), Some(&acts), "{}", rule.name);
            assert_eq!(of(&passed).as_ref(), Some(&acts), "{}", rule.name);
        }
    }

    #[test]
    fn to_learn_more_never_turns_a_refusal_into_a_permission() {
        each(|act, facts| {
            if let Decision::Refused(rule, _) = decide(act, facts) {
                let more = Facts {
                    closures: facts.closures.or(Some(Closures::default())),
                    patient: facts.patient.or(Some(true)),
                    devices: facts.devices.or(Some(true)),
                    last_part: facts.last_part.or(Some(false)),
                    restricted: facts.restricted.or(Some(false)),
                    availability: facts.availability.or(Some(Availability::Exists)),
                    standing: facts.standing.or(Some(true)),
                    ..*facts
                };
                match decide(act, &more) {
                    Decision::Refused(same, _) => assert_eq!(same, rule),
                    other => panic!("{act:?} {facts:?} {other:?}"),
                }
            }
        });
    }

    /// The columns of the table at the head of this file.
    const COLUMNS: [&[Act]; 13] = [
        &[
            Act::Find(Activity::FindPatient),
            Act::Find(Activity::PostcodeSearch),
        ],
        &[Act::Open],
        &[Act::Read],
        &[Act::Ask],
        &[Act::Summary(Answer::Agreed), Act::Summary(Answer::Standing)],
        &[Act::Summary(Answer::Emergency)],
        &[Act::Summary(Answer::Legal)],
        &[Act::Summary(Answer::Declined)],
        &[
            Act::ChangeFlag { saved: false },
            Act::ChangeFlag { saved: true },
        ],
        &[
            Act::RemovePart { saved: false },
            Act::RemovePart { saved: true },
        ],
        &[
            Act::RemoveFlag { saved: false },
            Act::RemoveFlag { saved: true },
        ],
        &[Act::Visits],
        &[Act::TakeAlong],
    ];

    #[test]
    fn the_table_that_can_be_read_is_the_one_that_decides() {
        let rows: Vec<Vec<&str>> = include_str!("decision.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! |"))
            .skip(2)
            .map(|row| {
                row.trim_end_matches('|')
                    .split('|')
                    .map(str::trim)
                    .collect()
            })
            .collect();
        assert_eq!(
            rows.iter().map(|row| row[0]).collect::<Vec<_>>(),
            RULES.iter().map(|rule| rule.name).collect::<Vec<_>>()
        );
        for (row, rule) in rows.iter().zip(RULES) {
            assert_eq!(row.len(), COLUMNS.len() + 1, "{}", rule.name);
            for (cell, acts) in row[1..].iter().zip(COLUMNS) {
                for act in acts {
                    let asked = match *cell {
                        "" => false,
                        "yes" | "*" | "the last one ‡" => true,
                        "†" => matches!(
                            act,
                            Act::ChangeFlag { saved: true }
                                | Act::RemovePart { saved: true }
                                | Act::RemoveFlag { saved: true }
                        ),
                        "standing only" => *act == Act::Summary(Answer::Standing),
                        other => panic!("{}: {other}", rule.name),
                    };
                    assert_eq!((rule.applies)(*act), asked, "{} {act:?}", rule.name);
                }
            }
        }
    }

    #[test]
    fn each_rule_says_what_it_asks_for() {
        let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
        for rule in RULES {
            assert!(rule.says.ends_with('.'), "{}", rule.says);
        }
    }
}
