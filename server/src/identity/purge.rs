//! Removes what time has made useless.

use super::session::{self, Which};
use super::{Event, Identity, micros, notices};
use crate::failure::Result;
use jiff::SignedDuration;

/// For how long a code is kept after it expired: to answer, for a while, when it was used.
const KEEP_CODES: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Removes sessions past their end, ceremonies that nobody ended, old codes and old notices.
///
/// # Errors
/// Where the database does not answer: the next purge does the same work.
pub async fn purge(identity: &Identity) -> Result<()> {
    let now = identity.now();
    for ended in session::end(identity.db.write(), Which::Past(now)).await? {
        identity.tell(Event::Ended(ended)).await;
    }
    sqlx::query("delete from ceremony where expires_at <= $1")
        .bind(micros(now))
        .execute(identity.db.write())
        .await?;
    sqlx::query("delete from enrolment_code where expires_at <= $1")
        .bind(micros(now - KEEP_CODES))
        .execute(identity.db.write())
        .await?;
    notices::forget_old(&identity.db, now).await
}
