//! Alerts to privacy officers: what raises one, who may see it and work on it, what leaves the
//! service, and who may ask who looked at what.

mod logs;
mod notices;
mod patterns;
mod raised;
mod rights;
mod workspace;

use crate::store::ground::{Ground, Member};
use app::api::ContextKey;
use app::api::privacy::{AlertLine, QueueFilter, QueueView, Which};
use app::ports::{Privacy, Records};
use domain::alert::AlertKind;
use domain::ids::AlertId;
use domain::permission::{Duration, PermissionAnswer, Scope};
use server::privacy::PrivacyPort;
use sqlx::Row;

const EVERYTHING: &str = "9990402132";
const OTHER: &str = "9990252955";
const RESTRICTED: &str = "9990010056";

const AGREED: PermissionAnswer = PermissionAnswer::Agreed {
    scope: Scope::Me,
    duration: Duration::ThisView,
};

const WAITING: QueueFilter = QueueFilter {
    which: Which::Waiting,
    kind: None,
    days: 0,
    after: None,
};

fn emergency() -> PermissionAnswer {
    PermissionAnswer::Emergency {
        reason: "Unconscious at home".into(),
    }
}

fn privacy(member: &Member) -> PrivacyPort {
    PrivacyPort::new(member.services.clone(), member.caller.clone())
}

/// Opens the patient and answers the permission question.
async fn view(member: &Member, patient: &str, answer: PermissionAnswer) -> ContextKey {
    let key = member.open(patient).await.unwrap();
    let _ = Records::open_summary(&member.records(), key, answer).await;
    key
}

async fn queue(officer: &Member) -> QueueView {
    Privacy::queue(&privacy(officer), WAITING).await.unwrap()
}

async fn waiting(officer: &Member) -> Vec<AlertLine> {
    queue(officer).await.lines
}

/// The alert of that kind that waits for the officer.
async fn alert_of(officer: &Member, kind: AlertKind) -> AlertId {
    let lines = waiting(officer).await;
    lines.iter().find(|line| line.kind == kind).unwrap().id
}

/// A paramedic has opened a summary in an emergency: they, the officer who is told, the officer's port, and
/// the alert.
async fn an_emergency(ground: &Ground) -> (Member, Member, PrivacyPort, AlertId) {
    let paramedic = ground.member("paramedic");
    view(&paramedic, EVERYTHING, emergency()).await;
    let officer = ground.member("privacy");
    let alert = alert_of(&officer, AlertKind::Emergency).await;
    let port = privacy(&officer);
    (paramedic, officer, port, alert)
}

/// `organisation kind reason patient` of every alert there is.
pub(crate) async fn alerts(ground: &Ground) -> Vec<String> {
    let rows = sqlx::query(
        "select organisation, kind, reason, nhs_number from alert order by organisation, kind, reason, id",
    )
    .fetch_all(ground.db.read())
    .await
    .unwrap();
    rows.iter()
        .map(|row| {
            let patient: Option<String> = row.get(3);
            format!(
                "{} {} {} {}",
                row.get::<String, _>(0),
                row.get::<String, _>(1),
                row.get::<String, _>(2),
                patient.unwrap_or_default()
            )
        })
        .collect()
}
