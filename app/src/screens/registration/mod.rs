//! The work of a Registration Authority: who is registered, who is invited, and what someone may do.

mod fields;
mod invite;
mod list;
mod member;

pub use invite::screen as invite;
pub use list::screen as list;
pub use member::screen as person;

use crate::api::registration::Invitation;
use crate::components::problem::{Trouble, TroubleOrGone};
use domain::clock::long_time;
use domain::role::{Activity, Person};
use leptos::prelude::*;

/// What an activity allows, as it stands in a list: "Find a patient (B0264)".
fn allows(activity: Activity) -> String {
    let label = activity.label();
    let mut letters = label.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let label: String = first.into_iter().chain(letters).collect();
    format!("{label} ({})", activity.code())
}

/// The problem as a whole. Where it is that the person is not there, it says so of staff.
#[component]
fn StaffTrouble(
    /// Of the screen.
    trouble: Trouble,
    /// Asks again, where that may help.
    again: Callback<()>,
) -> impl IntoView {
    view! {
        <TroubleOrGone
            trouble
            again
            title="This is not there"
            text="Another agent may have dealt with it already, or it belongs to an organisation that you do not register staff for. Look at the list as it is now."
            to="/staff"
            way="See staff"
        />
    }
}

/// The one-time code. It is in the page only, and gone with it.
fn code_view(invitation: &Invitation) -> AnyView {
    let Invitation {
        person: Person { name, .. },
        code,
        expires_at,
        awaits_approval,
    } = invitation;
    if *awaits_approval {
        return view! {
            <div class="nhsuk-card" id="code" tabindex="-1">
                <div class="nhsuk-card__content">
                    <h2 class="nhsuk-card__heading nhsuk-heading-m">{format!("{name} waits for a second agent")}</h2>
                    <p class="nhsuk-body">
                        "Another agent has been asked to approve the role. There is no code yet. Once it is approved, ask whoever runs the service to make one."
                    </p>
                </div>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="nhsuk-card" id="code" tabindex="-1">
            <div class="nhsuk-card__content">
                <h2 class="nhsuk-card__heading nhsuk-heading-m">{format!("One-time code for {name}")}</h2>
                <p class="ncrs-code"><code>{code.clone()}</code></p>
                <p class="nhsuk-body">
                    "It is shown only now and kept nowhere. Give it to them in person, or by a call to a number that you know is theirs."
                </p>
                <p class="nhsuk-body">
                    {format!("It works once, until {}. ", long_time(*expires_at))}
                    "They enter it under “Set up this device” on their own phone or computer."
                </p>
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_reads_like_a_line_of_a_list() {
        assert_eq!(allows(Activity::FindPatient), "Find a patient (B0264)");
    }
}
