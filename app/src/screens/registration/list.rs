//! Who is registered, and what waits for a second agent.

use super::{StaffTrouble, allows};
use crate::api::registration::{RoleRequest, StaffLine, StaffList, settle_request, staff};
use crate::components::button::Progress;
use crate::components::form::{ErrorSummary, TextField};
use crate::components::notice::Success;
use crate::components::page::Page;
use crate::components::problem::Trouble;
use crate::components::work::Work;
use domain::clock::long_time;
use domain::ids::RoleRequestId;
use leptos::prelude::*;

/// The state of the screen.
#[derive(Clone, Copy)]
struct Staff {
    loading: Work,
    work: Work,
    trouble: Trouble,
    shown: RwSignal<Option<StaffList>>,
    success: RwSignal<Option<String>>,
    query: RwSignal<String>,
    /// What was decided last, of whom.
    decided: StoredValue<Option<(RoleRequestId, bool, String)>>,
}

impl Staff {
    fn load(self) {
        self.trouble.clear();
        self.loading.latest(staff(), move |answer| match answer {
            Ok(list) => self.shown.set(Some(list)),
            Err(problem) => self.trouble.take(problem),
        });
    }

    fn settle(self, request: RoleRequestId, approve: bool, name: String) {
        if self.work.busy() {
            return;
        }
        self.trouble.clear();
        self.success.set(None);
        self.decided
            .set_value(Some((request, approve, name.clone())));
        self.work.once(
            settle_request(request, approve),
            move |answer| match answer {
                Ok(list) => {
                    self.decided.set_value(None);
                    let voided = list.voided;
                    self.shown.set(Some(list));
                    self.success.set(Some(if approve && voided {
                        format!(
                            "The role of {name} was approved. It is theirs now. Their passkeys made since it was asked for, or with a code from either agent, no longer work, and unused codes neither: whoever runs the service can make a new code."
                        )
                    } else if approve {
                        format!("The role of {name} was approved. It is theirs now.")
                    } else {
                        format!("The role of {name} was declined.")
                    }));
                }
                Err(problem) => self.trouble.take(problem),
            },
        );
    }

