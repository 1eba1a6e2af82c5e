//! The fields of a role, as an agent writes it down.

use super::allows;
use crate::api::registration::NewRole;
use crate::components::form::{Choice, Choices, Errors, FieldMessage, FormValues, Pick, TextField};
use domain::FieldError;
use domain::role::{Activity, CareSetting, Organisation};
use leptos::prelude::*;

/// Organisation, job and activities.
pub(super) fn role_fields(errors: Errors, organisations: Vec<Organisation>) -> AnyView {
    let national = organisations
        .iter()
        .any(|organisation| organisation.setting == CareSetting::NationalBody);
    let choices = Activity::ALL
        .iter()
        .filter(|activity| national || !activity.given_nationally())
        .map(|activity| {
            let choice = Choice::new(activity.code(), allows(*activity));
            if activity.needs_second_person() {
                choice.hint("Another agent has to approve this role first")
            } else {
                choice
            }
        })
        .collect::<Vec<_>>();
    view! {
        <Where errors organisations />
        <TextField
            name="job-name"
            label="Job"
            hint="For example, Paramedic"
            errors
            class="nhsuk-input--width-20"
        />
        <TextField
            name="job-code"
            label="Job role code"
            hint="For example, S8000:G8000:R1070"
            errors
            class="nhsuk-input--width-20"
        />
        <Choices
            name="activities"
            legend="What the role allows"
            hint="Select only what the job needs"
            errors
            pick=Pick::Several
            choices
        />
    }
    .into_any()
}

#[component]
fn Where(errors: Errors, organisations: Vec<Organisation>) -> AnyView {
    let only = organisations.len() == 1;
    let options = organisations
        .into_iter()
        .map(|organisation| {
            let ods = organisation.ods.to_string();
            let text = format!("{} ({ods})", organisation.name);
            view! { <option value=ods selected=only>{text}</option> }
        })
        .collect_view();
    let wrong =
        move || errors.with(|errors| errors.iter().any(|error| error.field == "organisation"));
    view! {
        <div class="nhsuk-form-group" class=("nhsuk-form-group--error", wrong)>
            <label class="nhsuk-label" for="organisation">"Organisation"</label>
            <FieldMessage errors field="organisation" />
            <select
                class="nhsuk-select"
                class=("nhsuk-select--error", wrong)
                id="organisation"
                name="organisation"
                autocomplete="off"
                aria-describedby=move || wrong().then_some("organisation-error")
            >
                <option value="" selected=!only>"Choose an organisation"</option>
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// The role in the form, or what is missing. What a field may hold, the server says.
pub(super) fn read_role(form: &FormValues) -> Result<NewRole, Vec<FieldError>> {
    let chosen = form.all("activities");
    role_of(
        &form.text("organisation"),
        &form.text("job-name"),
        &form.text("job-code"),
        &chosen,
    )
}

fn role_of(
    organisation: &str,
    job_name: &str,
    job_code: &str,
    activities: &[String],
) -> Result<NewRole, Vec<FieldError>> {
    let organisation = organisation.parse();
    let (job_name, job_code) = (job_name.trim(), job_code.trim());
    let missing = [
        (
            organisation.is_err(),
            "organisation",
            "Choose an organisation",
        ),
        (job_name.is_empty(), "job-name", "Enter the name of the job"),
        (job_code.is_empty(), "job-code", "Enter the job role code"),
    ];
    match organisation {
        Ok(organisation) if !missing.iter().any(|(is, ..)| *is) => Ok(NewRole {
            organisation,
            job_code: job_code.to_owned(),
            job_name: job_name.to_owned(),
            activities: activities
                .iter()
                .filter_map(|code| Activity::from_code(code))
                .collect(),
        }),
        _ => Err(missing
            .into_iter()
            .filter(|(is, ..)| *is)
            .map(|(_, field, message)| FieldError::new(field, message))
            .collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_at_its_field() {
        let fields = |organisation: &str, job: &str, code: &str| -> Vec<String> {
            role_of(organisation, job, code, &[])
                .err()
                .unwrap_or_default()
                .into_iter()
                .map(|error| error.field)
                .collect()
        };
        assert_eq!(
            fields("", " ", ""),
            ["organisation", "job-name", "job-code"]
        );
        assert_eq!(fields("RZ901", "Paramedic", " "), ["job-code"]);
        assert!(fields("RZ901", "Paramedic", "S8000:G8000:R1070").is_empty());
    }

    #[test]
    fn activities_are_read_by_their_codes() -> Result<(), Vec<FieldError>> {
        let codes = ["B0264".to_owned(), "B0082".to_owned(), "B9999".to_owned()];
        let role = role_of("RZ901", "Paramedic", "S8000:G8000:R1070", &codes)?;
        let known = [Activity::FindPatient, Activity::LegalOverride];
        assert_eq!(role.activities, known.into());
        Ok(())
    }
}
