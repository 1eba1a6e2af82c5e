//! Which opening of the vault stands, where several are under way, or it is locked meanwhile.
//!
//! An opening takes as long as the person, the service and the storage need, and others may begin before it
//! has ended: the sign-in opens the vault, the person turns on saving, another tab locks. What an opening
//! comes to counts by the order in which they began, never by that in which they ended:
//!
//! | what happens                               | nothing is open            | it is open                        |
//! |--------------------------------------------|----------------------------|-----------------------------------|
//! | an opening succeeded, and is the newest that did | it is open           | it is open, by the newer          |
//! | an opening succeeded, after a newer one    | -                          | stays open by the newer           |
//! | an opening succeeded that began before a lock | stays locked            | stays open by the one after the lock |
//! | an opening failed, and none began since    | what it failed of is told  | stays open                        |
//! | an opening failed, and another began since | what becomes of that counts | stays open                       |
//! | someone looked what is there               | told, where none began since | stays open                      |
//! | it is locked                               | openings under way are void | it is locked                     |
//!
//! So a lock that was asked for while an opening is under way wins over it, and one from before loses: that
//! is what the person did last.

/// An opening that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what it comes to has to be told"]
pub struct Opening(u64);

/// What becomes of an opening that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is the one by which the vault is open.
    Stands,
    /// A newer one was quicker: this one is dropped.
    Superseded,
    /// It was locked meanwhile: what was opened is closed again.
    Locked,
}

/// The openings of a page.
#[derive(Debug, Default)]
pub struct Openings {
    /// How many began.
    begun: u64,
    /// The one by which the vault is open.
    open: Option<u64>,
    /// Those up to this one are void.
    locked: u64,
}

impl Openings {
    /// One begins.
    pub fn begin(&mut self) -> Opening {
        self.begun = self.begun.saturating_add(1);
        Opening(self.begun)
    }

    /// It succeeded.
    pub fn succeeded(&mut self, Opening(this): Opening) -> Opened {
        if this <= self.locked {
            Opened::Locked
        } else if self.open.is_some_and(|open| open > this) {
            Opened::Superseded
        } else {
            self.open = Some(this);
            Opened::Stands
        }
    }

    /// It failed. Whether that is to be told.
    #[must_use]
    pub fn failed(&self, Opening(this): Opening) -> bool {
        self.open.is_none() && this == self.begun && this > self.locked
    }

    /// Someone begins to look what is there.
    pub fn look(&self) -> Opening {
        Opening(self.begun)
    }

    /// They saw it. Whether that is to be told.
    #[must_use]
    pub fn seen(&self, Opening(since): Opening) -> bool {
        self.open.is_none() && since == self.begun
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// It is locked.
    pub fn lock(&mut self) {
        self.locked = self.begun;
        self.open = None;
    }
}
