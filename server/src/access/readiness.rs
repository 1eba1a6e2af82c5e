//! Who may complete the checklist of an organisation, and who decides on it nationally.

use super::privacy::without_ground;
use super::{Access, ApproveOrganisations, Attempt, CompleteReadiness, Permit, includes};
use crate::audit::Action;
use crate::caller::Caller;
use crate::failure::Result;
use domain::role::Activity;
use serde_json::Value;

impl Access {
    /// To work on the checklist of the organisation in whose role the caller works.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (L0001).
    pub async fn to_complete_readiness(
        &self,
        caller: &Caller,
        action: Action,
        detail: Value,
    ) -> Result<Permit<CompleteReadiness>> {
        let mut attempt = without_ground(Attempt::begin(caller, action)?);
        attempt.detail = detail;
        let granted = attempt
            .role()
            .and_then(|role| includes(role, Activity::OrganisationAdmin))
            .and_then(|()| attempt.permit(()));
        self.settle(&attempt, granted).await
    }

    /// To see what waits for a national approver.
    ///
    /// # Errors
    /// `SignedOut`, `NoRole`, `RoleForbids` (L0002).
    pub async fn to_see_applications(
        &self,
        caller: &Caller,
        action: Action,
    ) -> Result<Permit<ApproveOrganisations>> {
        let attempt = without_ground(Attempt::begin(caller, action)?);
        let granted = attempt
            .role()
            .and_then(|role| includes(role, Activity::NationalApprover))
            .and_then(|()| attempt.permit(()));
        self.settle(&attempt, granted).await
    }

    /// To decide on it, which opens the records to an organisation: with a fingerprint.
    ///
    /// # Errors
    /// As [`Access::to_see_applications`], and `StepUp`.
    pub async fn to_decide_application(
        &self,
        caller: &Caller,
        action: Action,
        detail: Value,
    ) -> Result<Permit<ApproveOrganisations>> {
        let mut attempt = without_ground(Attempt::begin(caller, action)?);
        attempt.detail = detail;
        let granted = attempt
            .role()
            .and_then(|role| includes(role, Activity::NationalApprover))
            .and_then(|()| caller.stepped_up(self.clock.now()))
            .and_then(|()| attempt.permit(()));
        self.settle(&attempt, granted).await
    }
}
