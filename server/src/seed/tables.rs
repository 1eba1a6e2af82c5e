//! The word lists and tables from which people are made, read once from the files in `data/`.

use rand::Rng;
use rand::seq::IndexedRandom;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Every table. The files are part of the program; their tests are below.
pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(Tables::read);

/// Something to draw from, the earlier the more often.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranked<T> {
    items: Vec<T>,
    /// Sum of the weights up to and with each item.
    cumulative: Vec<u32>,
}

impl<T> Ranked<T> {
    fn new(weighted: impl IntoIterator<Item = (T, u32)>) -> Self {
        let mut total = 0;
        let (items, cumulative) = weighted
            .into_iter()
            .map(|(item, weight)| {
                total += weight;
                (item, total)
            })
            .unzip();
        Self { items, cumulative }
    }

    /// One of them by its weight; `None` only of an empty list.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Option<&T> {
        let total = *self.cumulative.last()?;
        let point = rng.random_range(0..total.max(1));
        self.items
            .get(self.cumulative.partition_point(|sum| *sum <= point))
    }
}

/// Names by how common they are: the weight falls as the rank's power, which fits England's
/// surnames (the commonest, Smith, is that of one in eighty) and given names alike.
fn by_rank(names: &str, flat: f64, power: f64) -> Ranked<&str> {
    let mut rank = 0.0;
    Ranked::new(names.split(", ").map(|name| {
        rank += 1.0;
        let weight = 1_000_000.0 / f64::powf(rank + flat, power);
        (name, weight as u32)
    }))
}

/// A heritage: whose names a person bears, and the language they may speak at home.
#[derive(Debug)]
pub(super) struct Heritage {
    pub(super) name: &'static str,
    pub(super) surnames: Ranked<&'static str>,
    pub(super) female: Ranked<&'static str>,
    pub(super) male: Ranked<&'static str>,
    /// How many of a hundred have a given name of the heritage, not an English one.
    pub(super) own_given: u32,
    pub(super) language: Option<&'static str>,
    /// How many of a hundred have it recorded, and how many of those need an interpreter.
    pub(super) language_recorded: u32,
    pub(super) interpreter: u32,
}

/// A town of England.
#[derive(Debug)]
pub(super) struct Place {
    /// Its row in the file, which names its practices.
    pub(super) index: u32,
    pub(super) town: &'static str,
    pub(super) county: &'static str,
    pub(super) area: &'static str,
    pub(super) districts: Vec<&'static str>,
    /// Numbers kept for drama, but for the last three digits.
    pub(super) phone: &'static str,
    /// GP practices here: one for each 16,000 people, at least two.
    pub(super) practices: u32,
}

/// Given names of one sex that were in use from that year of birth.
#[derive(Debug)]
struct Era {
    from: i16,
    names: Ranked<&'static str>,
}

/// Everything that is read from the files.
#[derive(Debug)]
pub(super) struct Tables {
    /// In old age and in childhood: other shares of the same heritages.
    older: Ranked<usize>,
    younger: Ranked<usize>,
    heritages: Vec<Heritage>,
    female: Vec<Era>,
    male: Vec<Era>,
    pub(super) places: Ranked<Place>,
    pub(super) one_word: Vec<&'static str>,
    pub(super) forty_letters: &'static str,
    first_parts: Vec<&'static str>,
    second_parts: Vec<&'static str>,
    words: HashMap<&'static str, Vec<&'static str>>,
}

