//! What a vault looks like on disk. Nothing here touches a browser: bytes in, bytes out.
//!
//! A change of anything here is a new [`VERSION`]: people have unsent work in vaults of the old one.

use app::device::{NoVault, Shelf};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::{CommandId, PersonId, VaultId};
use domain::retention::{Fate, Seen};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The version of everything below.
pub(super) const VERSION: u8 = 1;
/// The length of an initialisation vector of AES-GCM, in bytes.
pub(super) const IV: usize = 12;
/// The length of a hashed name, in bytes.
pub(super) const NAME: usize = 32;
/// So many attempts to open a vault without the service may fail.
pub(super) const ATTEMPTS: u32 = 5;
/// The shelf on which a vault keeps the latest time that it has seen. The app's own begin at 1.
pub(super) const CLOCK: u8 = 0;
/// In the place of an expiry.
const NEVER: i64 = i64::MAX;

/// The number of a shelf in names and bindings.
pub(super) fn number(shelf: Shelf) -> u8 {
    match shelf {
        Shelf::Person => 1,
        Shelf::Visits => 2,
        Shelf::Doorstep => 3,
        Shelf::Outbox => 4,
        Shelf::Log => 5,
        Shelf::Drafts => 6,
        Shelf::Facts => 7,
    }
}

/// The shelves of what the service does not have yet.
pub(super) const OWED: [u8; 2] = [4, 5];
/// The others, but for the clock: what can be read about a person and patients.
pub(super) const READ: [u8; 5] = [1, 2, 3, 6, 7];

/// Things of that shelf are read in the order in which they were first put there. For the others nobody
/// asks: what is there by a name has one, and the log counts by itself.
pub(super) fn in_order(shelf: u8) -> bool {
    [Shelf::Visits, Shelf::Outbox].map(number).contains(&shelf)
}

/// Bytes, base64url without padding in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        BASE64_URL_SAFE_NO_PAD.decode(text).map(Self)
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        BASE64_URL_SAFE_NO_PAD.encode(bytes.0)
    }
}

/// What stands in the clear before a vault. Nothing in it tells of a person or a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// [`VERSION`].
    pub(super) version: u8,
    /// Whose it is, for whom already knows who they are: see [`owner`].
    pub(super) owner: Bytes,
    /// The domain that its passkeys are for.
    pub(super) relying_party: String,
    /// Failed attempts since it was last open.
    pub(super) failures: u32,
    /// The sequence number of the next entry.
    pub(super) next: u64,
    /// What opens it.
    pub(super) passkeys: Vec<Wrapping>,
}

/// The keys of a vault, wrapped for one passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wrapping {
    /// The passkey's credential id, base64url.
    pub(super) credential: String,
    /// The key of the data.
    pub(super) data: Wrapped,
    /// The key of the names.
    pub(super) names: Wrapped,
}

/// A wrapped key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wrapped {
    /// The initialisation vector.
    pub(super) iv: Bytes,
    /// The key, encrypted, with its tag.
    pub(super) key: Bytes,
}

