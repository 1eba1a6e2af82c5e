//! What stands before a summary: the question whether the patient agrees, and below it what was checked.

use super::super::care::said;
use super::super::parts::{at_its_field, notice};
use super::super::reading::{Reading, progress};
use super::super::{RecordFrame, now};
use super::opening::{self, Opening};
use crate::components::form::{Choice, Choices, DateField, Errors, FormValues, TextArea};
use crate::components::notice::focus_soon;
use crate::components::passkey::not_opened;
use crate::components::problem::ProblemView;
use crate::components::work::Work;
use crate::device::NoVault;
use crate::keeping::{Door, Link};
use crate::problem::{Kind, Problem, closed_advice};
use domain::clock::{long_date, uk_date};
use domain::permission::{
    Closed, Duration, EmergencyReason, Gate, LegalGround, PermissionAnswer, Scope,
    StandingPermission,
};
use domain::role::{Activity, CareSetting};
use domain::search::DateFields;
use domain::{FieldError, Sourced};
use jiff::civil::Date;
use leptos::prelude::*;

pub(super) fn view(
    frame: RecordFrame,
    gate: Gate,
    reading: Reading<Gate>,
    errors: Errors,
    declined: RwSignal<bool>,
) -> AnyView {
    match gate.closed() {
        Some(Closed::OptedOut) if gate.may_override() => {
            question(frame, gate, reading, errors, declined)
        }
        Some(closed) => closed_view(frame, &gate, closed),
        None if stayed_behind(frame) => behind(frame),
        None => question(frame, gate, reading, errors, declined),
    }
}

/// There is no signal, and the summary was not saved.
fn stayed_behind(frame: RecordFrame) -> bool {
    let saved = frame
        .asks_now()
        .and_then(|asked| frame.keeping.engine_now()?.saved_of(asked.key.context));
    frame.keeping.link() != Link::Online && saved.is_some_and(|saved| saved.door == Door::Without)
}

fn behind(frame: RecordFrame) -> AnyView {
    view! {
        <div class="ncrs-empty">
            <h2 class="ncrs-empty__heading">"The summary was not saved on this device"</h2>
            <p class="nhsuk-body">
                "You can open it when you have signal. Until then ask the patient about allergies and medicines, or contact their GP practice."
            </p>
            <a class="nhsuk-button nhsuk-button--secondary" role="button" href=frame.path_now("")>"Back to overview"</a>
        </div>
    }
    .into_any()
}

/// Nothing can be asked: why, and what to do instead.
fn closed_view(frame: RecordFrame, gate: &Gate, closed: Closed) -> AnyView {
    let title = match closed {
        Closed::Role => "Your role cannot view summaries",
        Closed::Setting => "Your organisation cannot view summaries",
        Closed::NotReady(_) => "Your organisation cannot view summaries yet",
        Closed::OptedOut => "The patient opted out",
        Closed::Restricted => "There is no summary for a restricted record",
        Closed::NoSummary => "There is no summary",
    };
    view! {
        <div class="ncrs-empty">
            <h2 class="ncrs-empty__heading">{title}</h2>
            <p class="nhsuk-body">{closed_advice(closed)}</p>
            <a class="nhsuk-button nhsuk-button--secondary" role="button" href=frame.path_now("")>"Back to overview"</a>
        </div>
        {checks(gate, true)}
    }
    .into_any()
}

/// The patient said no.
pub(super) fn declined(frame: RecordFrame, declined: RwSignal<bool>) -> AnyView {
    view! {
        <div class="ncrs-empty" role="status">
            <h2 class="ncrs-empty__heading">"The summary was not opened"</h2>
            <p class="nhsuk-body">
                "The patient said no, and that was recorded for this moment only. Carry on without the summary: ask the patient about allergies and medicines, or contact their GP practice."
            </p>
            <p class="nhsuk-body">"If the patient changes their mind, you can ask again."</p>
            <button class="nhsuk-button nhsuk-button--secondary" type="button" on:click=move |_| declined.set(false)>
                "Ask again"
            </button>
            <p class="nhsuk-body">
                <a class="nhsuk-link" href=frame.path_now("")>"Back to overview"</a>
            </p>
        </div>
    }
    .into_any()
}

