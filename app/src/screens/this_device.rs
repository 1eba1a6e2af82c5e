//! What this device keeps, how much room there is, and how to put the app on the home screen.

use crate::components::page::Page;
use crate::components::work::Work;
use crate::device::{InstallOffer, StorageStatus};
use crate::keeping::{Keeping, Safe, keeping};
use crate::lock::lock;
use crate::screens::visits::Readiness;
use domain::idle::LockReason;
use leptos::prelude::*;

/// The screen.
pub fn screen() -> AnyView {
    let keeping = keeping();
    view! {
        <Page title="This device">
            <h1 class="nhsuk-heading-l">"This device"</h1>
            <Readiness keeping />
            {saved(keeping)}
            {storage(keeping)}
            {install(keeping)}
        </Page>
    }
    .into_any()
}

fn saved(keeping: Keeping) -> AnyView {
    (move || {
        if keeping.safe() != Safe::Open {
            return ().into_any();
        }
        keeping.revision();
        let patients = keeping
            .engine_now()
            .map_or(0, |engine| engine.saved().len());
        let counts = keeping.counts();
        view! {
            <h2 class="nhsuk-heading-m">"Saved on this device"</h2>
            <dl class="nhsuk-summary-list">
                {row("Patients", patients.to_string(), Some(("/visits", "Visit list")))}
                {row(
                    "Changes that wait to be sent",
                    (counts.waiting + counts.needs_decision).to_string(),
                    Some(("/changes", "See changes")),
                )}
            </dl>
            <p class="nhsuk-body">
                "Only your fingerprint, face or PIN opens it. It locks when you leave the app for 5 minutes or do not use it for 15, and saved patients go when you sign out."
            </p>
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                on:click=move |_| lock(keeping, LockReason::ByHand)
            >
                "Lock now"
            </button>
        }
        .into_any()
    })
    .into_any()
}

fn row(key: &'static str, value: String, link: Option<(&'static str, &'static str)>) -> AnyView {
    let link = link.map(|(href, text)| {
        view! { <dd class="nhsuk-summary-list__actions"><a class="nhsuk-link" href=href>{text}</a></dd> }
    });
    view! {
        <div class="nhsuk-summary-list__row">
            <dt class="nhsuk-summary-list__key">{key}</dt>
            <dd class="nhsuk-summary-list__value">{value}</dd>
            {link}
        </div>
    }
    .into_any()
}

fn storage(keeping: Keeping) -> AnyView {
    let status = RwSignal::new(None::<StorageStatus>);
    let work = Work::new();
    let look = move || {
        if let Some(device) = keeping.device() {
            work.latest(device.storage(), move |found| status.set(Some(found)));
        }
    };
    Effect::new(look);
    let ask = move |_| {
        if let Some(device) = keeping.device() {
            Work::new().latest(device.persist_storage(), move |_| look());
        }
    };
    (move || {
        status.get().map(|status| {
            let used = match (status.used, status.room) {
                (Some(used), Some(room)) => format!("{} of {}", size(used), size(room)),
                (Some(used), None) => size(used),
                (None, _) => "This browser does not say".to_owned(),
            };
            let kept = if status.kept {
                "The browser keeps it until you remove it"
            } else {
                "The browser may clear it when the device is full"
            };
            let button = (!status.kept).then(|| {
                view! {
                    <button class="nhsuk-button nhsuk-button--secondary" type="button" on:click=ask>
                        "Ask the browser to keep it"
                    </button>
                }
            });
            view! {
                <h2 class="nhsuk-heading-m">"Storage"</h2>
                <dl class="nhsuk-summary-list">
                    {row("In use", used, None)} {row("How safe it is", kept.to_owned(), None)}
                </dl>
                {button}
            }
        })
    })
    .into_any()
}

/// In whole megabytes, at least 1.
fn size(bytes: u64) -> String {
    let megabytes = bytes.div_ceil(1_000_000).max(1);
    if megabytes >= 1_000 {
        format!("{} GB", megabytes / 1_000)
    } else {
        format!("{megabytes} MB")
    }
}

fn install(keeping: Keeping) -> AnyView {
    let offer = RwSignal::new(None::<InstallOffer>);
    let look = move || {
        if let Some(device) = keeping.device() {
            offer.try_set(Some(device.install()));
        }
    };
    Effect::new(move || {
        look();
        if let Some(device) = keeping.device() {
            device.on_install_change(Box::new(look));
        }
    });
    let ask = move |_| {
        if let Some(device) = keeping.device() {
            device.ask_to_install();
        }
    };
    (move || {
        let content = match offer.get()? {
            InstallOffer::Installed => {
                view! { <p class="nhsuk-body">"The app is installed on this device."</p> }.into_any()
            }
            InstallOffer::CanAsk => view! {
                <p class="nhsuk-body">"Install the app to open it from the home screen, with or without signal."</p>
                <button class="nhsuk-button nhsuk-button--secondary" type="button" on:click=ask>"Install"</button>
            }
            .into_any(),
            InstallOffer::ByShareMenu => view! {
                <p class="nhsuk-body">
                    "To put the app on your home screen, open the browser's Share menu and choose Add to Home Screen."
                </p>
            }
            .into_any(),
            InstallOffer::Unknown => view! {
                <p class="nhsuk-body">
                    "Your browser's menu may offer to install the app. It works without, too: saved records open in this browser."
                </p>
            }
            .into_any(),
        };
        Some(view! {
            <h2 class="nhsuk-heading-m">"Home screen"</h2>
            {content}
        })
    })
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_told_in_words_that_people_know() {
        assert_eq!(size(0), "1 MB");
        assert_eq!(size(1_500_000), "2 MB");
        assert_eq!(size(64_000_000_000), "64 GB");
    }
}
