//! Where a form is written: in the memory of the page, and a moment later, encrypted, on the device,
//! so that it survives a lock, a crash and an update.

use super::draft::Sheet;
use crate::keeping::Keeping;
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
    /// What was kept was looked for.
    looked: RwSignal<bool>,
}

impl Pad {
    /// An empty one.
    pub(crate) fn new(keeping: Keeping, form: &'static str) -> Self {
        Self {
            keeping,
            form,
            sheet: StoredValue::new(Sheet::default()),
            patient: StoredValue::new(None),
            soon: StoredValue::new(false),
            looked: RwSignal::new(false),
        }
    }

    /// The record is this patient's: what was written for them before is taken up again.
    pub(crate) fn of(self, patient: NhsNumber) {
        if self.patient.get_value() == Some(patient) {
            return;
        }
        self.patient.set_value(Some(patient));
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
                self.sheet.try_update_value(|sheet| {
                    if *sheet == Sheet::default() {
                        *sheet = kept;
                    }
                });
            }
            self.looked.try_set(true);
        });
    }

    /// Whether what was written before, if anything, is back. Reactive.
    pub(crate) fn is_ready(self) -> bool {
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
        self.looked.set(false);
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
