//! Choose the role to work in (DOMAIN section 2).

use crate::api::identity::{self, SignedIn, choose_role};
use crate::components::button::Progress;
use crate::components::form::unshared;
use crate::components::notice::{Alert, focus_soon};
use crate::components::page::Page;
use crate::components::problem::{Trouble, TroubleView};
use crate::components::work::Work;
use crate::problem::Kind;
use crate::screens::home::instead;
use crate::session::{Session, safe_next, session};
use domain::ids::RoleId;
use domain::role::{RoleAssignment, RoleChoice};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

/// A choice that is under way.
#[derive(Clone, Copy)]
struct Choosing {
    session: Session,
    work: Work,
    trouble: Trouble,
    role: RwSignal<Option<RoleId>>,
    /// The role that was chosen is theirs no more.
    gone: RwSignal<bool>,
    done: Callback<()>,
}

impl Choosing {
    fn choose(self, role: RoleId) {
        if self.work.busy() {
            return;
        }
        self.trouble.clear();
        self.gone.set(false);
        self.role.set(Some(role));
        self.work
            .once(choose_role(role), move |answer| match answer {
                Ok(view) => {
                    self.session.set(view);
                    self.done.run(());
                }
                Err(problem) => {
                    self.role.set(None);
                    if problem.kind == Kind::NotFound {
                        self.gone.set(true);
                        focus_soon("alert");
                        self.look_again();
                    } else {
                        self.trouble.take(problem);
                    }
                }
            });
    }

    /// Asks again which roles the person has.
    fn look_again(self) {
        self.trouble.clear();
        self.work
            .once(identity::session(), move |answer| match answer {
                Ok(view) => self.session.set(view),
                Err(problem) => self.trouble.take(problem),
            });
    }
}

/// The screen.
pub fn screen() -> AnyView {
    let session = session();
    let next = safe_next(use_query_map().read_untracked().get("next"));
    let navigate = leptos::__reexports::send_wrapper::SendWrapper::new(use_navigate());
    let choosing = Choosing {
        session,
        work: Work::new(),
        trouble: Trouble::new(),
        role: RwSignal::new(None),
        gone: RwSignal::new(false),
        done: Callback::new(move |()| navigate(&next, instead())),
    };
    let person = Memo::new(move |_| session.signed_in());
    view! {
        <Page title="Choose a role">
            <Show when=move || choosing.gone.get()>
                <Alert
                    title="You no longer have that role"
                    advice="Choose another. If you should have it, ask your Registration Authority."
                />
            </Show>
            {move || person.get().map(|person| view! { <Roles person choosing /> })}
            <TroubleView trouble=choosing.trouble />
        </Page>
    }
    .into_any()
}

#[component]
fn Roles(person: SignedIn, choosing: Choosing) -> AnyView {
    let current = person.role.clone();
    match (RoleChoice::for_count(person.roles.len()), current) {
        (RoleChoice::None, _) => view! { <NoRole choosing /> }.into_any(),
        (RoleChoice::Automatic, None) => {
            if let Some(only) = person.roles.first() {
                let only = only.id;
                Effect::new(move || choosing.choose(only));
            }
            view! {
                <h1 class="nhsuk-heading-l">"Choose a role"</h1>
                <Show when=move || choosing.work.pending()>
                    <Progress text="Choosing your only role" />
                </Show>
                <List roles=person.roles current=None choosing />
            }
            .into_any()
        }
        (RoleChoice::Automatic, Some(role)) => view! {
            <h1 class="nhsuk-heading-l">"Your role"</h1>
            <p class="nhsuk-body">
                <strong>{role.job_name}</strong> <br /> {role.organisation.name}
            </p>
            <p class="nhsuk-body">
                "This is the only role that you have. If it is wrong, or you need another, ask your Registration Authority."
            </p>
            <a class="nhsuk-button" href="/find">"Find a patient"</a>
        }
        .into_any(),
        (RoleChoice::List, current) => view! {
            <Heading current=current.clone() />
            <List roles=person.roles current choosing />
        }
        .into_any(),
        (RoleChoice::SearchableList, current) => view! {
            <Heading current=current.clone() />
            <Searchable roles=person.roles current choosing />
        }
        .into_any(),
    }
}

#[component]
fn NoRole(choosing: Choosing) -> AnyView {
    view! {
        <h1 class="nhsuk-heading-l">"You do not have a role yet"</h1>
        <p class="nhsuk-body">
            "You are signed in, but nobody has given you a role. You need one to find a patient."
        </p>
        <p class="nhsuk-body">
            "Ask your organisation's Registration Authority to give you a role. Then check again."
        </p>
        <button
            class="nhsuk-button"
            type="button"
            aria-disabled=move || choosing.work.pending().then_some("true")
            on:click=move |_| choosing.look_again()
        >
            {move || if choosing.work.pending() { "Checking…" } else { "Check again" }}
        </button>
    }
    .into_any()
}

