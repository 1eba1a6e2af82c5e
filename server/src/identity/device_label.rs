//! "Chrome on Android", from what a browser says of itself. Only to help a person to tell their
//! sessions apart: nothing is decided by it.

/// The first of each that is in the text wins: browsers name their ancestors after themselves.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// What to call the device that sent this `User-Agent`.
pub fn device_label(user_agent: &str) -> String {
    let find = |table: &[(&str, &'static str)]| {
        table
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "An unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn common_devices_are_told_apart() {
        let phone = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
        let tablet = "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
        let desk = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0";
        assert_eq!(device_label(phone), "Chrome on Android");
        assert_eq!(device_label(tablet), "Safari on iPad");
        assert_eq!(device_label(desk), "Edge on Windows");
        assert_eq!(device_label(""), "An unknown browser");
    }

    proptest! {
        /// The label goes to the audit and to a person's list of sessions: it is ours whatever is
        /// sent.
        #[test]
        fn a_label_is_of_our_words_only(marks in "(Edg|OPR/|Firefox/|Chrome/|iPad|CrOS|Linux| |;|x){0,9}", noise: String) {
            let named = |table: &[(&str, &str)], word: &str| table.iter().any(|(_, name)| *name == word);
            for agent in [format!("{noise}{marks}"), marks, noise] {
                let label = device_label(&agent);
                let known = match label.split_once(" on ") {
                    Some((browser, system)) => {
                        (browser == "A browser" || named(BROWSERS, browser)) && named(SYSTEMS, system)
                    }
                    None => label == "An unknown browser" || named(BROWSERS, &label),
                };
                prop_assert!(known, "{label}");
            }
        }
    }
}