impl Header {
    /// Of a new vault.
    pub(super) fn new(
        vault: VaultId,
        person: PersonId,
        relying_party: String,
        wrapping: Wrapping,
    ) -> Self {
        Self {
            version: VERSION,
            owner: owner(vault, person),
            relying_party,
            failures: 0,
            next: 1,
            passkeys: vec![wrapping],
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// `Broken` where it is damaged or of a newer version.
    pub(super) fn read(text: &str) -> Result<Self, NoVault> {
        serde_json::from_str::<Self>(text)
            .ok()
            .filter(|header| header.version == VERSION)
            .ok_or(NoVault::Broken)
    }

    /// As text.
    ///
    /// # Errors
    /// None that is known of.
    pub(super) fn write(&self) -> Result<String, NoVault> {
        serde_json::to_string(self).map_err(|_| NoVault::Broken)
    }

    /// What opens it by that passkey.
    pub(super) fn wrapping(&self, credential: &str) -> Option<&Wrapping> {
        self.passkeys
            .iter()
            .find(|wrapping| wrapping.credential == credential)
    }

    /// Lets another passkey open it, or the same one anew.
    pub(super) fn add(&mut self, wrapping: Wrapping) {
        self.passkeys
            .retain(|known| known.credential != wrapping.credential);
        self.passkeys.push(wrapping);
    }

    /// Too many attempts failed.
    pub(super) fn locked_out(&self) -> bool {
        self.failures >= ATTEMPTS
    }
}

/// What every version of a header has.
#[derive(Deserialize)]
struct Outline {
    owner: Bytes,
    #[serde(default)]
    failures: u32,
}

/// Whether a header, of whatever version, is that of a person's vault. One that cannot be read is
/// nobody's.
pub(super) fn belongs_to(text: &str, vault: VaultId, person: PersonId) -> bool {
    serde_json::from_str::<Outline>(text).is_ok_and(|outline| outline.owner == owner(vault, person))
}

/// The failed attempts of a header of whatever version.
pub(super) fn failures(text: &str) -> u32 {
    serde_json::from_str::<Outline>(text).map_or(0, |outline| outline.failures)
}

/// SHA-256 of the ids of vault and person: tells only people who know both.
pub(super) fn owner(vault: VaultId, person: PersonId) -> Bytes {
    let mut hash = Sha256::new();
    hash.update(vault.0);
    hash.update(person.0);
    Bytes(hash.finalize().to_vec())
}

/// The person of whom an authenticator says that a passkey is: sixteen bytes, base64url.
pub(super) fn person_of(user_handle: &str) -> Option<PersonId> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(user_handle).ok()?;
    Uuid::from_slice(&bytes).ok().map(PersonId)
}

/// Which key is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// AES-256-GCM, for what is kept.
    Data,
    /// HMAC-SHA-256, for its names.
    Names,
}

/// HKDF's `info` for the key that wraps the others. Its salt is the id of the vault.
pub(super) const WRAPPING_INFO: &[u8] = b"ncrs vault wrapping 1";

/// What a wrapped key is bound to: vault, passkey, and which key it is.
pub(super) fn wrapping_binding(vault: VaultId, credential: &str, key: Key) -> Vec<u8> {
    let mut binding = b"ncrs vault key".to_vec();
    binding.push(VERSION);
    binding.push(match key {
        Key::Data => 1,
        Key::Names => 2,
    });
    binding.extend(vault.0.as_bytes());
    binding.extend(credential.as_bytes());
    binding
}

/// What is hashed, with the key of the names, in the place of a name.
pub(super) fn name_bytes(shelf: u8, name: &str) -> Vec<u8> {
    let mut bytes = vec![VERSION, shelf];
    bytes.extend(name.as_bytes());
    bytes
}

/// Where an entry stands in the database: vault, shelf, hashed name. Sorts by vault, then shelf.
pub(super) fn place(vault: VaultId, shelf: u8, name: &[u8; NAME]) -> String {
    format!(
        "{}{}",
        shelf_place(vault, shelf),
        BASE64_URL_SAFE_NO_PAD.encode(name)
    )
}

/// The beginning of the places of a shelf.
pub(super) fn shelf_place(vault: VaultId, shelf: u8) -> String {
    format!("{vault}/{shelf}/")
}

/// The beginning of the places of a vault.
pub(super) fn vault_place(vault: VaultId) -> String {
    format!("{vault}/")
}

/// The beginning of what is sealed beside vaults, in the store of what belongs to the device: it
/// outlasts the vault, and an app that does not know of it takes no notice.
pub(super) const COPIES: &str = "copy/";

/// The beginning of what is sealed beside a vault.
pub(super) fn copies_place(vault: VaultId) -> String {
    format!("{COPIES}{vault}/")
}

/// Where the copies of its changes begin.
pub(super) fn changes_place(vault: VaultId) -> String {
    format!("{}change/", copies_place(vault))
}

/// Where the copy of a change stands.
pub(super) fn change_place(vault: VaultId, id: CommandId) -> String {
    format!("{}{id}", changes_place(vault))
}

/// Where the copy of an entry of its log stands. They sort by number.
pub(super) fn entry_place(vault: VaultId, seq: u64) -> String {
    format!("{}entry/{seq:020}", copies_place(vault))
}

/// Where it stands to which key all that is not sent is sealed.
pub(super) fn sealed_to_place(vault: VaultId) -> String {
    format!("{}to", copies_place(vault))
}

/// Where it stands that the vault was wiped.
pub(super) fn wiped_place(vault: VaultId) -> String {
    format!("{}wiped", copies_place(vault))
}

/// What stands at a place of something sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    /// Of a change.
    Change,
    /// Of an entry of the log.
    Entry,
    /// The note that the vault was wiped.
    Wiped,
    /// Another note.
    Note,
}

