//! What an organisation has to show: each step, what it closes, and the days around an expiry.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::readiness::{
    AccessMethod, DsptStatus, Evidence, Feature, GRACE_DAYS, LONGEST_EVIDENCE, Lack, Missing, More,
    Readiness, State, Step, StepForm, Verdict, Who, Written,
};
use domain::role::CareSetting;
use domain::search::DateFields;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 21);

fn typed(day: Date) -> DateFields {
    DateFields {
        day: day.day().to_string(),
        month: day.month().to_string(),
        year: day.year().to_string(),
    }
}

fn form() -> StepForm {
    StepForm {
        evidence: "Minutes of 3 October, item 4".to_owned(),
        on: typed(date(2026, 10, 3)),
        dspt: Some(DsptStatus::Met),
        methods: [AccessMethod::OwnPasskey].into(),
        expires: DateFields::default(),
    }
}

fn fields(form: &StepForm, step: Step) -> Vec<String> {
    form.check(step, TODAY)
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|error| error.field)
        .collect()
}

/// Fulfilled, with what a national approver says where one is asked.
fn written(step: Step) -> Written {
    let verdict = if step.approved_nationally() {
        Verdict::Approved
    } else {
        Verdict::None
    };
    Written {
        step,
        version: 1,
        evidence: form().check(step, TODAY).unwrap(),
        verdict,
        entered_by: "Gareth Pike".to_owned(),
        entered_at: "2026-10-03T09:00:00Z".parse().unwrap(),
    }
}

fn ready() -> Readiness {
    Readiness {
        setting: CareSetting::Hospice,
        written: Step::ALL.iter().copied().map(written).collect(),
    }
}

fn without(step: Step) -> Readiness {
    let mut readiness = ready();
    readiness.written.retain(|written| written.step != step);
    readiness
}

fn with(changed: Written) -> Readiness {
    let mut readiness = without(changed.step);
    readiness.written.push(changed);
    readiness
}

fn assessed(status: DsptStatus, expires: Date) -> Readiness {
    with(Written {
        evidence: Evidence {
            more: More::Assessment { status, expires },
            ..written(Step::Dspt).evidence
        },
        ..written(Step::Dspt)
    })
}

#[test]
fn codes_lead_back_to_what_they_stand_for() {
    for &step in Step::ALL {
        assert_eq!(Step::from_code(step.code()), Some(step));
        assert_eq!(
            serde_json::to_value(step).unwrap(),
            serde_json::json!(step.code())
        );
    }
    for &status in DsptStatus::ALL {
        assert_eq!(DsptStatus::from_code(status.code()), Some(status));
    }
    for &method in AccessMethod::ALL {
        assert_eq!(AccessMethod::from_code(method.code()), Some(method));
    }
    assert_eq!(Step::from_code("pds"), None);
}

#[test]
fn each_step_asks_for_evidence_and_a_day() {
    let empty = StepForm::default();
    for &step in Step::ALL {
        let expected: &[&str] = match step {
            Step::Dspt => &["dspt", "on-day", "evidence"],
            Step::AccessMethods => &["methods", "on-day", "evidence"],
            Step::OdsCode | Step::PdsForm | Step::SummaryApproval | Step::PrivacyOfficer => {
                &["on-day", "evidence"]
            }
        };
        assert_eq!(fields(&empty, step), expected, "{step:?}");
        assert!(fields(&form(), step).is_empty(), "{step:?}");
    }
}

#[test]
fn a_day_is_real_and_not_in_the_future() {
    let on = |on: DateFields| fields(&StepForm { on, ..form() }, Step::OdsCode);
    assert!(on(typed(TODAY)).is_empty());
    assert_eq!(on(typed(TODAY.tomorrow().unwrap())), ["on-day"]);
    let never = DateFields {
        day: "30".into(),
        month: "2".into(),
        year: "2026".into(),
    };
    assert_eq!(on(never), ["on-day"]);
}

#[test]
fn evidence_is_one_line_of_some_length() {
    let wrong = |text: &str| {
        let form = StepForm {
            evidence: text.to_owned(),
            ..form()
        };
        !fields(&form, Step::OdsCode).is_empty()
    };
    assert!(wrong("  ab  ") && wrong("two\nlines") && wrong("a\0b"));
    assert!(wrong(&"é".repeat(LONGEST_EVIDENCE + 1)));
    assert!(!wrong(&"é".repeat(LONGEST_EVIDENCE)) && !wrong(" abc "));
}

#[test]
fn an_assessment_holds_for_a_year_unless_it_says_until_when() {
    let expires = |on: Date, expires: DateFields| {
        let form = StepForm {
            on: typed(on),
            expires,
            ..form()
        };
        form.check(Step::Dspt, TODAY)
            .map(|evidence| match evidence.more {
                More::Assessment { expires, .. } => expires,
                other => panic!("{other:?}"),
            })
            .map_err(|problems| problems[0].field.clone())
    };
    let published = date(2026, 6, 30);
    assert_eq!(
        expires(published, DateFields::default()),
        Ok(date(2027, 6, 30))
    );
    assert_eq!(
        expires(date(2024, 2, 29), DateFields::default()),
        Ok(date(2025, 2, 28))
    );
    let until = |day| expires(published, typed(day));
    assert_eq!(until(date(2027, 7, 1)), Ok(date(2027, 7, 1)));
    assert_eq!(until(date(2027, 12, 30)), Ok(date(2027, 12, 30)));
    assert_eq!(until(date(2027, 12, 31)), Err("expires-day".to_owned()));
    assert_eq!(until(published), Err("expires-day".to_owned()));
}