#[component]
fn Heading(current: Option<RoleAssignment>) -> AnyView {
    match current {
        Some(role) => view! {
            <h1 class="nhsuk-heading-l">"Change role"</h1>
            <p class="nhsuk-body">
                "You are working as " <strong>{role.job_name}</strong> ", " {role.organisation.name} ". "
                "Changing role closes the patient you have open."
            </p>
        }
        .into_any(),
        None => view! {
            <h1 class="nhsuk-heading-l">"Choose a role"</h1>
            <p class="nhsuk-body">"What you can see and do depends on the role you are working in."</p>
        }
        .into_any(),
    }
}

#[component]
fn List(
    roles: Vec<RoleAssignment>,
    current: Option<RoleAssignment>,
    choosing: Choosing,
) -> AnyView {
    let current = current.map(|role| role.id);
    let items = roles
        .into_iter()
        .map(|role| {
            let id = role.id;
            let is_current = current == Some(id);
            let chosen = move || choosing.role.get() == Some(id);
            view! {
                <li class="ncrs-choices__item">
                    <button
                        class="ncrs-choices__link"
                        type="button"
                        aria-current=is_current.then_some("true")
                        aria-busy=move || chosen().then_some("true")
                        on:click=move |_| choosing.choose(id)
                    >
                        <span class="ncrs-choices__name">{role.job_name}</span>
                        <span class="ncrs-choices__detail">
                            {role.organisation.name} " (" {role.organisation.ods.to_string()} ")"
                        </span>
                        <span class="ncrs-choices__detail">
                            {move || match (chosen(), is_current) {
                                (true, _) => "Choosing…",
                                (false, true) => "Your role now",
                                (false, false) => "",
                            }}
                        </span>
                        <span class="nhsuk-u-visually-hidden">": work in this role"</span>
                    </button>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="ncrs-choices">{items}</ul> }.into_any()
}

#[component]
fn Searchable(
    roles: Vec<RoleAssignment>,
    current: Option<RoleAssignment>,
    choosing: Choosing,
) -> AnyView {
    let query = RwSignal::new(String::new());
    let all = roles.len();
    let found = Memo::new(move |_| {
        query.with(|query| {
            roles
                .iter()
                .filter(|role| fits(role, query))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let count = move || match found.with(Vec::len) {
        0 => "No roles match. Try another word.".to_owned(),
        shown if shown == all => format!("{all} roles"),
        shown => format!("{shown} of {all} roles"),
    };
    view! {
        <div class="nhsuk-form-group">
            <label class="nhsuk-label" for="role-search">"Search your roles"</label>
            <div class="nhsuk-hint" id="role-search-hint">"By job or organisation"</div>
            <input
                class="nhsuk-input nhsuk-input--width-20"
                id="role-search"
                type="text"
                autocomplete="off"
                autocapitalize="off"
                {..unshared()}
                spellcheck="false"
                aria-describedby="role-search-hint"
                on:input=move |event| query.set(event_target_value(&event))
            />
        </div>
        <p class="nhsuk-body" role="status">{count}</p>
        {move || view! { <List roles=found.get() current=current.clone() choosing /> }}
    }
    .into_any()
}

/// Whether every word of the query is in the role's job or organisation.
fn fits(role: &RoleAssignment, query: &str) -> bool {
    let organisation = &role.organisation;
    let text = format!(
        "{} {} {}",
        role.job_name, organisation.name, organisation.ods
    )
    .to_lowercase();
    query
        .to_lowercase()
        .split_whitespace()
        .all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::role::{CareSetting, Organisation};

    fn role() -> Result<RoleAssignment, Box<dyn std::error::Error>> {
        Ok(RoleAssignment {
            id: "0198c0de-0000-7000-8000-000000000001".parse()?,
            organisation: Organisation {
                ods: "RX9".parse()?,
                name: "Riverside Ambulance Service".to_owned(),
                setting: CareSetting::Ambulance,
            },
            job_code: "S8000:G8000:R8003".to_owned(),
            job_name: "Paramedic".to_owned(),
            activities: [].into(),
        })
    }

    #[test]
    fn a_role_is_found_by_job_organisation_or_code() -> Result<(), Box<dyn std::error::Error>> {
        let role = role()?;
        for query in ["", "  ", "para", "RIVERSIDE", "rx9", "ambulance paramedic"] {
            assert!(fits(&role, query), "{query}");
        }
        assert!(!fits(&role, "paramedic hospital"));
        Ok(())
    }
}
