//! Words as they are read: whole, however narrow a column is.

use leptos::prelude::*;

/// The longest word that is never broken. Longer ones are chains without a space, which would be wider than a phone.
const LONGEST_WHOLE: usize = 24;

/// A text whose words stay whole; one that is too long for any column may be broken anywhere.
pub fn words(text: &str) -> AnyView {
    let is_long = |word: &str| word.chars().count() > LONGEST_WHOLE;
    if !text.split_whitespace().any(is_long) {
        return text.to_owned().into_any();
    }
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            if is_long(word.trim_end()) {
                view! { <span class="ncrs-breakable">{word.to_owned()}</span> }.into_any()
            } else {
                word.to_owned().into_any()
            }
        })
        .collect_view()
        .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_that_is_too_long_may_be_broken() {
        let html = |text: &str| words(text).to_html();
        for whole in [
            "112 tablet",
            "Take ONE twice a day",
            "Hypercholesterolaemia",
            "pseudopseudohypoparathyr",
        ] {
            assert!(!html(whole).contains("ncrs-breakable"), "{whole}");
        }
        let chain = "x".repeat(25);
        let long = html(&format!("before {chain} after"));
        assert_eq!(long.matches("ncrs-breakable").count(), 1);
        assert!(long.contains(&chain) && long.contains("before ") && long.contains("after"));
    }
}
