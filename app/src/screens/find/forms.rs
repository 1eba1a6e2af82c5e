//! The four forms: their fields, and reading them.

use super::kept::Draft;
use crate::components::disclosure::Disclosure;
use crate::components::form::{Choice, Choices, DateField, Errors, FormValues, Pick, TextField};
use domain::NhsNumber;
use domain::nhs_number::NotAnNhsNumber;
use domain::patient::Gender;
use domain::search::{
    AdvancedForm, BasicForm, BirthBy, FEWEST_BEFORE_WILDCARD, NhsNumberForm, PostcodeForm,
    SearchForm, SearchKind,
};
use leptos::prelude::*;

/// Reads the form of that search.
pub(super) fn read(kind: SearchKind, form: &FormValues) -> SearchForm {
    match kind {
        SearchKind::NhsNumber => SearchForm::NhsNumber(NhsNumberForm {
            nhs_number: form.text("nhs-number"),
        }),
        SearchKind::Basic => SearchForm::Basic(BasicForm {
            gender: form.text("gender"),
            family: form.text("family"),
            birth: form.date("birth"),
        }),
        SearchKind::Advanced => SearchForm::Advanced(Box::new(AdvancedForm {
            gender: form.text("gender"),
            family: form.text("family"),
            given: form.text("given"),
            birth_by: BirthBy::from_code(&form.text("birth-by")),
            birth: form.date("birth"),
            birth_from: form.date("birth-from"),
            birth_to: form.date("birth-to"),
            age_from: form.text("age-from"),
            age_to: form.text("age-to"),
            birth_year: form.text("birth-year-only"),
            postcode: form.text("postcode"),
            death: form.date("death"),
            death_year: form.text("death-year-only"),
            widen: form.ticked("widen"),
        })),
        SearchKind::Postcode => SearchForm::Postcode(PostcodeForm {
            postcode: form.text("postcode"),
            given: form.text("given"),
            family: form.text("family"),
            birth: form.date("birth"),
        }),
    }
}

/// The id of the first field, to lead back to the form.
pub(super) fn first_field(kind: SearchKind) -> &'static str {
    match kind {
        SearchKind::NhsNumber => "nhs-number",
        SearchKind::Basic | SearchKind::Advanced => "family",
        SearchKind::Postcode => "postcode",
    }
}

/// The fields of that search, with what was typed so far.
pub(super) fn fields(kind: SearchKind, errors: Errors, draft: &Draft) -> AnyView {
    match kind {
        SearchKind::NhsNumber => nhs_number(errors, draft),
        SearchKind::Basic => basic(errors, draft),
        SearchKind::Advanced => advanced(errors, draft),
        SearchKind::Postcode => postcode(errors, draft),
    }
}