fn rows(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

fn lists(file: &'static str) -> HashMap<&'static str, &'static str> {
    rows(file)
        .filter_map(|line| line.split_once(": "))
        .collect()
}

fn eras(file: &'static str, sex: &str) -> Vec<Era> {
    rows(file)
        .filter_map(|line| {
            let (key, names) = line.split_once(": ")?;
            let from = key.strip_prefix(sex)?.trim().parse().ok()?;
            Some(Era {
                from,
                names: by_rank(names, 4.0, 0.85),
            })
        })
        .collect()
}

impl Tables {
    fn read() -> Self {
        let surnames = lists(include_str!("data/surnames.txt"));
        let given_file = include_str!("data/given.txt");
        let given = lists(given_file);
        let parts = lists(include_str!("data/surname_parts.txt"));
        let list = |key: &str| -> Vec<&'static str> {
            parts
                .get(key)
                .map(|line| line.split(", ").collect())
                .unwrap_or_default()
        };
        let own = |heritage: &str, sex: &str| {
            given
                .get(format!("{heritage} {sex}").as_str())
                .map(|names| by_rank(names, 6.0, 0.7))
                .unwrap_or_default()
        };
        let mut heritages = Vec::new();
        let (mut older, mut younger) = (Vec::new(), Vec::new());
        for row in rows(include_str!("data/groups.csv")) {
            let Some((name, _)) = row.split_once(',') else {
                continue;
            };
            let numbers: Vec<u32> = row
                .split(',')
                .map(|cell| cell.parse().unwrap_or(0))
                .collect();
            let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
            older.push((heritages.len(), number(1)));
            younger.push((heritages.len(), number(2)));
            heritages.push(Heritage {
                name,
                surnames: surnames
                    .get(name)
                    .map(|names| by_rank(names, 6.0, 0.75))
                    .unwrap_or_default(),
                female: own(name, "F"),
                male: own(name, "M"),
                own_given: number(3),
                language: row
                    .split(',')
                    .nth(4)
                    .filter(|language| !language.is_empty()),
                language_recorded: number(5),
                interpreter: number(6),
            });
        }
        Self {
            older: Ranked::new(older),
            younger: Ranked::new(younger),
            heritages,
            female: eras(given_file, "F "),
            male: eras(given_file, "M "),
            places: Ranked::new(
                (0..)
                    .zip(rows(include_str!("data/places.csv")))
                    .filter_map(|(index, row)| place(index, row)),
            ),
            one_word: surnames
                .get("Single")
                .map(|line| line.split(", ").collect())
                .unwrap_or_default(),
            forty_letters: surnames.get("Long").copied().unwrap_or_default(),
            first_parts: list("first"),
            second_parts: list("second"),
            words: lists(include_str!("data/words.txt"))
                .into_iter()
                .map(|(what, line)| (what, line.split(", ").collect()))
                .collect(),
        }
    }

    /// A heritage for someone born in that year.
    pub(super) fn heritage(&self, rng: &mut impl Rng, born: i16) -> Option<&Heritage> {
        // Between the shares of 1945 and those of 2005 the young ones come in step by step.
        let younger = i32::from(born) - 1945;
        let shares = if rng.random_range(0..60) < younger {
            &self.younger
        } else {
            &self.older
        };
        shares
            .draw(rng)
            .and_then(|index| self.heritages.get(*index))
    }

    /// An English given name for someone born in that year: mostly of their time, now and then of
    /// their parents'.
    pub(super) fn english_given(
        &self,
        rng: &mut impl Rng,
        female: bool,
        born: i16,
    ) -> &'static str {
        let eras = if female { &self.female } else { &self.male };
        let born = if rng.random_ratio(1, 6) {
            born - 20
        } else {
            born
        };
        eras.iter()
            .rev()
            .find(|era| era.from <= born)
            .or(eras.first())
            .and_then(|era| era.names.draw(rng))
            .copied()
            .unwrap_or_default()
    }

    /// A surname made of two parts of place names.
    pub(super) fn place_surname(&self, rng: &mut impl Rng) -> String {
        format!(
            "{}{}",
            one(rng, &self.first_parts),
            one(rng, &self.second_parts)
        )
    }

    /// A word of the list with that name.
    pub(super) fn word(&self, rng: &mut impl Rng, list: &str) -> &'static str {
        self.words
            .get(list)
            .map(|words| one(rng, words))
            .unwrap_or_default()
    }
}

fn place(index: u32, row: &'static str) -> Option<(Place, u32)> {
    let mut cells = row.split(',').map(str::trim);
    let place = Place {
        index,
        town: cells.next()?,
        county: cells.next()?,
        area: cells.next()?,
        districts: cells.next()?.split(' ').collect(),
        phone: cells.next()?,
        practices: 0,
    };
    let people: u32 = cells.next()?.parse().ok()?;
    Some((
        Place {
            practices: (people / 16).clamp(2, 50),
            ..place
        },
        people,
    ))
}

/// One of a list, each as likely; empty only of an empty list.
pub(super) fn one(rng: &mut impl Rng, list: &[&'static str]) -> &'static str {
    list.choose(rng).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_of_every_file_is_read() {
        let tables = &*TABLES;
        assert_eq!(
            tables.heritages.len(),
            rows(include_str!("data/groups.csv")).count()
        );
        assert_eq!(
            tables.places.items.len(),
            rows(include_str!("data/places.csv")).count()
        );
        for heritage in &tables.heritages {
            assert!(!heritage.surnames.items.is_empty(), "{}", heritage.name);
            assert!(
                heritage.own_given == 0 || !heritage.female.items.is_empty(),
                "{}",
                heritage.name
            );
            assert!(
                heritage.own_given == 0 || !heritage.male.items.is_empty(),
                "{}",
                heritage.name
            );
        }
        assert_eq!((tables.female.len(), tables.male.len()), (9, 9));
        assert_eq!(tables.forty_letters.chars().count(), 40);
        for list in [
            "street",
            "way",
            "house",
            "flats",
            "practice",
            "practice_kind",
            "pharmacy",
            "doctor",
            "doctor_given",
        ] {
            assert!(!tables.words.get(list).unwrap().is_empty(), "{list}");
        }
    }

    #[test]
    fn there_are_names_enough() {
        let of = |file: &'static str| -> HashSet<&str> {
            lists(file)
                .into_values()
                .flat_map(|line| line.split(", "))
                .collect()
        };
        assert!(of(include_str!("data/surnames.txt")).len() >= 800);
        assert!(of(include_str!("data/given.txt")).len() >= 600);
    }
}
