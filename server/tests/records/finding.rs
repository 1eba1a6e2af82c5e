use crate::store::ground::{Member, on_each_engine, told};
use app::ports::Finding;
use app::problem::{Kind, Problem};
use domain::role::Activity;
use domain::search::{
    AdvancedForm, BasicForm, DateFields, NhsNumberForm, PostcodeForm, SearchForm, SearchOutcome,
};
use jiff::SignedDuration;

pub(super) fn by_number(number: &str) -> SearchForm {
    SearchForm::NhsNumber(NhsNumberForm {
        nhs_number: number.into(),
    })
}

fn by_postcode(postcode: &str) -> SearchForm {
    SearchForm::Postcode(PostcodeForm {
        postcode: postcode.into(),
        ..PostcodeForm::default()
    })
}

/// A valid number that no patient has.
pub(crate) fn nobodys() -> String {
    (997_000_000..)
        .find_map(domain::NhsNumber::from_nine)
        .unwrap()
        .digits()
}

pub(super) async fn find(member: &Member, form: SearchForm) -> Result<SearchOutcome, Problem> {
    Finding::find(&member.finding(), form).await
}

#[tokio::test]
async fn a_number_finds_its_patient() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let SearchOutcome::Found {
            matches,
            superseded,
        } = find(&nurse, by_number("999 040 2132")).await.unwrap()
        else {
            panic!("found");
        };
        assert_eq!((matches.len(), superseded), (1, false));
        assert_eq!(matches[0].nhs_number.digits(), "9990402132");
        assert!(matches[0].postcode.is_some());
        assert_eq!(ground.audited_on("9990402132".parse().unwrap()).await, 1);
        assert_eq!(
            find(&nurse, by_number(&nobodys())).await.unwrap(),
            SearchOutcome::Nobody
        );
    })
    .await;
}

#[tokio::test]
async fn a_replaced_number_finds_the_patient_and_says_so() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let SearchOutcome::Found {
            matches,
            superseded,
        } = find(&nurse, by_number("9990010099")).await.unwrap()
        else {
            panic!("found");
        };
        assert!(superseded);
        assert_eq!(matches[0].nhs_number.digits(), "9990010080");
        // Opened by either number, it is the same patient.
        for number in ["9990010099", "9990010080"] {
            let key = nurse.open(number).await.unwrap();
            let details = app::ports::Records::details(&nurse.records(), key)
                .await
                .unwrap();
            assert_eq!(details.banner.nhs_number.digits(), "9990010080");
        }
    })
    .await;
}

#[tokio::test]
async fn a_restricted_patient_is_found_by_number_without_a_place() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let SearchOutcome::Found { matches, .. } =
            find(&nurse, by_number("9990010056")).await.unwrap()
        else {
            panic!("found");
        };
        assert!(matches[0].restricted);
        assert_eq!(
            (
                &matches[0].address_line,
                &matches[0].postcode,
                &matches[0].gp
            ),
            (&None, &None, &None)
        );
    })
    .await;
}

#[tokio::test]
async fn the_dead_are_found_and_shown_as_dead() {
    on_each_engine(async |ground| {
        for number in ["9990010064", "9990010072"] {
            let SearchOutcome::Found { matches, .. } =
                find(&ground.member("nurse"), by_number(number))
                    .await
                    .unwrap()
            else {
                panic!("found");
            };
            assert!(matches[0].death.is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn each_search_needs_its_activity() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let basic = || {
            SearchForm::Basic(BasicForm {
                gender: "female".into(),
                family: "Nobody".into(),
                birth: DateFields {
                    day: "1".into(),
                    month: "1".into(),
                    year: "1990".into(),
                },
            })
        };
        let advanced = || SearchForm::Advanced(Box::<AdvancedForm>::default());
        let without = nurse.without(Activity::FindPatient);
        for form in [by_number("9990402132"), basic(), advanced()] {
            assert_eq!(
                told(find(&without, form).await),
                Kind::RoleForbids(Activity::FindPatient)
            );
        }
        find(&nurse, by_postcode("LS1 4AP")).await.unwrap();
        let without = nurse.without(Activity::PostcodeSearch);
        assert_eq!(
            told(find(&without, by_postcode("LS1 4AP")).await),
            Kind::RoleForbids(Activity::PostcodeSearch)
        );
        // The reception desk finds by number, and not by postcode.
        let desk = ground.member("reception");
        assert!(find(&desk, by_number("9990402132")).await.is_ok());
        assert!(matches!(
            told(find(&desk, by_postcode("LS1 4AP")).await),
            Kind::RoleForbids(_)
        ));
        assert_eq!(
            told(find(&ground.member("norole"), basic()).await),
            Kind::NoRole
        );
        let mut nobody = nurse.clone();
        nobody.caller.signed_in = None;
        assert_eq!(told(find(&nobody, basic()).await), Kind::SignedOut);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_has_to_be_mended_finds_nobody() {
    on_each_engine(async |ground| {
        let Kind::Invalid(fields) = told(find(&ground.member("nurse"), by_number("12")).await)
        else {
            panic!("invalid");
        };
        assert_eq!(fields[0].field, "nhs-number");
    })
    .await;
}

#[tokio::test]
async fn a_patient_who_is_not_there_is_not_opened() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        assert_eq!(told(nurse.open(&nobodys()).await), Kind::NotFound);
        assert!(nurse.open("9990402132").await.is_ok());
        let without = nurse.without(Activity::FindPatient);
        assert_eq!(
            told(without.open("9990402132").await),
            Kind::RoleForbids(Activity::FindPatient)
        );
    })
    .await;
}

async fn search_often(member: &Member, times: usize) -> usize {
    let mut answered = 0;
    for _ in 0..times {
        match find(member, by_number("9990402132")).await {
            Ok(_) => answered += 1,
            Err(problem) => assert_eq!(problem.kind, Kind::TooMany),
        }
    }
    answered
}

#[tokio::test]
async fn nobody_copies_the_register() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        assert_eq!(search_often(&nurse, 70).await, 60);
        // Another session of the same person has no more.
        assert_eq!(search_often(&ground.member("nurse"), 2).await, 0);
        assert_eq!(search_often(&ground.member("doctor"), 2).await, 2);
        let refused = ground
            .audited()
            .await
            .iter()
            .filter(|line| *line == "search refused: TooMany")
            .count();
        assert_eq!(refused, 1, "once is enough");
        ground.clock.forward(SignedDuration::from_mins(1));
        assert_eq!(search_often(&nurse, 2).await, 2);
    })
    .await;
}

#[tokio::test]
async fn closing_what_is_closed_is_no_error() {
    on_each_engine(async |ground| {
        let nurse = ground.member("nurse");
        let key = nurse.open("9990402132").await.unwrap();
        for _ in 0..2 {
            Finding::close(&nurse.finding(), key).await.unwrap();
        }
        let closed = ground
            .audited()
            .await
            .iter()
            .filter(|line| *line == "close-patient done")
            .count();
        assert_eq!(closed, 1);
    })
    .await;
}