fn nhs_number(errors: Errors, draft: &Draft) -> AnyView {
    let said = RwSignal::new(while_typing(&draft.nhs_number));
    view! {
        <TextField
            name="nhs-number"
            label="NHS number"
            hint="10 numbers, like 999 012 3456. You can paste it with or without spaces."
            errors
            value=draft.nhs_number.clone()
            inputmode="numeric"
            class="ncrs-nhs-number"
            on_input=move |text: String| {
                let now = while_typing(&text);
                if now.is_some() && errors.with_untracked(|errors| !errors.is_empty()) {
                    errors.set(Vec::new());
                }
                if said.get_untracked() != now {
                    said.set(now);
                }
            }
        />
        <div role="status">
            {move || {
                said.get()
                    .map(|said| match said {
                        Ok(number) => {
                            view! { <p class="nhsuk-body">{format!("{number} is a valid NHS number")}</p> }.into_any()
                        }
                        // The form says the same when it is sent: then once is enough.
                        Err(_) if errors.with(|errors| !errors.is_empty()) => ().into_any(),
                        Err(wrong) => {
                            view! { <p class="nhsuk-error-message">{wrong.to_string()}</p> }.into_any()
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// What can be said of an NHS number while it is typed: nothing until it has all its digits.
fn while_typing(text: &str) -> Option<Result<NhsNumber, NotAnNhsNumber>> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (digits >= 10).then(|| text.parse())
}

fn gender(errors: Errors, draft: &Draft, with_all: bool) -> AnyView {
    let mut choices: Vec<_> = Gender::ALL
        .into_iter()
        .map(|gender| Choice::new(gender.code(), gender.label()))
        .collect();
    if with_all {
        choices.push(Choice::new("all", "Search all"));
    }
    let chosen = vec![draft.details.gender.clone()];
    view! { <Choices name="gender" legend="Gender" errors inline=true choices chosen /> }.into_any()
}

fn family(errors: Errors, draft: &Draft, label: &'static str) -> AnyView {
    name("family", label, errors, draft.details.family.clone())
}

fn given(errors: Errors, draft: &Draft) -> AnyView {
    name(
        "given",
        "First name (optional)",
        errors,
        draft.details.given.clone(),
    )
}

fn name(field: &'static str, label: &'static str, errors: Errors, value: String) -> AnyView {
    view! {
        <TextField
            name=field
            label
            hint=format!("You can use * after the first {FEWEST_BEFORE_WILDCARD} letters, like Smi*")
            errors
            value
            class="nhsuk-input--width-20"
        />
    }
    .into_any()
}

fn postcode_field(errors: Errors, draft: &Draft, label: &'static str) -> AnyView {
    view! {
        <TextField
            name="postcode"
            label
            hint="A full postcode, like LS1 4AP"
            errors
            value=draft.details.postcode.clone()
            class="nhsuk-input--width-10"
        />
    }
    .into_any()
}

fn basic(errors: Errors, draft: &Draft) -> AnyView {
    view! {
        {gender(errors, draft, false)}
        {family(errors, draft, "Last name")}
        <DateField name="birth" legend="Date of birth" errors value=draft.details.birth.clone() />
    }
    .into_any()
}

fn postcode(errors: Errors, draft: &Draft) -> AnyView {
    view! {
        {postcode_field(errors, draft, "Postcode")}
        {given(errors, draft)}
        {family(errors, draft, "Last name (optional)")}
        <DateField name="birth" legend="Date of birth (optional)" errors value=draft.details.birth.clone() />
    }
    .into_any()
}

fn advanced(errors: Errors, draft: &Draft) -> AnyView {
    let details = draft.details.clone();
    let died = RwSignal::new(!details.death.is_empty() || !details.death_year.trim().is_empty());
    // A field that has to be mended must be in sight.
    Effect::new(move || {
        if errors.with(|errors| errors.iter().any(|error| error.field.starts_with("death"))) {
            died.set(true);
        }
    });
    let widen = Choice::new("yes", "Widen the search").hint(
        "Also finds similar names, misspellings, and earlier names and addresses. Ignores *.",
    );
    let widened = if details.widen {
        vec!["yes".to_owned()]
    } else {
        Vec::new()
    };
    view! {
        {gender(errors, draft, true)}
        {family(errors, draft, "Last name")}
        {birth_by(errors, draft)}
        {given(errors, draft)}
        {postcode_field(errors, draft, "Postcode (optional)")}
        <Disclosure title="The patient has died" open=died>
            <DateField
                name="death"
                legend="Date of death (optional)"
                hint="Or only the year, below"
                errors
                value=details.death
            />
            <TextField
                name="death-year-only"
                label="Year of death (optional)"
                errors
                value=details.death_year
                inputmode="numeric"
                class="nhsuk-input--width-4"
            />
        </Disclosure>
        <Choices name="widen" legend="Similar names" errors pick=Pick::Several choices=vec![widen] chosen=widened />
    }
    .into_any()
}

fn birth_by(errors: Errors, draft: &Draft) -> AnyView {
    let details = draft.details.clone();
    let choices = BirthBy::ALL
        .into_iter()
        .map(|by| {
            let details = details.clone();
            let fields = move || match by {
                BirthBy::Date => {
                    view! { <DateField name="birth" legend="Date of birth" errors value=details.birth.clone() /> }
                        .into_any()
                }
                BirthBy::Range => view! {
                    <DateField
                        name="birth-from"
                        legend="First date of birth"
                        errors
                        value=details.birth_from.clone()
                    />
                    <DateField name="birth-to" legend="Last date of birth" errors value=details.birth_to.clone() />
                }
                .into_any(),
                BirthBy::Age => view! {
                    <div class="ncrs-form__row">
                        {short("age-from", "Youngest age", errors, details.age_from.clone())}
                        {short("age-to", "Oldest age", errors, details.age_to.clone())}
                    </div>
                }
                .into_any(),
                BirthBy::Year => short("birth-year-only", "Year", errors, details.birth_year.clone()),
            };
            Choice::new(by.code(), by.label()).fields(fields)
        })
        .collect();
    let chosen = vec![details.birth_by.code().to_owned()];
    view! { <Choices name="birth-by" legend="When the patient was born" errors choices chosen /> }
        .into_any()
}

fn short(field: &'static str, label: &'static str, errors: Errors, value: String) -> AnyView {
    view! {
        <TextField name=field label errors value inputmode="numeric" class="nhsuk-input--width-4" />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_nhs_number_is_judged_once_it_is_whole() {
        assert_eq!(while_typing(""), None);
        assert_eq!(while_typing("999 040 213"), None);
        assert!(while_typing(" 999-040-2132 ").is_some_and(|said| said.is_ok()));
        assert_eq!(
            while_typing("999 040 2133"),
            Some(Err(NotAnNhsNumber::CheckDigit))
        );
        assert_eq!(
            while_typing("999 040 21322"),
            Some(Err(NotAnNhsNumber::WrongLength))
        );
    }
}
