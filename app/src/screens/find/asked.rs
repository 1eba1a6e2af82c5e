//! What was asked, in one line, above the answer. On the screen only.

use domain::NhsNumber;
use domain::clock::banner_date;
use domain::patient::Gender;
use domain::search::{AdvancedForm, BirthBy, DateFields, SearchForm};
use jiff::civil::Date;

/// As in "last name Smith, female, born 05-Mar-1948".
pub(super) fn line(form: &SearchForm) -> String {
    let mut parts = Parts::default();
    match form {
        SearchForm::NhsNumber(form) => parts.add(
            "NHS number",
            &form
                .nhs_number
                .parse::<NhsNumber>()
                .map_or_else(|_| form.nhs_number.clone(), |number| number.to_string()),
        ),
        SearchForm::Basic(form) => {
            parts.add("last name", &form.family);
            parts.gender(&form.gender);
            parts.add("born", &date(&form.birth));
        }
        SearchForm::Advanced(form) => parts.advanced(form),
        SearchForm::Postcode(form) => {
            parts.add("postcode", &form.postcode.to_uppercase());
            parts.add("first name", &form.given);
            parts.add("last name", &form.family);
            parts.add("born", &date(&form.birth));
        }
    }
    parts.0.join(", ")
}

#[derive(Default)]
struct Parts(Vec<String>);

impl Parts {
    fn add(&mut self, what: &str, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.0.push(format!("{what} {text}"));
        }
    }

    fn gender(&mut self, code: &str) {
        match code.parse::<Gender>() {
            Ok(Gender::Unknown) => self.0.push("gender not known".to_owned()),
            Ok(gender) => self.0.push(gender.label().to_lowercase()),
            Err(_) => self.0.push("any gender".to_owned()),
        }
    }

    fn advanced(&mut self, form: &AdvancedForm) {
        self.add("last name", &form.family);
        self.add("first name", &form.given);
        self.gender(&form.gender);
        match form.birth_by {
            BirthBy::Date => self.add("born", &date(&form.birth)),
            BirthBy::Range => {
                self.add(
                    "born",
                    &format!("{} to {}", date(&form.birth_from), date(&form.birth_to)),
                );
            }
            BirthBy::Age => {
                self.add(
                    "aged",
                    &format!("{} to {}", form.age_from.trim(), form.age_to.trim()),
                );
            }
            BirthBy::Year => self.add("born in", &form.birth_year),
        }
        self.add("postcode", &form.postcode.to_uppercase());
        if form.death.is_empty() {
            self.add("died in", &form.death_year);
        } else {
            self.add("died", &date(&form.death));
        }
        if form.widen {
            self.0.push("similar names included".to_owned());
        }
    }
}

/// In the form of the banner, where it is a date.
fn date(fields: &DateFields) -> String {
    if fields.is_empty() {
        return String::new();
    }
    fields.date("", "", Date::MAX).map_or_else(
        |_| format!("{} {} {}", fields.day, fields.month, fields.year),
        banner_date,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::search::{BasicForm, NhsNumberForm, PostcodeForm};

    fn day(day: &str, month: &str, year: &str) -> DateFields {
        DateFields {
            day: day.into(),
            month: month.into(),
            year: year.into(),
        }
    }

    #[test]
    fn each_search_says_what_was_asked() {
        let number = NhsNumberForm {
            nhs_number: "9990402132".into(),
        };
        assert_eq!(
            line(&SearchForm::NhsNumber(number)),
            "NHS number 999 040 2132"
        );

        let basic = SearchForm::Basic(BasicForm {
            gender: "female".into(),
            family: " Smith ".into(),
            birth: day("5", "mar", "1948"),
        });
        assert_eq!(line(&basic), "last name Smith, female, born 05-Mar-1948");
        assert_eq!(
            basic.widened().as_ref().map(line).as_deref(),
            Some("last name Smith, female, born 05-Mar-1948, similar names included")
        );

        let advanced = SearchForm::Advanced(Box::new(AdvancedForm {
            gender: "all".into(),
            family: "Smi*".into(),
            birth_by: BirthBy::Age,
            birth: day("5", "3", "1948"),
            age_from: "60".into(),
            age_to: "70".into(),
            death_year: "2025".into(),
            ..AdvancedForm::default()
        }));
        assert_eq!(
            line(&advanced),
            "last name Smi*, any gender, aged 60 to 70, died in 2025"
        );

        let postcode = PostcodeForm {
            postcode: "ls1 4ap".into(),
            ..PostcodeForm::default()
        };
        assert_eq!(line(&SearchForm::Postcode(postcode)), "postcode LS1 4AP");
    }
}
