//! The visit list: the patients whom one person goes to see.

/// The most patients on one list. A round has ten to twenty visits and a large ward about thirty beds: fifty has
/// room for both. It is also as many as a search shows, and fewer than the service lets one person reach in a
/// minute, so that a whole list can be taken along at once.
pub const LONGEST_VISIT_LIST: u16 = 50;
