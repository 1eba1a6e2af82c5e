//! An entry as it is kept, and its bytes as they are hashed.

use crate::store::{Value, column};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use std::fmt;

/// The format in which entries are hashed now. Every entry keeps its own, so that what was hashed
/// in an earlier one still verifies.
pub(super) const FORMAT: i64 = 2;

macro_rules! row {
    ($($(#[$doc:meta])* $column:ident: $type:ty,)+) => {
        /// An entry as it is kept and hashed: the columns of `audit_entry` beside its place and its
        /// links, by their names and in their order.
        #[derive(Clone, PartialEq, Eq, Deserialize)]
        pub(super) struct Row {
            $($(#[$doc])* pub(super) $column: $type,)+
        }

        /// The columns, for `select`.
        pub(super) const COLUMNS: &str = first_and_rest!($($column)+);

        /// Puts entries in: what [`Row::values`] gives.
        pub(super) const INSERT: &str = concat!(
            "insert into audit_entry (lane, seq, ", $(stringify!($column), ", ",)+ "prev, hash)"
        );

        /// How many columns there are.
        pub(super) const WIDTH: usize = [$(stringify!($column)),+].len();

        impl Row {
            /// From the columns of a row, from that one on.
            pub(super) fn read(found: &AnyRow, from: usize) -> Result<Self, sqlx::Error> {
                let mut position = from..;
                let mut next = || position.next().unwrap_or_default();
                Ok(Self { $($column: column(found, next())?,)+ })
            }

            /// For [`INSERT`].
            pub(super) fn values(
                self,
                lane: i64,
                seq: i64,
                prev: Vec<u8>,
                hash: Vec<u8>,
            ) -> [Value; WIDTH + 4] {
                [lane.into(), seq.into(), $(self.$column.into(),)+ prev.into(), hash.into()]
            }
        }
    };
}

macro_rules! first_and_rest {
    ($first:ident $($rest:ident)*) => {
        concat!(stringify!($first), $(", ", stringify!($rest)),*)
    };
}

row! {
    /// 1 or 2: see [`Row::hash`].
    format: i64,
    /// When it happened, in UTC microseconds.
    at: i64,
    /// When the service had it.
    received: Option<i64>,
    /// 1 where it happened on a device without the service.
    offline: Option<i64>,
    correlation: String,
    person: String,
    name: Option<String>,
    role: Option<String>,
    job: Option<String>,
    organisation: Option<String>,
    organisation_name: Option<String>,
    session: String,
    device: String,
    app_version: Option<String>,
    screen: Option<String>,
    context: Option<String>,
    encounter: Option<String>,
    action: String,
    outcome: String,
    fault: Option<String>,
    ground: Option<String>,
    reason_code: Option<String>,
    /// A JSON list of NHS numbers.
    patients: String,
    reason: Option<String>,
    /// A JSON object.
    detail: String,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row(hidden)")
    }
}

/// What the first entry of a lane continues.
pub(super) fn genesis(lane: i64) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(b"ncrs audit lane ");
    hash.update(lane.to_be_bytes());
    hash.finalize().to_vec()
}

impl Row {
    /// The hash of the entry at that place after `prev`; `None` where the entry is of no format, or
    /// says what its format does not have.
    ///
    /// Every text goes in with its length before it, so that no two entries have the same bytes.
    ///
    /// | format | bytes                                                                           |
    /// |--------|---------------------------------------------------------------------------------|
    /// | 1      | each field after a byte 1 and its length (8 bytes), or a byte 0 for null        |
    /// | 2      | `ncrs audit 2`; lane, seq, at, received, offline (8 bytes each); each text, the hash before it first, after its length and one (4 bytes), or four bytes 0 for null |
    pub(super) fn hash(&self, lane: i64, seq: i64, prev: &[u8]) -> Option<Vec<u8>> {
        match self.format {
            1 => self.hash_1(lane, seq, prev),
            2 => self.hash_2(lane, seq, prev),
            _ => None,
        }
    }

    fn hash_1(&self, lane: i64, seq: i64, prev: &[u8]) -> Option<Vec<u8>> {
        let later = [
            &self.name,
            &self.organisation_name,
            &self.app_version,
            &self.screen,
            &self.context,
            &self.encounter,
            &self.fault,
            &self.ground,
            &self.reason_code,
        ];
        if self.received.is_some()
            || self.offline.is_some()
            || later.iter().any(|text| text.is_some())
        {
            return None;
        }
        let mut hash = Sha256::new();
        let mut field = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => {
                hash.update([1]);
                hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(bytes);
            }
            None => hash.update([0]),
        };
        field(Some(b"ncrs audit 1"));
        field(Some(prev));
        for number in [lane, seq, self.at] {
            field(Some(&number.to_be_bytes()));
        }
        for text in [
            Some(&self.correlation),
            Some(&self.person),
            self.role.as_ref(),
            self.job.as_ref(),
            self.organisation.as_ref(),
            Some(&self.session),
            Some(&self.device),
            Some(&self.action),
            Some(&self.outcome),
            Some(&self.patients),
            self.reason.as_ref(),
            Some(&self.detail),
        ] {
            field(text.map(|text| text.as_bytes()));
        }
        Some(hash.finalize().to_vec())
    }

    fn hash_2(&self, lane: i64, seq: i64, prev: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(b"ncrs audit 2");
        for number in [lane, seq, self.at, self.received?, self.offline?] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        let mut field = |text: Option<&[u8]>| {
            let length = text.map_or(0, |text| {
                u32::try_from(text.len()).map_or(u32::MAX, |length| length.saturating_add(1))
            });
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(text.unwrap_or_default());
        };
        field(Some(prev));
        for text in [
            Some(&self.correlation),
            Some(&self.person),
            self.name.as_ref(),
            self.role.as_ref(),
            self.job.as_ref(),
            self.organisation.as_ref(),
            self.organisation_name.as_ref(),
            Some(&self.session),
            Some(&self.device),
            self.app_version.as_ref(),
            self.screen.as_ref(),
            self.context.as_ref(),
            self.encounter.as_ref(),
            Some(&self.action),
            Some(&self.outcome),
            self.fault.as_ref(),
            self.ground.as_ref(),
            self.reason_code.as_ref(),
            Some(&self.patients),
            self.reason.as_ref(),
            Some(&self.detail),
        ] {
            field(text.map(|text| text.as_bytes()));
        }
        // Twice as fast as `sha2` where the processor has no instructions for it.
        Some(digest(&SHA256, &bytes).as_ref().to_vec())
    }

    /// The patients, in order; none where they cannot be read.
    pub(super) fn subjects(&self) -> Vec<String> {
        let mut patients: Vec<String> = serde_json::from_str(&self.patients).unwrap_or_default();
        patients.sort();
        patients
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// An entry of the first format.
    pub(crate) fn old() -> Row {
        Row {
            format: 1,
            at: 1_700_000_000_000_000,
            received: None,
            offline: None,
            correlation: "c".into(),
            person: "p".into(),
            name: None,
            role: None,
            job: Some("Nurse".into()),
            organisation: None,
            organisation_name: None,
            session: "s".into(),
            device: "d".into(),
            app_version: None,
            screen: None,
            context: None,
            encounter: None,
            action: "search".into(),
            outcome: "allowed".into(),
            fault: None,
            ground: None,
            reason_code: None,
            patients: "[]".into(),
            reason: None,
            detail: "{}".into(),
        }
    }

    /// An entry of the second, which says something in every field.
    pub(crate) fn new() -> Row {
        Row {
            format: 2,
            received: Some(1_700_000_060_000_000),
            offline: Some(1),
            name: Some("Hannah Ashby".into()),
            role: Some("r".into()),
            organisation: Some("RX1".into()),
            organisation_name: Some("A trust".into()),
            app_version: Some("1.0".into()),
            screen: Some("record/summary".into()),
            context: Some("x".into()),
            encounter: Some("e".into()),
            fault: Some("user".into()),
            ground: Some("emergency".into()),
            reason_code: Some("emergency".into()),
            patients: "[\"9990402132\"]".into(),
            reason: Some("Collapsed".into()),
            ..old()
        }
    }

    fn hex(row: &Row, lane: i64, seq: i64, prev: &[u8]) -> String {
        HEXLOWER.encode(&row.hash(lane, seq, prev).unwrap())
    }

    /// The bytes that were hashed last year have to hash the same next year.
    #[test]
    fn hashes_stay_as_they_are() {
        insta::assert_snapshot!(HEXLOWER.encode(&genesis(0)), @"5f1f567fe73b9389c09efe45dffc3253e3405ff92608a6fc6aeec3be5a96f01e");
        insta::assert_snapshot!(hex(&old(), 0, 1, &genesis(0)), @"882a5a7cba85ec644bb5040bf657313f4e88a1327d1000091eb7391b3e70632a");
        insta::assert_snapshot!(hex(&new(), 0, 1, &genesis(0)), @"0b2dfe4a4421edb0a3062d3ddf1f48271fea708cfc785c593b4cbf539ff98440");
    }

    #[test]
    fn a_text_does_not_move_to_the_next_field_unseen() {
        for row in [old(), new()] {
            let mut moved = row.clone();
            moved.role = moved.job.take();
            assert_ne!(moved.hash(0, 1, b""), row.hash(0, 1, b""));
            assert_ne!(row.hash(0, 1, b""), row.hash(0, 2, b""));
            assert_ne!(row.hash(0, 1, b""), row.hash(1, 1, b""));
            assert_ne!(row.hash(0, 1, b""), row.hash(0, 1, b"x"));
        }
        let null = Row {
            reason: None,
            ..new()
        };
        let empty = Row {
            reason: Some(String::new()),
            ..new()
        };
        assert_ne!(null.hash(0, 1, b""), empty.hash(0, 1, b""));
    }

    #[test]
    fn an_entry_says_only_what_its_format_has() {
        for other in [0, 3, -1] {
            assert_eq!(
                Row {
                    format: other,
                    ..new()
                }
                .hash(0, 1, b""),
                None
            );
        }
        assert_eq!(Row { format: 1, ..new() }.hash(0, 1, b""), None);
        assert_eq!(Row { format: 2, ..old() }.hash(0, 1, b""), None);
        let named = Row {
            name: Some("Someone".into()),
            ..old()
        };
        assert_eq!(named.hash(0, 1, b""), None);
    }
}