/// Of which vault something sealed is, and what it is.
pub(super) fn copy_at(place: &str) -> Option<(VaultId, Copy)> {
    let (vault, rest) = place.strip_prefix(COPIES)?.split_once('/')?;
    let copy = match rest.split_once('/') {
        Some(("change", _)) => Copy::Change,
        Some(("entry", _)) => Copy::Entry,
        None if rest == "wiped" => Copy::Wiped,
        _ => Copy::Note,
    };
    Some((vault.parse().ok()?, copy))
}

/// The hashed name in a place.
pub(super) fn name_in(place: &str) -> Option<[u8; NAME]> {
    let (_, name) = place.rsplit_once('/')?;
    BASE64_URL_SAFE_NO_PAD.decode(name).ok()?.try_into().ok()
}

/// Something kept: version, sequence number and expiry in the clear, then the encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its turn among the others of the vault. It keeps it when it is changed.
    pub(super) sequence: u64,
    /// When it is gone.
    pub(super) expires: Option<Timestamp>,
    /// The initialisation vector.
    pub(super) iv: [u8; IV],
    /// The value, encrypted, with its tag.
    pub(super) sealed: Vec<u8>,
}

impl Entry {
    /// As bytes.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(micros(self.expires).to_be_bytes());
        bytes.extend(self.iv);
        bytes.extend(&self.sealed);
        bytes
    }

    /// Reads one.
    ///
    /// # Errors
    /// `Broken` where it is too short or of a newer version.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, NoVault> {
        fn parts(bytes: &[u8]) -> Option<Entry> {
            let (&[version], rest) = bytes.split_first_chunk()?;
            let (sequence, rest) = rest.split_first_chunk()?;
            let (expires, rest) = rest.split_first_chunk()?;
            let (iv, sealed) = rest.split_first_chunk()?;
            (version == VERSION).then_some(())?;
            let expires = match i64::from_be_bytes(*expires) {
                NEVER => None,
                micros => Some(Timestamp::from_microsecond(micros).ok()?),
            };
            Some(Entry {
                sequence: u64::from_be_bytes(*sequence),
                expires,
                iv: *iv,
                sealed: sealed.to_vec(),
            })
        }
        parts(bytes).ok_or(NoVault::Broken)
    }

    /// Whether it is gone at that time.
    pub(super) fn fate(&self, seen: Seen, now: Timestamp) -> Fate {
        self.expires
            .map_or(Fate::Shown, |expires| seen.fate(expires, now))
    }
}

/// What the encryption of an entry is bound to: version, vault, shelf, hashed name, expiry and
/// sequence number.
pub(super) fn binding(
    vault: VaultId,
    shelf: u8,
    name: &[u8; NAME],
    expires: Option<Timestamp>,
    sequence: u64,
) -> Vec<u8> {
    let mut binding = b"ncrs vault entry".to_vec();
    binding.push(VERSION);
    binding.extend(vault.0.as_bytes());
    binding.push(shelf);
    binding.extend(name);
    binding.extend(micros(expires).to_be_bytes());
    binding.extend(sequence.to_be_bytes());
    binding
}

/// An expiry in whole microseconds since 1970.
fn micros(expires: Option<Timestamp>) -> i64 {
    expires.map_or(NEVER, Timestamp::as_microsecond)
}

/// What the device has seen of time, as it is encrypted.
pub(super) fn clock_bytes(seen: &Seen) -> Vec<u8> {
    // Two times are always written.
    serde_json::to_vec(seen).unwrap_or_default()
}

