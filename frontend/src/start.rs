//! How the app starts: in short tasks, so that what a person does meanwhile is heard, on a slow phone too.
//!
//! The page is there after the first. What the screens begin by themselves then waits for its turn, in the
//! order in which it was begun; when nothing waits any more, each is begun at once.

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use gloo_timers::future::TimeoutFuture;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;
use wasm_bindgen_futures::spawn_local;

/// For how long one is begun after the other before the browser has its turn, in milliseconds.
const SLICE: f64 = 8.0;

thread_local! {
    static STARTING: Cell<bool> = const { Cell::new(false) };
    static WAITING: RefCell<VecDeque<PinnedLocalFuture<()>>> = const { RefCell::new(VecDeque::new()) };
}

struct InTurn;

impl CustomExecutor for InTurn {
    fn spawn(&self, future: PinnedFuture<()>) {
        self.spawn_local(future);
    }

    fn spawn_local(&self, future: PinnedLocalFuture<()>) {
        if STARTING.get() {
            WAITING.with_borrow_mut(|waiting| waiting.push_back(future));
        } else {
            spawn_local(future);
        }
    }

    fn poll_local(&self) {}
}

/// Mounts the app, then begins what it wants to do, then says that it is ready.
pub(crate) fn in_turn(mount: impl FnOnce(), ready: impl FnOnce() + 'static) {
    // Where leptos has an executor already, it begins everything at once.
    STARTING.set(Executor::init_custom_executor(InTurn).is_ok());
    mount();
    spawn_local(async move {
        TimeoutFuture::new(0).await;
        let mut since = js_sys::Date::now();
        while let Some(next) = WAITING.with_borrow_mut(VecDeque::pop_front) {
            spawn_local(next);
            begun().await;
            if js_sys::Date::now() - since >= SLICE {
                TimeoutFuture::new(0).await;
                since = js_sys::Date::now();
            }
        }
        STARTING.set(false);
        ready();
    });
}

/// Waits until what was spawned before has begun.
async fn begun() {
    let mut behind = false;
    poll_fn(|context| {
        if behind {
            return Poll::Ready(());
        }
        behind = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
