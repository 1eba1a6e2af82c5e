//! What browsers have and `web-sys` has no stable names for.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A member, `undefined` where there is none.
pub(crate) fn member(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(of, &name.into())
}

/// Sets a member.
pub(crate) fn set_member(of: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(of, &name.into(), value).map(drop)
}

/// Whether there is such a member, whatever its value.
pub(crate) fn has_member(of: &JsValue, name: &str) -> bool {
    Reflect::has(of, &name.into()).unwrap_or(false)
}

/// Calls a method.
pub(crate) fn call(of: &JsValue, name: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    let method: Function = member(of, name)?.dyn_into()?;
    method.apply(of, arguments)
}

/// Calls a method that answers later.
pub(crate) async fn ask(of: &JsValue, name: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    Promise::resolve(&call(of, name, arguments)?).await
}
