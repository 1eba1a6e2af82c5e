//! Asking the server, with what a person does meanwhile taken into account.

use leptos::prelude::*;
use std::future::Future;

/// Work that is under way. Copy it into the handlers that start it and the parts that show it.
#[derive(Clone, Copy)]
pub struct Work {
    latest: StoredValue<u64>,
    pending: RwSignal<bool>,
}

impl Default for Work {
    fn default() -> Self {
        Self::new()
    }
}

impl Work {
    /// Nothing is under way.
    pub fn new() -> Self {
        Self {
            latest: StoredValue::new(0),
            pending: RwSignal::new(false),
        }
    }

    /// Whether something is under way. Reactive where it is read.
    pub fn pending(self) -> bool {
        self.pending.get()
    }

    /// Whether something is under way now, for handlers.
    pub fn busy(self) -> bool {
        self.pending.try_get_untracked().unwrap_or_default()
    }

    /// Starts it and takes the answer, unless something newer was started since, or the screen is
    /// gone: a late answer to an old question is dropped.
    pub fn latest<T: 'static>(
        self,
        work: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        let turn = self.latest.try_update_value(|latest| {
            *latest += 1;
            *latest
        });
        self.pending.try_set(true);
        // The answer is taken where the question was asked, so that the contexts of the screen are
        // there. Weakly: waiting must not keep a screen that is gone.
        let owner = Owner::current().map(|owner| owner.downgrade());
        leptos::task::spawn_local(async move {
            let answer = work.await;
            if turn.is_some() && self.latest.try_get_value() == turn {
                self.pending.try_set(false);
                match owner.and_then(|owner| owner.upgrade()) {
                    Some(owner) => owner.with(|| then(answer)),
                    None => then(answer),
                }
            }
        });
    }

    /// Starts it unless it is under way already: a second tap does nothing.
    pub fn once<T: 'static>(
        self,
        work: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        if !self.busy() {
            self.latest(work, then);
        }
    }

    /// Forgets what is under way: its answer will be dropped.
    pub fn forget(self) {
        self.latest.try_update_value(|latest| *latest += 1);
        self.pending.try_set(false);
    }
}
