//! Staff and organisations for demonstrations: one person for each way in which the service
//! answers differently.
//!
//! Job roles are those of the national code system (SDS job role names), under the first two parts
//! that the national access roles use. Organisation codes are made up.

use domain::OdsCode;
use domain::ids::{PersonId, RoleId};
use domain::role::{Activity, CareSetting, Organisation, RoleAssignment};
use uuid::Uuid;

/// A member of staff with every role they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    /// How demonstrations and tests call them.
    pub login: &'static str,
    /// Never changes.
    pub id: PersonId,
    /// As spoken.
    pub name: &'static str,
    /// None, one, or several.
    pub roles: Vec<RoleAssignment>,
}

/// The organisations of the demonstration.
#[derive(Clone, Copy)]
enum Place {
    Ambulance,
    Community,
    HomeCare,
    Hospital,
    Pharmacy,
    Registration,
    Practice,
    OutOfHours,
    Hospice,
    UrgentCare,
    MentalHealth,
    Dentist,
    NewHospice,
    National,
}

impl Place {
    const ALL: [Self; 14] = [
        Self::Ambulance,
        Self::Community,
        Self::HomeCare,
        Self::Hospital,
        Self::Pharmacy,
        Self::Registration,
        Self::Practice,
        Self::OutOfHours,
        Self::Hospice,
        Self::UrgentCare,
        Self::MentalHealth,
        Self::Dentist,
        Self::NewHospice,
        Self::National,
    ];

    /// For how many hours its devices may keep records: a shift of an ambulance, a round of a carer.
    fn offline_hours(self) -> u16 {
        match self {
            Self::Ambulance => 12,
            Self::HomeCare => 8,
            Self::Community
            | Self::Hospital
            | Self::Pharmacy
            | Self::Registration
            | Self::Practice
            | Self::OutOfHours
            | Self::Hospice
            | Self::UrgentCare
            | Self::MentalHealth
            | Self::Dentist
            | Self::NewHospice
            | Self::National => 24,
        }
    }

    fn organisation(self) -> Organisation {
        let (code, name, setting) = match self {
            Self::Ambulance => (
                "RZ901",
                "Dales and Vale Ambulance Trust",
                CareSetting::Ambulance,
            ),
            Self::Community => (
                "RZ902",
                "Aire Valley Community Healthcare Trust",
                CareSetting::CommunityCare,
            ),
            Self::HomeCare => ("VZ903", "Lantern Home Care", CareSetting::AdultSocialCare),
            Self::Hospital => (
                "RZ904",
                "Wharfedale District Hospital",
                CareSetting::EmergencyDepartment,
            ),
            Self::Pharmacy => (
                "FZ9AA",
                "Bluebell Pharmacy, Otley",
                CareSetting::CommunityPharmacy,
            ),
            Self::Registration => (
                "RZ906",
                "West Riding Registration Authority",
                CareSetting::Administration,
            ),
            Self::Practice => (
                "Y90001",
                "Wharfe Bridge Medical Practice",
                CareSetting::GeneralPractice,
            ),
            Self::OutOfHours => (
                "Y90007",
                "Moorside Out of Hours Service",
                CareSetting::OutOfHours,
            ),
            Self::Hospice => ("VZ908", "St Hilda's Hospice", CareSetting::Hospice),
            Self::UrgentCare => (
                "Y90009",
                "Riverside Urgent Treatment Centre",
                CareSetting::UrgentTreatment,
            ),
            Self::MentalHealth => (
                "RZ910",
                "Ridings Mental Health Trust",
                CareSetting::MentalHealth,
            ),
            Self::Dentist => (
                "VZ911",
                "Market Place Dental Practice",
                CareSetting::Dentistry,
            ),
            Self::NewHospice => ("VZ912", "Calder Light Hospice", CareSetting::Hospice),
            Self::National => (
                "XZ913",
                "National Care Records Onboarding",
                CareSetting::NationalBody,
            ),
        };
        Organisation {
            ods: ods(code),
            name: name.to_owned(),
            setting,
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "written out in this file, each made by a test"
)]
fn ods(code: &str) -> OdsCode {
    code.parse().expect("an ODS code")
}

/// A job role: its code and its national name.
type Job = (&'static str, &'static str);

const PARAMEDIC: Job = ("S8000:G8000:R1070", "Paramedic");
const COMMUNITY_NURSE: Job = ("S8000:G8000:R0700", "Community Nurse");
const CARE_STAFF: Job = ("S8001:G8002:R1460", "Social Care Support Worker");
const PRIVACY_OFFICER: Job = ("S8002:G8003:R0001", "Privacy Officer");
const REGISTRATION_AGENT: Job = ("S0080:G0450:R5090", "Registration Authority Agent");
const RECEPTIONIST: Job = ("S8001:G8002:R8009", "Receptionist Access Role");
const PHARMACIST: Job = ("S8000:G8000:R1290", "Pharmacist");
const GENERAL_PRACTITIONER: Job = ("S8000:G8000:R0260", "General Medical Practitioner");
const PRACTITIONER: Job = ("S8000:G8000:R8000", "Clinical Practitioner Access Role");
const NURSE: Job = ("S8000:G8000:R8001", "Nurse Access Role");
const ADMINISTRATOR: Job = ("S8002:G8003:R1982", "Senior Administrator");
const NATIONAL_APPROVER: Job = ("S8002:G8003:R1790", "Senior Manager");

const CARE: &[Activity] = &[
    Activity::FindPatient,
    Activity::ViewSummary,
    Activity::ViewAdjustments,
    Activity::ManageAdjustments,
    Activity::ViewDocuments,
];
const CLINICAL: &[Activity] = &[
    Activity::FindPatient,
    Activity::PostcodeSearch,
    Activity::ViewSummary,
    Activity::EmergencyAccess,
    Activity::ViewAdjustments,
    Activity::ManageAdjustments,
    Activity::ViewDocuments,
];
const DOCTOR: &[Activity] = &[
    Activity::FindPatient,
    Activity::PostcodeSearch,
    Activity::AmendDemographics,
    Activity::ViewSummary,
    Activity::EmergencyAccess,
    Activity::LegalOverride,
    Activity::ViewAdjustments,
    Activity::ManageAdjustments,
    Activity::SensitiveRecords,
    Activity::ViewDocuments,
];
/// A carer's rights include the summary, so that what refuses it is the care setting.
const CARER: &[Activity] = &[
    Activity::FindPatient,
    Activity::ViewSummary,
    Activity::ViewAdjustments,
    Activity::ManageAdjustments,
];
const PRIVACY: &[Activity] = &[
    Activity::EmergencyAlerts,
    Activity::RelationshipAlerts,
    Activity::Reports,
];
/// An agent sees no patient.
const REGISTRATION: &[Activity] = &[Activity::RegisterStaff];
const DESK: &[Activity] = &[Activity::FindPatient];
const ORGANISATION: &[Activity] = &[Activity::OrganisationAdmin];
/// An approver sees no patient either.
const APPROVAL: &[Activity] = &[Activity::NationalApprover];

/// Ids of the demonstration: the version and variant of a UUIDv7 at the beginning of time, and a
/// number, so that they are plain to see and never given out by chance.
const fn demo_id(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 | kind << 32 | number)
}

