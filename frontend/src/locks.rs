//! Work that one tab does for all of them (Web Locks).

use crate::js::{ask, member, set_member};
use app::device::Later;
use js_sys::{Array, Object};
use leptos::prelude::window;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::future_to_promise;

/// Does the work while no other tab does work of that name, and says whether it did. A browser
/// without locks just does it: twice is safe for all that the app does, only wasteful.
pub(crate) async fn alone(name: &str, work: Later<()>) -> bool {
    let work = Rc::new(RefCell::new(Some(work)));
    match request(name, work.clone()).await {
        Ok(done) => done.as_bool() == Some(true),
        Err(_) => {
            let left = work.borrow_mut().take();
            match left {
                Some(work) => {
                    work.await;
                    true
                }
                None => false,
            }
        }
    }
}

async fn request(name: &str, work: Rc<RefCell<Option<Later<()>>>>) -> Result<JsValue, JsValue> {
    let locks = member(&window().navigator(), "locks")?;
    let options = Object::new();
    set_member(&options, "ifAvailable", &JsValue::TRUE)?;
    let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        if lock.is_null() {
            return JsValue::FALSE;
        }
        match work.borrow_mut().take() {
            Some(work) => future_to_promise(async move {
                work.await;
                Ok(JsValue::TRUE)
            })
            .into(),
            None => JsValue::FALSE,
        }
    });
    ask(
        &locks,
        "request",
        &Array::of3(&name.into(), &options, &granted),
    )
    .await
}
