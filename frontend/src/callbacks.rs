//! Who wants to be told.

use std::cell::RefCell;
use std::rc::Rc;

type Listening<T> = Rc<dyn Fn(T)>;

/// What is called back when something happens, for as long as the page lives.
#[derive(Clone)]
pub(crate) struct Callbacks<T = ()>(Rc<RefCell<Vec<Listening<T>>>>);

impl<T> Default for Callbacks<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T: Copy> Callbacks<T> {
    /// Adds one.
    pub(crate) fn add(&self, tell: impl Fn(T) + 'static) {
        self.0.borrow_mut().push(Rc::new(tell));
    }

    /// Calls all of them, in the order in which they came.
    pub(crate) fn tell(&self, what: T) {
        // They may add others meanwhile.
        let all = self.0.borrow().clone();
        for tell in all {
            tell(what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn everyone_is_told_and_may_bring_others() {
        let callbacks = Callbacks::default();
        let heard = Rc::new(Cell::new(0));
        let (all, count) = (callbacks.clone(), heard.clone());
        callbacks.add(move |by| {
            count.set(count.get() + by);
            let count = count.clone();
            all.add(move |by| count.set(count.get() + by * 100));
        });
        callbacks.tell(1);
        assert_eq!(heard.get(), 1);
        callbacks.tell(2);
        assert_eq!(heard.get(), 203);
    }
}