#[test]
fn what_a_step_does_not_ask_for_is_left_alone() {
    for &step in Step::ALL {
        let more = form().check(step, TODAY).unwrap().more;
        let fits = match step {
            Step::Dspt => matches!(more, More::Assessment { .. }),
            Step::AccessMethods => matches!(more, More::Methods(_)),
            _ => more == More::Nothing,
        };
        assert!(fits, "{step:?} {more:?}");
    }
}

#[test]
fn every_step_closes_what_it_opens_and_nothing_else() {
    assert_eq!(
        ready().closures(TODAY),
        domain::readiness::Closures::default()
    );
    for &step in Step::ALL {
        let missing = Some(Missing {
            step,
            lack: Lack::NotStarted,
        });
        let closures = without(step).closures(TODAY);
        match step.opens() {
            Feature::Records => assert_eq!(closures.records, missing, "{step:?}"),
            Feature::Summaries => assert_eq!(closures.records, None, "{step:?}"),
        }
        // Without records there are no summaries.
        assert_eq!(closures.summaries, missing, "{step:?}");
    }
}

#[test]
fn who_has_shown_nothing_is_told_of_the_first_step() {
    let nobody = Readiness {
        written: Vec::new(),
        ..ready()
    };
    let first = nobody.closes(Feature::Summaries, TODAY).unwrap();
    assert_eq!((first.step, first.who()), (Step::OdsCode, Who::Admin));
}

#[test]
fn what_needs_approval_is_not_done_before_it() {
    for &step in Step::ALL {
        let entered = Written {
            verdict: Verdict::None,
            ..written(step)
        };
        let back = Written {
            verdict: Verdict::SentBack {
                reason: "Not signed".to_owned(),
            },
            ..written(step)
        };
        if step.approved_nationally() {
            assert_eq!(entered.state(TODAY), State::AwaitingApproval);
            let missing = with(entered).closes(Feature::Summaries, TODAY).unwrap();
            assert_eq!((missing.step, missing.who()), (step, Who::Approver));
            assert!(missing.words().contains(step.label()));
        } else {
            assert_eq!(entered.state(TODAY), State::Done);
        }
        let missing = with(back).closes(Feature::Summaries, TODAY).unwrap();
        assert_eq!((missing.lack, missing.who()), (Lack::SentBack, Who::Admin));
    }
}

#[test]
fn approval_for_summaries_is_asked_only_where_it_can_be_had() {
    let dentist = Readiness {
        setting: CareSetting::Dentistry,
        ..without(Step::SummaryApproval)
    };
    assert!(dentist.steps().all(|step| step != Step::SummaryApproval));
    assert_eq!(dentist.closes(Feature::Summaries, TODAY), None);
    assert_eq!(ready().steps().count(), Step::ALL.len());
}

#[test]
fn the_days_around_an_expiry() {
    let expires = date(2026, 6, 30);
    let on = |days: i32| expires.checked_add(days.days()).unwrap();
    let at = |days: i32| assessed(DsptStatus::Met, expires).closes(Feature::Records, on(days));
    let warned = |days: i32| {
        assessed(DsptStatus::Met, expires)
            .expiry_notice(on(days))
            .is_some()
    };
    let table = [
        (-1, false, false),
        (0, false, false),
        (1, true, false),
        (GRACE_DAYS - 1, true, false),
        (GRACE_DAYS, true, false),
        (GRACE_DAYS + 1, false, true),
        (GRACE_DAYS + 400, false, true),
    ];
    for (days, warns, closed) in table {
        assert_eq!(warned(days), warns, "{days}");
        let missing = closed.then_some(Missing {
            step: Step::Dspt,
            lack: Lack::Expired,
        });
        assert_eq!(at(days), missing, "{days}");
    }
    let notice = assessed(DsptStatus::Met, expires)
        .expiry_notice(on(1))
        .unwrap();
    assert_eq!(
        (notice.expired.as_str(), notice.closes.as_str()),
        ("30 June 2026", "29 August 2026")
    );
}

#[test]
fn an_assessment_counts_by_its_result() {
    for &status in DsptStatus::ALL {
        let lack = assessed(status, TODAY)
            .closes(Feature::Records, TODAY)
            .map(|missing| missing.lack);
        let expected = (status == DsptStatus::NotMet).then_some(Lack::NotMet);
        assert_eq!(lack, expected, "{status:?}");
    }
}

proptest! {
    /// An assessment that once closed does not open again by itself, and none is warned of while closed.
    #[test]
    fn time_only_closes(days in -1000..1000_i32, later in 0..1000_i32) {
        let readiness = assessed(DsptStatus::Met, TODAY);
        let (first, second) = (TODAY.saturating_add(days.days()), TODAY.saturating_add((days + later).days()));
        let closed = readiness.closes(Feature::Records, first).is_some();
        prop_assert!(!closed || readiness.closes(Feature::Records, second).is_some());
        prop_assert!(!(closed && readiness.expiry_notice(first).is_some()));
    }

    /// Whatever is typed, what is accepted is bounded and of a day that has been.
    #[test]
    fn what_is_accepted_is_bounded(evidence in ".{0,300}", day in "[0-9]{0,3}", month in "[0-9a-z]{0,4}", year in "[0-9]{0,5}") {
        let typed = StepForm { evidence, on: DateFields { day, month, year }, ..form() };
        for &step in Step::ALL {
            if let Ok(evidence) = typed.check(step, TODAY) {
                prop_assert!(evidence.on <= TODAY);
                prop_assert!(evidence.reference.chars().count() <= LONGEST_EVIDENCE);
                prop_assert_eq!(evidence.reference.trim(), evidence.reference.as_str());
            }
        }
    }
}
