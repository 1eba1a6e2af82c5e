//! Where a form is written: in the memory of the page, and a moment later, encrypted, on the device,
//! so that it survives a lock, a crash and an update.

use super::draft::Sheet;
use crate::components::passkey::not_opened;
use crate::components::work::Work;
use crate::device::NoVault;
use crate::keeping::{Keeping, Safe};
use domain::NhsNumber;
use leptos::prelude::*;

/// After the last key, in milliseconds.
const A_MOMENT: u32 = 300;

/// The sheet of one flow, for the patient of the record.
#[derive(Clone, Copy)]
pub(crate) struct Pad {
    keeping: Keeping,
    form: &'static str,
    sheet: StoredValue<Sheet>,
    /// Whose it is, once known.
    patient: StoredValue<Option<NhsNumber>>,
    /// It will be kept in a moment.
    soon: StoredValue<bool>,
    /// 0 until what was kept was looked for, and one more each time that something of it came back.
    looked: RwSignal<u32>,
}

impl Pad {
    /// An empty one.
    pub(crate) fn new(keeping: Keeping, form: &'static str) -> Self {
        let pad = Self {
            keeping,
            form,
            sheet: StoredValue::new(Sheet::default()),
            patient: StoredValue::new(None),
            soon: StoredValue::new(false),
            looked: RwSignal::new(0),
        };
        // What is kept was locked when the record was opened: it is looked for again.
        Effect::new(move || {
            if keeping.safe() == Safe::Open
                && let Some(patient) = pad.patient.get_value()
            {
                pad.look(patient);
            }
        });
        pad
    }

    /// The record is this patient's: what was written for them before is taken up again.
    pub(crate) fn of(self, patient: NhsNumber) {
        if self.patient.get_value() == Some(patient) {
            return;
        }
        self.patient.set_value(Some(patient));
        self.look(patient);
    }

    fn look(self, patient: NhsNumber) {
        leptos::task::spawn_local(async move {
            let kept = match self.keeping.engine().await {
                Some(engine) => engine.draft(patient, self.form).await,
                None => None,
            };
            let kept = kept.and_then(|bytes| serde_json::from_slice::<Sheet>(&bytes).ok());
            // Unless the person has begun, or gone on to another patient.
            if self.patient.try_get_value().flatten() == Some(patient)
                && let Some(kept) = kept
            {
                let back = self.sheet.try_update_value(|sheet| {
                    let empty = *sheet == Sheet::default();
                    if empty {
                        *sheet = kept;
                    }
                    empty
                });
                if back == Some(true) {
                    self.looked.try_update(|times| *times += 1);
                }
            }
            self.looked.try_update(|times| *times = (*times).max(1));
        });
    }

    /// How often what was written before came back, and 0 until it was looked for. Reactive.
    pub(crate) fn looked(self) -> u32 {
        self.looked.get()
    }

    /// Reads it.
    pub(crate) fn with_value<T>(self, read: impl FnOnce(&Sheet) -> T) -> T {
        self.sheet.with_value(read)
    }

    /// Writes on it.
    pub(crate) fn update_value(self, write: impl FnOnce(&mut Sheet)) {
        self.sheet.update_value(write);
        self.keep();
    }

    /// Begins a new one: this one was saved, or is not wanted.
    pub(crate) fn clear(self) {
        self.sheet.set_value(Sheet::default());
        self.keep();
    }

    /// Drops it from the page. What is kept on the device stays.
    pub(crate) fn forget(self) {
        self.patient.set_value(None);
        self.looked.set(0);
        self.sheet.set_value(Sheet::default());
    }

    fn keep(self) {
        let Some(patient) = self.patient.get_value() else {
            return;
        };
        let Some(device) = self.keeping.device() else {
            return;
        };
        if self.soon.get_value() {
            return;
        }
        self.soon.set_value(true);
        leptos::task::spawn_local(async move {
            device.sleep(A_MOMENT).await;
            self.soon.try_set_value(false);
            let written = self.sheet.try_with_value(|sheet| {
                (*sheet != Sheet::default())
                    .then(|| serde_json::to_vec(sheet).ok())
                    .flatten()
            });
            let same = self.patient.try_get_value().flatten() == Some(patient);
            if let (Some(written), true, Some(engine)) = (written, same, self.keeping.engine_now())
            {
                engine.keep_draft(patient, self.form, written);
            }
        });
    }
}

/// Where nothing is written yet and what is kept is locked: perhaps the form was begun before.
pub(super) fn locked(pad: Pad) -> AnyView {
    let keeping = pad.keeping;
    let work = Work::new();
    let failed = RwSignal::new(None::<NoVault>);
    let unlock = move |_| {
        failed.set(None);
        work.once(keeping.unlock(), move |answer| failed.set(answer.err()));
    };
    (move || {
        let empty = pad.with_value(|sheet| *sheet == Sheet::default());
        (keeping.safe() == Safe::Locked && empty).then(|| {
            view! {
                <div class="nhsuk-inset-text">
                    <p>"If you began this form before, what you wrote is locked on this device."</p>
                    <button
                        class="nhsuk-button nhsuk-button--secondary nhsuk-u-margin-bottom-0"
                        type="button"
                        aria-disabled=move || work.pending().then_some("true")
                        on:click=unlock
                    >
                        "Unlock what you wrote"
                    </button>
                    <div role="alert">
                        {move || {
                            failed
                                .get()
                                .map(|none| {
                                    let (title, advice) = not_opened(none);
                                    view! { <p>{title} ". " {advice}</p> }
                                })
                        }}
                    </div>
                </div>
            }
        })
    })
    .into_any()
}
