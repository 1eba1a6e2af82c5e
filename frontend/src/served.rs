//! The page that the server rendered, until the living one takes its place.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, Node};

/// What stands in the page before the app is alive.
pub(crate) struct Served {
    nodes: Vec<Node>,
    typed: Vec<(String, Typed)>,
    focus: Option<String>,
}

enum Typed {
    Text(String),
    Chosen,
}

impl Served {
    /// Looks at what is there, and what was typed into it.
    pub(crate) fn look() -> Self {
        let mut nodes = Vec::new();
        let mut next = document().body().and_then(|body| body.first_child());
        while let Some(node) = next {
            next = node.next_sibling();
            nodes.push(node);
        }
        let mut typed = Vec::new();
        if let Ok(inputs) = document().query_selector_all("input[id]") {
            for index in 0..inputs.length() {
                let input = inputs
                    .item(index)
                    .and_then(|node| node.dyn_into::<HtmlInputElement>().ok());
                let Some(input) = input else {
                    continue;
                };
                match input.type_().as_str() {
                    "radio" | "checkbox" if input.checked() != input.default_checked() => {
                        typed.push((input.id(), Typed::Chosen));
                    }
                    "text" if input.value() != input.default_value() => {
                        typed.push((input.id(), Typed::Text(input.value())));
                    }
                    _ => {}
                }
            }
        }
        let focus = document()
            .active_element()
            .map(|element| element.id())
            .filter(|id| !id.is_empty());
        Self {
            nodes,
            typed,
            focus,
        }
    }

    /// Leaves the page to the living one.
    pub(crate) fn give_way(self) {
        for node in self.nodes {
            if let Some(parent) = node.parent_node() {
                let _ = parent.remove_child(&node);
            }
        }
        let input = |id: &str| {
            document()
                .get_element_by_id(id)
                .and_then(|element| element.dyn_into::<HtmlInputElement>().ok())
        };
        for (id, typed) in self.typed {
            match (input(&id), typed) {
                (Some(input), Typed::Text(text)) => {
                    input.set_value(&text);
                    // As if it were typed now, for the checks that go along with typing.
                    if let Ok(event) = web_sys::Event::new("input") {
                        let _ = input.dispatch_event(&event);
                    }
                }
                (Some(input), Typed::Chosen) => input.click(),
                (None, _) => {}
            }
        }
        let focus = self.focus.and_then(|id| document().get_element_by_id(&id));
        if let Some(element) = focus.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }
}