/// What was checked before the patient is asked. Folded where nothing in it stands in the way.
fn checks(gate: &Gate, stops: bool) -> AnyView {
    let setting = gate.setting.label();
    let organisation = if gate.approved {
        format!(
            "{} ({setting}) is approved to view summaries",
            gate.organisation
        )
    } else {
        format!(
            "{} ({setting}) is not approved to view summaries",
            gate.organisation
        )
    };
    let role = if gate.may_view {
        "Your role includes viewing summaries"
    } else {
        "Your role does not include viewing summaries"
    };
    let exists = match gate.closed() {
        None => "This patient has a summary",
        Some(Closed::OptedOut) if gate.may_override() => {
            "This patient has opted out of having a summary, and there is one from before"
        }
        Some(Closed::OptedOut) => "This patient has opted out of having a summary",
        Some(Closed::Restricted) => "A restricted record has no summary",
        Some(Closed::NoSummary) => "This patient has no summary",
        Some(Closed::Role | Closed::Setting | Closed::NotReady(_)) => {
            "Whether there is a summary was not looked up"
        }
    };
    let list = view! {
        <ul class="nhsuk-list nhsuk-list--bullet">
            <li>{organisation}</li>
            <li>{role}</li>
            <li>{exists}</li>
            {gate.referral.as_ref().filter(|referral| referral.vouches().is_some()).map(|referral| {
                view! { <li>"Your team cares for this patient: " {said(referral)}</li> }
            })}
        </ul>
    };
    if stops {
        return view! {
            <h2 class="nhsuk-heading-s nhsuk-u-margin-bottom-2">"What we checked"</h2>
            {list}
        }
        .into_any();
    }
    view! {
        <details class="nhsuk-details ncrs-gate__checks">
            <summary class="nhsuk-details__summary">
                <span class="nhsuk-details__summary-text">"What we checked"</span>
            </summary>
            <div class="nhsuk-details__text">{list}</div>
        </details>
    }
    .into_any()
}

