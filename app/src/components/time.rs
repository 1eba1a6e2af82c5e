//! Times as people say them.

use domain::clock::{clock_time, long_time, uk_date};
use jiff::Timestamp;

/// "10:42am today", "10:42am tomorrow", "10:42am yesterday", or the whole date.
pub fn when(at: Timestamp, now: Timestamp) -> String {
    let (day, today) = (uk_date(at), uk_date(now));
    if day == today {
        format!("{} today", clock_time(at))
    } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == day) {
        format!("{} tomorrow", clock_time(at))
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == day) {
        format!("{} yesterday", clock_time(at))
    } else {
        long_time(at)
    }
}