fn person(
    number: u128,
    login: &'static str,
    name: &'static str,
    roles: &[(Place, Job, &'static [Activity])],
) -> DemoPerson {
    let roles = (1..)
        .zip(roles)
        .map(|(which, (place, (code, job), activities))| RoleAssignment {
            id: RoleId(demo_id(2, number * 100 + which)),
            organisation: place.organisation(),
            job_code: (*code).to_owned(),
            job_name: (*job).to_owned(),
            activities: activities.iter().copied().collect(),
        });
    DemoPerson {
        login,
        id: PersonId(demo_id(1, number)),
        name,
        roles: roles.collect(),
    }
}

/// Every organisation of the demonstration.
pub fn demo_organisations() -> Vec<Organisation> {
    Place::ALL.map(Place::organisation).to_vec()
}

/// The organisation that registers the staff of the others, and for which it does. The national body has
/// a Registration Authority of its own.
pub fn demo_registrar() -> (OdsCode, Vec<OdsCode>) {
    let registered = demo_organisations()
        .into_iter()
        .filter(|organisation| organisation.setting != CareSetting::NationalBody)
        .map(|organisation| organisation.ods)
        .collect();
    (Place::Registration.organisation().ods, registered)
}

/// The organisation that is just joining: its PDS access form waits for approval, and it has not asked for
/// Summary Care Records yet.
pub fn demo_joining() -> OdsCode {
    Place::NewHospice.organisation().ods
}

/// For how many hours the devices of each organisation may keep records.
pub fn demo_offline_hours() -> Vec<(OdsCode, u16)> {
    Place::ALL
        .map(|place| (place.organisation().ods, place.offline_hours()))
        .to_vec()
}

/// Everyone of the demonstration.
pub fn demo_staff() -> Vec<DemoPerson> {
    use Place::*;
    vec![
        person(
            1,
            "paramedic",
            "Priya Nair",
            &[(Ambulance, PARAMEDIC, CLINICAL)],
        ),
        person(
            2,
            "nurse",
            "Hannah Ashby",
            &[(Community, COMMUNITY_NURSE, CLINICAL)],
        ),
        person(3, "carer", "Grace Owusu", &[(HomeCare, CARE_STAFF, CARER)]),
        person(
            4,
            "privacy",
            "Martin Fielding",
            &[(Ambulance, PRIVACY_OFFICER, PRIVACY)],
        ),
        person(
            5,
            "registration",
            "Eleanor Pryce",
            &[(Registration, REGISTRATION_AGENT, REGISTRATION)],
        ),
        person(
            6,
            "reception",
            "Farah Siddiqui",
            &[(Practice, RECEPTIONIST, DESK)],
        ),
        person(7, "norole", "Callum Reid", &[]),
        person(
            8,
            "threeroles",
            "Dr Anita Desai",
            &[
                (Practice, GENERAL_PRACTITIONER, DOCTOR),
                (OutOfHours, GENERAL_PRACTITIONER, CLINICAL),
                (Hospice, PRACTITIONER, CARE),
            ],
        ),
        person(
            9,
            "sevenroles",
            "Joseph Adeyemi",
            &[
                (Hospital, NURSE, CLINICAL),
                (Community, COMMUNITY_NURSE, CLINICAL),
                (UrgentCare, NURSE, CLINICAL),
                (MentalHealth, NURSE, CARE),
                (Hospice, NURSE, CARE),
                (OutOfHours, NURSE, CARE),
                (Dentist, NURSE, CARE),
            ],
        ),
        person(
            10,
            "pharmacist",
            "Mei Chan",
            &[(Pharmacy, PHARMACIST, CARE)],
        ),
        person(
            11,
            "nurse-privacy",
            "Susan Lockwood",
            &[(Community, PRIVACY_OFFICER, PRIVACY)],
        ),
        person(
            12,
            "doctor",
            "Dr Michael O'Sullivan",
            &[(Hospital, PRACTITIONER, DOCTOR)],
        ),
        person(
            13,
            "registration-second",
            "David Mensah",
            &[(Registration, REGISTRATION_AGENT, REGISTRATION)],
        ),
        person(
            21,
            "pharmacy-privacy",
            "Nadia Rahman",
            &[(Pharmacy, PRIVACY_OFFICER, PRIVACY)],
        ),
        person(
            31,
            "hospice-nurse",
            "Ruth Calloway",
            &[(NewHospice, NURSE, CLINICAL)],
        ),
        person(
            32,
            "hospice-admin",
            "Tomos Bevan",
            &[(NewHospice, ADMINISTRATOR, ORGANISATION)],
        ),
        person(
            33,
            "ambulance-admin",
            "Gareth Pike",
            &[(Ambulance, ADMINISTRATOR, ORGANISATION)],
        ),
        person(
            34,
            "approver",
            "Leila Farouk",
            &[(National, NATIONAL_APPROVER, APPROVAL)],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::role::RoleChoice;
    use std::collections::HashSet;

    fn of(login: &str) -> DemoPerson {
        demo_staff()
            .into_iter()
            .find(|person| person.login == login)
            .unwrap()
    }

    #[test]
    fn ids_and_logins_are_unique_and_stay() {
        let staff = demo_staff();
        let people: HashSet<PersonId> = staff.iter().map(|person| person.id).collect();
        let logins: HashSet<&str> = staff.iter().map(|person| person.login).collect();
        let roles: Vec<RoleId> = staff
            .iter()
            .flat_map(|person| &person.roles)
            .map(|role| role.id)
            .collect();
        assert_eq!((people.len(), logins.len()), (staff.len(), staff.len()));
        assert_eq!(roles.iter().collect::<HashSet<_>>().len(), roles.len());
        assert_eq!(
            of("paramedic").id.to_string(),
            "00000000-0000-7000-8000-000100000001"
        );
        assert_eq!(
            of("paramedic").roles[0].id.to_string(),
            "00000000-0000-7000-8000-000200000065"
        );
        let codes: HashSet<OdsCode> = demo_organisations()
            .into_iter()
            .map(|organisation| organisation.ods)
            .collect();
        assert_eq!(codes.len(), Place::ALL.len());
    }

    #[test]
    fn each_shows_what_they_are_there_for() {
        let choice = |login: &str| RoleChoice::for_count(of(login).roles.len());
        assert_eq!(choice("norole"), RoleChoice::None);
        assert_eq!(choice("paramedic"), RoleChoice::Automatic);
        assert_eq!(choice("threeroles"), RoleChoice::List);
        assert_eq!(choice("sevenroles"), RoleChoice::SearchableList);
        let carer = &of("carer").roles[0];
        assert!(
            carer.allows(Activity::ViewSummary)
                && !carer.organisation.setting.approved_for_summary()
        );
        let reception = &of("reception").roles[0];
        assert!(
            reception.allows(Activity::FindPatient) && !reception.allows(Activity::ViewAdjustments)
        );
        assert!(of("privacy").roles[0].organisation == of("paramedic").roles[0].organisation);
        assert_eq!(
            of("hospice-nurse").roles[0].organisation.ods,
            demo_joining()
        );
        let sees_patients = |login: &str| of(login).roles[0].allows(Activity::FindPatient);
        assert!(!sees_patients("approver") && !sees_patients("ambulance-admin"));
    }
}