fn question(
    frame: RecordFrame,
    gate: Gate,
    reading: Reading<Gate>,
    errors: Errors,
    declined: RwSignal<bool>,
) -> AnyView {
    let work = Work::new();
    let failed = RwSignal::new(None::<Problem>);
    let not_here = RwSignal::new(None::<NoVault>);
    let last = StoredValue::new(None::<PermissionAnswer>);
    let send = move |answer: PermissionAnswer| {
        let Some(asked) = frame.asks_now() else {
            return;
        };
        errors.set(Vec::new());
        failed.set(None);
        last.set_value(Some(answer.clone()));
        let given = answer.clone();
        work.once(opening::answer(frame, asked.key, answer), move |opening| {
            let opened = match opening {
                Opening::Service(answer) => match frame.take(asked, answer) {
                    None => return,
                    Some(answer) => answer.map(|read| {
                        let Sourced { value, source } = read;
                        value.map(|value| Sourced { value, source })
                    }),
                },
                Opening::Here(_) if !frame.still(asked) => return,
                Opening::Here(Ok(opened)) => Ok(opened),
                Opening::Here(Err(none)) => return not_here.set(Some(none)),
            };
            match opened {
                Ok(Some(opened)) => {
                    frame.opened_with(given, Some((asked.key.context, opened)));
                    focus_soon("maincontent");
                }
                Ok(None) => {
                    declined.set(true);
                    focus_soon("maincontent");
                }
                Err(problem) => match problem.kind {
                    Kind::Invalid(found) => {
                        errors.set(found.into_iter().map(at_its_field).collect())
                    }
                    Kind::SummaryClosed(_) => reading.again(),
                    _ => failed.set(Some(problem)),
                },
            }
        });
    };
    let again = Callback::new(move |()| {
        if let Some(answer) = last.get_value() {
            send(answer);
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| match Typed::of(&FormValues::of(&event))
        .answer(uk_date(now()))
    {
        Ok(answer) => send(answer),
        Err(found) => {
            failed.set(None);
            errors.set(found);
        }
    };
    let opted_out = gate.closed() == Some(Closed::OptedOut);
    let legend = if opted_out {
        "Does the law let you view their summary?"
    } else if gate.standing.is_some() {
        "Or ask again: does the patient agree?"
    } else {
        "Does the patient agree to you viewing their summary?"
    };
    let standing = gate.standing.as_ref().map(|standing| {
        standing_card(
            frame,
            standing,
            reading,
            move || send(PermissionAnswer::Standing),
            work,
        )
    });
    let pharmacy = (gate.setting == CareSetting::CommunityPharmacy).then(|| {
        notice(
            "In a community pharmacy your privacy officer is told of every view. That is routine."
                .to_owned(),
        )
    });
    let mut choices = Vec::new();
    if !opted_out {
        choices.push(
            Choice::new("agreed", "The patient agreed").fields(move || agreed_fields(errors)),
        );
        if gate.may_view_in_emergency {
            choices
                .push(Choice::new("emergency", EMERGENCY).fields(move || emergency_fields(errors)));
        }
    }
    // The law is not for a copy on a device: whoever looks on it has the service to account to.
    if gate.may_override() && frame.keeping.link() == Link::Online {
        choices.push(
            Choice::new("legal", "The law lets me view it without their agreement")
                .fields(move || legal_fields(errors)),
        );
    }
    choices.push(if opted_out {
        Choice::new("declined", "No").hint("Nothing opens.")
    } else {
        Choice::new("declined", "The patient said no")
            .hint("Nothing opens. The answer is recorded for this moment only.")
    });
    let no_emergency = (!gate.may_view_in_emergency && !opted_out).then(no_emergency);
    let relationship =
        (!opted_out).then_some("By continuing you confirm that you are caring for this patient. ");
    let button = if gate.standing.is_some() {
        "nhsuk-button nhsuk-button--secondary"
    } else {
        "nhsuk-button"
    };
    let opted_out_notice = opted_out.then(|| {
        notice(
            "The patient opted out of having a summary. An emergency does not change that: it may be opened only where the law says so."
                .to_owned(),
        )
    });
    // What was in the way, and the finger that is asked for, are brought into sight.
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        if (failed.with(Option::is_some) || not_here.with(Option::is_some))
            && let Some(place) = place.get()
        {
            request_animation_frame(move || place.scroll_into_view_with_bool(false));
        }
    });
    view! {
        {standing}
        {opted_out_notice}
        <form class="ncrs-form ncrs-gate" method="post" novalidate on:submit=submit>
            <Choices name="answer" legend errors choices class="ncrs-rows" />
            {no_emergency}
            {pharmacy}
            <div node_ref=place>
                {move || failed.get().map(|problem| view! { <ProblemView problem again /> })}
                {move || not_here.get().map(not_opened_here)}
                {move || work.pending().then(|| progress("Recording the answer"))}
            </div>
            <div class="ncrs-gate__send">
                <p class="ncrs-gate__said">{relationship} "Every view is recorded."</p>
                <button class=button type="submit" aria-disabled=move || work.pending().then_some("true")>"Continue"</button>
            </div>
        </form>
        {checks(&gate, opted_out)}
        <p class="nhsuk-body-s">
            "The record of every view protects the patient, and shows that you had good reason."
        </p>
    }
    .into_any()
}

/// The saved copy could not be opened.
fn not_opened_here(none: NoVault) -> AnyView {
    let (title, advice) = not_opened(none);
    view! {
        <div class="ncrs-problem" role="alert">
            <h2 class="nhsuk-heading-m">{title}</h2>
            <p class="nhsuk-body">{advice}</p>
        </div>
    }
    .into_any()
}

const WITHDRAWN: &str = "The permission was withdrawn. Nobody can open the summary on it any more.";
const EMERGENCY: &str = "Emergency access: I cannot ask, and it is in the patient's best interest";

fn standing_card(
    frame: RecordFrame,
    standing: &StandingPermission,
    reading: Reading<Gate>,
    open: impl Fn() + 'static,
    work: Work,
) -> AnyView {
    let withdrawing = Work::new();
    let failed = RwSignal::new(None::<Problem>);
    let withdraw = move || {
        let Some(asked) = frame.asks_now() else {
            return;
        };
        failed.set(None);
        withdrawing.once(opening::withdraw(frame, asked.key), move |answer| {
            if !frame.still(asked) {
                return;
            }
            match answer {
                Ok(()) => {
                    frame.saved.set(Some(WITHDRAWN.to_owned()));
                    reading.again();
                    focus_soon("maincontent");
                }
                Err(problem) => failed.set(Some(problem)),
            }
        });
    };
    let again = Callback::new(move |()| withdraw());
    let whom = match standing.scope {
        Scope::Me => "you",
        Scope::Team => "your team",
    };
    let text = format!(
        "The patient agreed that {whom} may see the summary until {}. Recorded by {}. Opening it confirms that you are caring for this patient.",
        long_date(standing.until),
        standing.recorded_by
    );
    view! {
        <div class="nhsuk-card">
            <div class="nhsuk-card__content">
                <h2 class="nhsuk-card__heading nhsuk-heading-m">"Permission given earlier still holds"</h2>
                <p class="nhsuk-card__description nhsuk-u-margin-bottom-4">{text}</p>
                <button
                    class="nhsuk-button nhsuk-u-margin-bottom-0"
                    type="button"
                    aria-disabled=move || work.pending().then_some("true")
                    on:click=move |_| open()
                >
                    "Open summary"
                </button>
                <p class="nhsuk-body nhsuk-u-margin-top-4 nhsuk-u-margin-bottom-0">
                    <button
                        class="ncrs-link-button"
                        type="button"
                        aria-disabled=move || withdrawing.pending().then_some("true")
                        on:click=move |_| withdraw()
                    >
                        "The patient no longer agrees: withdraw this permission"
                    </button>
                </p>
                {move || withdrawing.pending().then(|| progress("Withdrawing the permission"))}
                {move || failed.get().map(|problem| view! { <ProblemView problem again /> })}
            </div>
        </div>
    }
    .into_any()
}

fn agreed_fields(errors: Errors) -> AnyView {
    view! {
        <Choices
            name="scope"
            legend="Who may see it?"
            errors
            choices=vec![Choice::new("me", "Me"), Choice::new("team", "My team, in this organisation")]
            chosen=vec!["me".to_owned()]
            class="ncrs-rows ncrs-rows--pair"
        />
        <Choices
            name="duration"
            legend="For how long?"
            errors
            choices=vec![
                Choice::new("view", "This time only"),
                Choice::new("until", "Until a date").fields(move || {
                    view! { <DateField name="until" legend="Last day" hint="From today, up to a year ahead" errors /> }
                }),
            ]
            chosen=vec!["view".to_owned()]
            class="ncrs-rows ncrs-rows--pair"
        />
    }
    .into_any()
}

/// The answer of whoever writes the reason for an emergency themselves.
const OWN_WORDS: &str = "own";

fn emergency_fields(errors: Errors) -> AnyView {
    let own = Choice::new(OWN_WORDS, "In my own words").fields(move || {
        view! { <TextArea name="reason" label="Why you need it now, in your own words" errors /> }
    });
    let choices = EmergencyReason::ALL
        .iter()
        .map(|reason| Choice::new(reason.code(), reason.label()))
        .chain(std::iter::once(own))
        .collect::<Vec<_>>();
    view! {
        <Choices
            name="why"
            legend="Why do you need it now?"
            errors
            choices
            class="ncrs-rows ncrs-rows--pair"
        />
        <p class="ncrs-gate__told">
            "Your privacy officer is told that emergency access was used. It is a routine check that the reason was good."
        </p>
    }
    .into_any()
}

fn legal_fields(errors: Errors) -> AnyView {
    let choices = LegalGround::ALL
        .iter()
        .map(|ground| Choice::new(ground.code(), ground.label()))
        .collect::<Vec<_>>();
    view! {
        <Choices name="ground" legend="On which legal ground?" errors choices class="ncrs-rows" />
        <TextArea
            name="basis"
            label="What it rests on"
            hint="For example, the court and the date of its order, or the section of the Act. Your privacy officer is told, and asks for it."
            errors
        />
    }
    .into_any()
}

/// The choice that this role does not have, and why.
fn no_emergency() -> AnyView {
    view! {
        <div class="nhsuk-form-group">
            <div class="nhsuk-radios ncrs-rows">
                <div class="nhsuk-radios__item">
                    <input
                        class="nhsuk-radios__input"
                        id="answer-emergency"
                        type="radio"
                        disabled=true
                        aria-describedby="answer-emergency-why"
                    />
                    <label class="nhsuk-label nhsuk-radios__label" for="answer-emergency">{EMERGENCY}</label>
                </div>
            </div>
            <p class="ncrs-why" id="answer-emergency-why">
                {format!(
                    "You cannot use emergency access: your role does not let you {}. Ask a colleague whose role does, or your Registration Authority.",
                    Activity::EmergencyAccess.label(),
                )}
            </p>
        </div>
    }
    .into_any()
}

/// The question as it was answered.
#[derive(Default)]
struct Typed {
    answer: String,
    scope: String,
    duration: String,
    until: DateFields,
    why: String,
    reason: String,
    ground: String,
    basis: String,
}

impl Typed {
    fn of(form: &FormValues) -> Self {
        Self {
            answer: form.text("answer"),
            scope: form.text("scope"),
            duration: form.text("duration"),
            until: form.date("until"),
            why: form.text("why"),
            reason: form.text("reason"),
            ground: form.text("ground"),
            basis: form.text("basis"),
        }
    }

    /// The answer to send, or what is wrong. What belongs to another choice does not count.
    fn answer(self, today: Date) -> Result<PermissionAnswer, Vec<FieldError>> {
        let wrong = |field: &str, message: &str| Err(vec![FieldError::new(field, message)]);
        let answer = match self.answer.as_str() {
            "agreed" => {
                let scope = match self.scope.as_str() {
                    "me" => Scope::Me,
                    "team" => Scope::Team,
                    _ => return wrong("scope", "Select who may see the summary"),
                };
                let duration = match self.duration.as_str() {
                    "view" => Duration::ThisView,
                    "until" => Duration::Until(
                        self.until
                            .date("until", "Last day", Date::MAX)
                            .map_err(|error| vec![error])?,
                    ),
                    _ => return wrong("duration", "Select how long the patient agreed to"),
                };
                PermissionAnswer::Agreed { scope, duration }
            }
            "emergency" => PermissionAnswer::Emergency {
                reason: match (self.why.as_str(), EmergencyReason::from_code(&self.why)) {
                    (OWN_WORDS, _) => self.reason.trim().to_owned(),
                    (_, Some(common)) => common.written().to_owned(),
                    (_, None) => return wrong("why", "Select why you need it now"),
                },
            },
            "legal" => match LegalGround::from_code(&self.ground) {
                Some(ground) => PermissionAnswer::Legal {
                    ground,
                    basis: self.basis.trim().to_owned(),
                },
                None => return wrong("ground", "Select the legal ground"),
            },
            "declined" => PermissionAnswer::Declined,
            _ => return wrong("answer", "Select whether the patient agrees"),
        };
        let problems: Vec<_> = answer
            .problems(today)
            .into_iter()
            .map(at_its_field)
            .collect();
        if problems.is_empty() {
            Ok(answer)
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 7, 3);

    fn agreed(duration: &str, until: (&str, &str, &str)) -> Typed {
        Typed {
            answer: "agreed".into(),
            scope: "team".into(),
            duration: duration.into(),
            until: DateFields {
                day: until.0.into(),
                month: until.1.into(),
                year: until.2.into(),
            },
            reason: "left over from another choice".into(),
            ..Typed::default()
        }
    }

    fn field(result: Result<PermissionAnswer, Vec<FieldError>>) -> Option<String> {
        result
            .err()
            .and_then(|errors| errors.into_iter().next())
            .map(|error| error.field)
    }

    #[test]
    fn nothing_chosen_is_asked_for_at_the_first_choice() {
        assert_eq!(
            field(Typed::default().answer(TODAY)).as_deref(),
            Some("answer")
        );
        let agreed = Typed {
            answer: "agreed".into(),
            ..Typed::default()
        };
        assert_eq!(field(agreed.answer(TODAY)).as_deref(), Some("scope"));
    }

    #[test]
    fn a_date_counts_only_with_its_choice() {
        assert_eq!(
            agreed("view", ("99", "", "")).answer(TODAY),
            Ok(PermissionAnswer::Agreed {
                scope: Scope::Team,
                duration: Duration::ThisView
            })
        );
        assert_eq!(
            agreed("until", ("3", "7", "2027")).answer(TODAY),
            Ok(PermissionAnswer::Agreed {
                scope: Scope::Team,
                duration: Duration::Until(date(2027, 7, 3))
            })
        );
    }

    #[test]
    fn the_last_day_is_from_today_to_a_year_ahead() {
        assert!(agreed("until", ("3", "7", "2026")).answer(TODAY).is_ok());
        for until in [
            ("2", "7", "2026"),
            ("4", "7", "2027"),
            ("", "", ""),
            ("31", "2", "2027"),
        ] {
            assert_eq!(
                field(agreed("until", until).answer(TODAY)).as_deref(),
                Some("until-day"),
                "{until:?}"
            );
        }
        assert_eq!(
            field(agreed("until", ("3", "", "2027")).answer(TODAY)).as_deref(),
            Some("until-month")
        );
    }

    #[test]
    fn an_emergency_needs_a_reason() {
        let emergency = |why: &str, reason: &str| Typed {
            answer: "emergency".into(),
            why: why.into(),
            reason: reason.into(),
            ..Typed::default()
        };
        assert_eq!(
            field(emergency("", "Written, and then not chosen").answer(TODAY)).as_deref(),
            Some("why")
        );
        assert_eq!(
            field(emergency("no such reason", "").answer(TODAY)).as_deref(),
            Some("why")
        );
        assert_eq!(
            field(emergency(OWN_WORDS, "  ").answer(TODAY)).as_deref(),
            Some("reason")
        );
        assert_eq!(
            emergency(OWN_WORDS, " Unconscious ").answer(TODAY),
            Ok(PermissionAnswer::Emergency {
                reason: "Unconscious".into()
            })
        );
    }

    #[test]
    fn a_common_reason_is_a_written_one_in_words() {
        for common in EmergencyReason::ALL {
            let answer = Typed {
                answer: "emergency".into(),
                why: common.code().into(),
                reason: "left over from own words".into(),
                ..Typed::default()
            }
            .answer(TODAY);
            let Ok(PermissionAnswer::Emergency { reason }) = answer else {
                panic!("{common:?} is a reason");
            };
            assert_eq!(reason, common.written());
            assert!(reason.contains(' '), "{reason} is a sentence");
        }
    }

    #[test]
    fn a_legal_ground_is_named_and_rests_on_something() {
        let legal = |ground: &str, basis: &str| Typed {
            answer: "legal".into(),
            ground: ground.into(),
            basis: basis.into(),
            ..Typed::default()
        };
        assert_eq!(
            field(legal("", "An order").answer(TODAY)).as_deref(),
            Some("ground")
        );
        assert_eq!(
            field(legal("statute", " ").answer(TODAY)).as_deref(),
            Some("basis")
        );
        assert_eq!(
            legal("court-order", " Order of 1 July ").answer(TODAY),
            Ok(PermissionAnswer::Legal {
                ground: LegalGround::CourtOrder,
                basis: "Order of 1 July".into()
            })
        );
    }
}
