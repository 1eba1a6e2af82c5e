//! NHS numbers for made-up patients: valid, unique, and in an order that a seed decides.
//!
//! 999 000 0000 to 999 999 9999 is never issued. It holds 1,000,000 nine-digit stems, of which ten
//! in eleven have a check digit: 909,090 numbers. A number is found without a table, so that any of
//! them can be had at any time: for each of the 100,000 first eight digits (999 and five more) the
//! ninth digit has at least nine values that check, since at most one of ten gives the remainder
//! that is never issued; the first nine of them make 900,000 numbers.
//!
//! # Beyond 900,000
//! A load test of more than [`Numbers::made_up`] patients goes on with 998, then 997, down to 920.
//! Those are outside the blocks in use (400 to 499 and 600 to 799), but nobody has promised never
//! to issue them: such a database must not leave the load test.

use domain::NhsNumber;

/// The first three digits of the numbers that are never issued.
pub const MADE_UP: u64 = 999;

/// Numbers for each three first digits.
const BLOCK: u64 = 900_000;
/// The last three first digits that a load test uses.
const LAST_BLOCK: u64 = 920;

/// A permutation of the made-up NHS numbers.
#[derive(Clone, Debug)]
pub struct Numbers {
    keys: [u64; 4],
    /// Slots of the first block that are kept for the personas, ascending.
    reserved: Vec<u64>,
}

impl Numbers {
    /// In the order that the seed decides, without the `reserved` numbers.
    pub fn new(seed: u64, reserved: &[NhsNumber]) -> Self {
        let mut slots: Vec<u64> = reserved
            .iter()
            .filter_map(|number| slot_of(*number))
            .collect();
        slots.sort_unstable();
        slots.dedup();
        Self {
            keys: [1, 2, 3, 4].map(|round| mixed(seed ^ mixed(round))),
            reserved: slots,
        }
    }

    /// How many patients can have a number that is never issued to a person.
    pub fn made_up(&self) -> u64 {
        BLOCK - u64::try_from(self.reserved.len()).unwrap_or(0)
    }

    /// How many different numbers there are in all, those for load tests included.
    pub fn all(&self) -> u64 {
        self.made_up() + (MADE_UP - LAST_BLOCK) * BLOCK
    }

    /// The number of the patient at that index. Different for every index below
    /// [`Numbers::all`]; beyond, they begin again.
    pub fn at(&self, index: u64) -> NhsNumber {
        let index = index % self.all();
        match index.checked_sub(self.made_up()) {
            None => {
                let mut slot = self.permuted(index, self.made_up());
                for reserved in &self.reserved {
                    if slot >= *reserved {
                        slot += 1;
                    }
                }
                number_in(MADE_UP, slot)
            }
            Some(beyond) => number_in(
                MADE_UP - 1 - beyond / BLOCK,
                self.permuted(beyond % BLOCK, BLOCK),
            ),
        }
    }

    /// A permutation of 0..below, where below is less than 2^20: a Feistel network on 20 bits,
    /// walked until it comes back into the range.
    fn permuted(&self, index: u64, below: u64) -> u64 {
        let mut value = index;
        loop {
            let (mut left, mut right) = (value >> 10, value & 0x3ff);
            for key in self.keys {
                (left, right) = (right, left ^ (mixed(right ^ key) & 0x3ff));
            }
            value = left << 10 | right;
            if value < below {
                return value;
            }
        }
    }
}

/// Spreads the bits of a number (the finaliser of SplitMix64).
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn candidates(first_eight: u64) -> impl Iterator<Item = NhsNumber> {
    (0..10).filter_map(move |ninth| NhsNumber::from_nine(first_eight * 10 + ninth))
}

fn number_in(first_three: u64, slot: u64) -> NhsNumber {
    let first_eight = first_three * 100_000 + slot / 9;
    #[expect(
        clippy::expect_used,
        reason = "at least nine of the ten ninth digits check, whatever the first eight are (see the module)"
    )]
    candidates(first_eight)
        .nth(usize::try_from(slot % 9).unwrap_or(0))
        .expect("nine of ten ninth digits check")
}

/// Where a number of the first block stands; `None` for others, and for the tenth of its eight
/// first digits, which is never given out anyway.
fn slot_of(number: NhsNumber) -> Option<u64> {
    let digits: u64 = number.digits().parse().ok()?;
    let first_eight = digits / 100;
    let position = candidates(first_eight)
        .take(9)
        .position(|candidate| candidate == number)?;
    (first_eight / 100_000 == MADE_UP)
        .then(|| (first_eight % 100_000) * 9 + u64::try_from(position).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_made_up_number_is_given_once_and_none_of_the_reserved() {
        let reserved: Vec<NhsNumber> = ["9990402132", "9990252955", "9990240272"]
            .map(|digits| digits.parse().unwrap())
            .to_vec();
        let numbers = Numbers::new(7, &reserved);
        assert_eq!(numbers.made_up(), 899_997);
        let all: HashSet<NhsNumber> = (0..numbers.made_up())
            .map(|index| numbers.at(index))
            .collect();
        assert_eq!(all.len(), 899_997);
        assert!(all.iter().all(|number| number.is_made_up()));
        assert!(reserved.iter().all(|number| !all.contains(number)));
    }

    #[test]
    fn beyond_the_made_up_range_a_load_test_goes_on_below_it() {
        let numbers = Numbers::new(7, &[]);
        let beyond: HashSet<String> = (900_000..1_000_000)
            .map(|index| numbers.at(index).digits())
            .collect();
        assert_eq!(beyond.len(), 100_000);
        assert!(beyond.iter().all(|digits| digits.starts_with("998")));
        assert!(numbers.at(1_800_000).digits().starts_with("997"));
        assert!(numbers.at(numbers.all() - 1).digits().starts_with("920"));
    }

    #[test]
    fn another_seed_gives_another_order() {
        let (one, two) = (Numbers::new(1, &[]), Numbers::new(2, &[]));
        assert!(
            (0..100)
                .filter(|index| one.at(*index) == two.at(*index))
                .count()
                < 3
        );
    }
}