/// The other way round.
pub(super) fn clock_in(bytes: &[u8]) -> Option<Seen> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: VaultId = VaultId(Uuid::from_u128(0x11111111_2222_4333_8444_555555555555));
    const PERSON: PersonId = PersonId(Uuid::from_u128(0xaaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee));

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn time() -> Timestamp {
        "2026-03-01T08:30:00Z".parse().unwrap()
    }

    fn header() -> Header {
        let wrapped = |byte: u8| Wrapped {
            iv: Bytes(vec![byte; IV]),
            key: Bytes(vec![byte; 4]),
        };
        let wrapping = Wrapping {
            credential: "cred".to_owned(),
            data: wrapped(1),
            names: wrapped(2),
        };
        Header::new(VAULT, PERSON, "ncrs.example".to_owned(), wrapping)
    }

    fn entry() -> Entry {
        Entry {
            sequence: 7,
            expires: Some(time()),
            iv: [9; IV],
            sealed: vec![1, 2, 3],
        }
    }

    /// What is on people's devices already. If one of these fails, raise the version and read both.
    #[test]
    fn nothing_on_disk_changes_by_accident() {
        assert_eq!(
            header().write().unwrap(),
            r#"{"version":1,"owner":"v9i7IDM4R8kjjjL5RnrDP_6VuVuLMs1VlP7tAXoovBA","relying_party":"ncrs.example","failures":0,"next":1,"passkeys":[{"credential":"cred","data":{"iv":"AQEBAQEBAQEBAQEB","key":"AQEBAQ"},"names":{"iv":"AgICAgICAgICAgIC","key":"AgICAg"}}]}"#
        );
        assert_eq!(
            hex(&entry().write()),
            "01000000000000000700064bf246aa5200090909090909090909090909010203"
        );
        assert_eq!(
            hex(&binding(VAULT, 2, &[5; NAME], Some(time()), 7)),
            "6e637273207661756c7420656e747279011111111122224333844455555555555502050505050505050505050505050505050505050505050505050505050505050500064bf246aa52000000000000000007"
        );
        assert_eq!(
            hex(&binding(VAULT, 2, &[5; NAME], None, 7)),
            "6e637273207661756c7420656e74727901111111112222433384445555555555550205050505050505050505050505050505050505050505050505050505050505057fffffffffffffff0000000000000007"
        );
        assert_eq!(
            hex(&wrapping_binding(VAULT, "cred", Key::Data)),
            "6e637273207661756c74206b657901011111111122224333844455555555555563726564"
        );
        assert_eq!(
            hex(&wrapping_binding(VAULT, "cred", Key::Names)),
            "6e637273207661756c74206b657901021111111122224333844455555555555563726564"
        );
        assert_eq!(WRAPPING_INFO, b"ncrs vault wrapping 1");
        assert_eq!(hex(&name_bytes(4, "visit")), "01047669736974");
        assert_eq!(
            place(VAULT, 4, &[5; NAME]),
            "11111111-2222-4333-8444-555555555555/4/BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
        );
        let seen = clock_bytes(&Seen::told(time()));
        assert_eq!(
            String::from_utf8(seen).unwrap(),
            r#"{"latest":"2026-03-01T08:30:00Z","sure":"2026-03-01T08:30:00Z"}"#
        );
    }

    #[test]
    fn what_is_sealed_has_its_place() {
        let id = CommandId(Uuid::from_u128(7));
        let of = "copy/11111111-2222-4333-8444-555555555555/";
        assert_eq!(copies_place(VAULT), of);
        assert_eq!(
            change_place(VAULT, id),
            format!("{of}change/00000000-0000-0000-0000-000000000007")
        );
        assert_eq!(
            entry_place(VAULT, 42),
            format!("{of}entry/00000000000000000042")
        );
        assert!(entry_place(VAULT, 9) < entry_place(VAULT, 10));
        assert_eq!(
            copy_at(&change_place(VAULT, id)),
            Some((VAULT, Copy::Change))
        );
        assert_eq!(copy_at(&entry_place(VAULT, 1)), Some((VAULT, Copy::Entry)));
        assert_eq!(copy_at(&wiped_place(VAULT)), Some((VAULT, Copy::Wiped)));
        assert_eq!(copy_at(&sealed_to_place(VAULT)), Some((VAULT, Copy::Note)));
        assert_eq!(copy_at("salt"), None);
        assert_eq!(copy_at("copy/nobody/entry/1"), None);
    }

    #[test]
    fn shelves_keep_their_numbers() {
        let shelves = [
            Shelf::Person,
            Shelf::Visits,
            Shelf::Doorstep,
            Shelf::Outbox,
            Shelf::Log,
            Shelf::Drafts,
            Shelf::Facts,
        ];
        assert_eq!(shelves.map(number), [1, 2, 3, 4, 5, 6, 7]);
        assert!(!shelves.map(number).contains(&CLOCK));
        assert_eq!([Shelf::Outbox, Shelf::Log].map(number), OWED);
        let mut all = [OWED.as_slice(), READ.as_slice()].concat();
        all.sort_unstable();
        assert_eq!(all, shelves.map(number));
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let text = header().write().unwrap();
        assert_eq!(Header::read(&text), Ok(header()));
        assert!(belongs_to(&text, VAULT, PERSON));
        assert!(!belongs_to(&text, VAULT, PersonId(VAULT.0)));
        assert!(!belongs_to(&text, VaultId(PERSON.0), PERSON));
    }

    #[test]
    fn a_newer_header_is_refused_and_still_somebodys() {
        let newer = header()
            .write()
            .unwrap()
            .replace(r#""version":1"#, r#""version":2"#)
            .replace(r#""failures":0"#, r#""failures":3,"more":true"#);
        assert_eq!(Header::read(&newer), Err(NoVault::Broken));
        assert!(belongs_to(&newer, VAULT, PERSON));
        assert_eq!(failures(&newer), 3);
        assert_eq!(Header::read("{}"), Err(NoVault::Broken));
        assert!(!belongs_to("{}", VAULT, PERSON));
        assert_eq!(failures("damaged"), 0);
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        assert_eq!(Entry::read(&entry().write()), Ok(entry()));
        let forever = Entry {
            expires: None,
            ..entry()
        };
        assert_eq!(Entry::read(&forever.write()), Ok(forever));
    }

    #[test]
    fn a_newer_or_cut_entry_is_refused() {
        let mut newer = entry().write();
        newer[0] = VERSION + 1;
        assert_eq!(Entry::read(&newer), Err(NoVault::Broken));
        let cut = entry().write();
        assert_eq!(Entry::read(&cut[..28]), Err(NoVault::Broken));
    }

    #[test]
    fn an_entry_is_gone_from_its_last_moment_on() {
        let before = time() - jiff::Span::new().microseconds(1);
        let fate = |at| entry().fate(Seen::told(at), at);
        assert_eq!(fate(before), Fate::Shown);
        assert_eq!(fate(time()), Fate::Over);
        let forever = Entry {
            expires: None,
            ..entry()
        };
        let end = Timestamp::MAX;
        assert_eq!(forever.fate(Seen::told(end), end), Fate::Shown);
    }

    #[test]
    fn a_binding_differs_by_every_part() {
        let name = [5; NAME];
        let usual = binding(VAULT, 2, &name, Some(time()), 7);
        let others = [
            binding(VaultId(PERSON.0), 2, &name, Some(time()), 7),
            binding(VAULT, 3, &name, Some(time()), 7),
            binding(VAULT, 2, &[6; NAME], Some(time()), 7),
            binding(VAULT, 2, &name, None, 7),
            binding(VAULT, 2, &name, Some(time()), 8),
        ];
        assert!(others.iter().all(|other| *other != usual));
        let wrapped = wrapping_binding(VAULT, "cred", Key::Data);
        assert_ne!(wrapped, wrapping_binding(VAULT, "cred", Key::Names));
        assert_ne!(wrapped, wrapping_binding(VAULT, "other", Key::Data));
        assert_ne!(
            wrapped,
            wrapping_binding(VaultId(PERSON.0), "cred", Key::Data)
        );
    }

    #[test]
    fn a_name_is_found_in_its_place() {
        assert_eq!(name_in(&place(VAULT, 4, &[5; NAME])), Some([5; NAME]));
        assert_eq!(name_in("nowhere"), None);
        assert!(place(VAULT, 4, &[5; NAME]).starts_with(&shelf_place(VAULT, 4)));
        assert!(shelf_place(VAULT, 4).starts_with(&vault_place(VAULT)));
    }

    #[test]
    fn a_passkey_is_added_once() {
        let mut header = header();
        let again = Wrapping {
            names: header.passkeys[0].data.clone(),
            ..header.passkeys[0].clone()
        };
        header.add(again.clone());
        assert_eq!(header.passkeys, [again]);
        assert!(header.wrapping("other").is_none());
    }

    #[test]
    fn the_fifth_failure_locks_out() {
        let mut header = header();
        header.failures = ATTEMPTS - 1;
        assert!(!header.locked_out());
        header.failures = ATTEMPTS;
        assert!(header.locked_out());
    }

    #[test]
    fn the_authenticator_names_the_person() {
        let handle = BASE64_URL_SAFE_NO_PAD.encode(PERSON.0);
        assert_eq!(person_of(&handle), Some(PERSON));
        assert_eq!(person_of("short"), None);
    }

    #[test]
    fn times_are_kept_exactly() {
        let seen = Seen::told(time());
        assert_eq!(clock_in(&clock_bytes(&seen)), Some(seen));
        assert_eq!(clock_in(b"short"), None);
    }
}