    fn again(self) {
        match self.decided.get_value() {
            Some((request, approve, name)) => self.settle(request, approve, name),
            None => self.load(),
        }
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let state = Staff {
        loading: Work::new(),
        work: Work::new(),
        trouble: Trouble::new(),
        shown: RwSignal::new(None),
        success: RwSignal::new(None),
        query: RwSignal::new(String::new()),
        decided: StoredValue::new(None),
    };
    Effect::new(move || state.load());
    let again = Callback::new(move |()| state.again());
    view! {
        <Page title="Staff" errors=state.trouble.errors>
            <ErrorSummary errors=state.trouble.errors />
            <Success message=state.success />
            <h1 class="nhsuk-heading-l">"Staff"</h1>
            <StaffTrouble trouble=state.trouble again />
            {move || match state.shown.get() {
                Some(list) => whole(list, state),
                None if state.loading.pending() => {
                    view! { <Progress text="Reading the list of staff" /> }.into_any()
                }
                None => ().into_any(),
            }}
        </Page>
    }
    .into_any()
}

fn whole(list: StaffList, state: Staff) -> AnyView {
    let StaffList {
        organisations,
        staff,
        requests,
        voided: _,
    } = list;
    let named = match organisations.as_slice() {
        [one] => one.name.clone(),
        several => format!("{} organisations", several.len()),
    };
    let requests = (!requests.is_empty()).then(|| {
        let cards = requests
            .into_iter()
            .map(|request| {
                let ods = &request.role.organisation;
                let place = organisations
                    .iter()
                    .find(|organisation| organisation.ods == *ods)
                    .map_or_else(|| ods.to_string(), |place| place.name.clone());
                waiting(request, place, state)
            })
            .collect_view();
        view! {
            <h2 class="nhsuk-heading-m">"Waiting for a second agent"</h2>
            {cards}
        }
    });
    view! {
        <p class="nhsuk-body">{format!("You register staff for {named}.")}</p>
        <a class="nhsuk-button" role="button" href="/staff/invite">"Invite someone"</a>
        {requests}
        <h2 class="nhsuk-heading-m">"Everyone registered"</h2>
        {lines(staff, state)}
    }
    .into_any()
}

fn waiting(request: RoleRequest, place: String, state: Staff) -> AnyView {
    let RoleRequest {
        id,
        person,
        role,
        asked_by,
        asked_at,
        may_settle,
    } = request;
    let allowed = role
        .activities
        .iter()
        .map(|activity| {
            let text = allows(*activity);
            if activity.needs_second_person() {
                view! { <li><strong>{text}</strong></li> }.into_any()
            } else {
                view! { <li>{text}</li> }.into_any()
            }
        })
        .collect_view();
    let decide = if may_settle {
        let name = StoredValue::new(person.name.clone());
        let button = move |approve: bool, text: &'static str, class: &'static str| {
            view! {
                <button
                    class=class
                    type="button"
                    aria-disabled=move || state.work.pending().then_some("true")
                    on:click=move |_| state.settle(id, approve, name.get_value())
                >
                    {text}
                    <span class="nhsuk-u-visually-hidden">" the role of " {name.get_value()}</span>
                </button>
            }
        };
        view! {
            <div class="nhsuk-button-group">
                {button(true, "Approve", "nhsuk-button nhsuk-button--small")}
                {button(false, "Decline", "nhsuk-button nhsuk-button--secondary nhsuk-button--small")}
            </div>
        }
        .into_any()
    } else {
        view! { <p class="ncrs-why">"Another agent has to decide: you asked for it, it is for you, or you have another role in that organisation."</p> }
            .into_any()
    };
    view! {
        <div class="nhsuk-card">
            <div class="nhsuk-card__content">
                <h3 class="nhsuk-card__heading nhsuk-heading-s">{person.name}</h3>
                <p class="nhsuk-body">
                    {role.job_name} ", " {place} <br />
                    {format!("Asked for by {}, {}", asked_by.name, long_time(asked_at))}
                </p>
                <ul class="nhsuk-list nhsuk-list--bullet">{allowed}</ul>
                {decide}
            </div>
        </div>
    }
    .into_any()
}

fn lines(staff: Vec<StaffLine>, state: Staff) -> AnyView {
    let all = staff.len();
    let found = Memo::new(move |_| {
        state.query.with(|query| {
            staff
                .iter()
                .filter(|line| fits(line, query))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let count = move || match found.with(Vec::len) {
        0 => "Nobody matches. Try another word.".to_owned(),
        shown if shown == all => format!("{all} people"),
        shown => format!("{shown} of {all} people"),
    };
    let typed = Callback::new(move |text: String| state.query.set(text));
    view! {
        <TextField
            name="staff-search"
            label="Search staff"
            hint="By name, job or organisation"
            errors=state.trouble.errors
            value=state.query.get_untracked()
            class="nhsuk-input--width-20"
            on_input=typed
        />
        <p class="nhsuk-body" role="status">{count}</p>
        <ul class="ncrs-choices">{move || found.get().into_iter().map(line).collect_view()}</ul>
    }
    .into_any()
}

fn line(line: StaffLine) -> AnyView {
    let roles = line
        .roles
        .iter()
        .map(|role| format!("{}, {}", role.job_name, role.organisation.name))
        .collect::<Vec<_>>();
    let roles = if roles.is_empty() {
        "No role yet".to_owned()
    } else {
        roles.join("; ")
    };
    let enrolled = (!line.enrolled).then_some("Has not enrolled yet");
    view! {
        <li class="ncrs-choices__item">
            <a class="ncrs-choices__link" href=format!("/staff/person/{}", line.person.id)>
                <span class="ncrs-choices__name">{line.person.name}</span>
                <span class="ncrs-choices__detail">{roles}</span>
                <span class="ncrs-choices__detail">{enrolled}</span>
            </a>
        </li>
    }
    .into_any()
}

/// Whether every word of the query is in the name, a job or an organisation.
fn fits(line: &StaffLine, query: &str) -> bool {
    let mut text = line.person.name.to_lowercase();
    for role in &line.roles {
        text.push_str(&format!(
            " {} {} {}",
            role.job_name, role.organisation.name, role.organisation.ods
        ));
    }
    let text = text.to_lowercase();
    query
        .to_lowercase()
        .split_whitespace()
        .all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::role::{CareSetting, Organisation, Person, RoleAssignment};

    #[test]
    fn staff_are_found_by_name_job_or_organisation() -> Result<(), Box<dyn std::error::Error>> {
        let line = StaffLine {
            person: Person {
                id: "0198c0de-0000-7000-8000-000000000001".parse()?,
                name: "Priya Nair".to_owned(),
            },
            roles: vec![RoleAssignment {
                id: "0198c0de-0000-7000-8000-000000000002".parse()?,
                organisation: Organisation {
                    ods: "RZ901".parse()?,
                    name: "Dales and Vale Ambulance Trust".to_owned(),
                    setting: CareSetting::Ambulance,
                },
                job_code: "S8000:G8000:R1070".to_owned(),
                job_name: "Paramedic".to_owned(),
                activities: [].into(),
            }],
            enrolled: true,
        };
        for query in ["", " ", "NAIR", "para", "rz901", "priya ambulance"] {
            assert!(fits(&line, query), "{query}");
        }
        assert!(!fits(&line, "priya hospital"));
        Ok(())
    }
}
