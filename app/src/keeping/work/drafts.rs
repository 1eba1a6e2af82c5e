//! Forms that are half filled in: they survive a lock, a crash and an update.

use super::Keeper;
use crate::device::{Keep, Shelf};
use domain::NhsNumber;
use jiff::SignedDuration;
use std::rc::Rc;

/// After this a form is begun anew.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

fn name(patient: NhsNumber, form: &str) -> String {
    format!("{form} {}", patient.digits())
}

impl Keeper {
    pub(super) async fn kept_draft(
        self: Rc<Self>,
        patient: NhsNumber,
        form: &'static str,
    ) -> Option<Vec<u8>> {
        let vault = self.vault().ok()?;
        vault.get(Shelf::Drafts, &name(patient, form)).await.ok()?
    }

    /// Where the vault is locked or full, the form is in the page only, as without a vault.
    pub(super) async fn put_draft(
        self: Rc<Self>,
        patient: NhsNumber,
        form: &'static str,
        draft: Option<Vec<u8>>,
    ) {
        let Ok(vault) = self.vault() else { return };
        let name = name(patient, form);
        let shelf = Shelf::Drafts;
        let change = match draft {
            Some(value) => Keep::Put {
                shelf,
                name,
                value,
                expires: self.device.now().checked_add(KEPT).ok(),
            },
            None => Keep::Remove { shelf, name },
        };
        self.keeping_drafts.update(|many| many + 1);
        let _ = vault.keep(vec![change]).await;
        self.keeping_drafts.update(|many| many.saturating_sub(1));
    }
}
