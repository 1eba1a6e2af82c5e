//! `ncrs enrol`.

use super::{EnrolArgs, database, say};
use anyhow::{Context, Result, bail};
use app::problem::Kind;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::json;
use server::clock::{Clock, SystemClock};
use server::failure::Failure;
use server::identity::staff;
use server::settings::Settings;

/// Makes a code and shows it, once.
pub(crate) async fn enrol(settings: &Settings, options: EnrolArgs) -> Result<()> {
    let db = database(settings).await?;
    let mut rng = ChaCha20Rng::from_os_rng();
    let expires_at = SystemClock.now() + staff::CODE_LIFETIME;
    let code = staff::issue_code(
        &db,
        &SystemClock,
        &mut rng,
        &options.staff,
        staff::CODE_LIFETIME,
    )
    .await;
    db.close().await;
    let code = match code {
        // Said as it is: nothing is broken.
        Err(Failure::Refused(Kind::Invalid(fields))) => {
            let why: Vec<_> = fields.into_iter().map(|field| field.message).collect();
            bail!("{}: {}", options.staff, why.join(". "));
        }
        code => code.context("the code could not be kept")?,
    };
    let Some(code) = code else {
        bail!(
            "there is no active member of staff with the login {:?}",
            options.staff
        );
    };
    if options.json {
        say(
            &json!({ "code": code.to_string(), "login": options.staff, "expires_at": expires_at })
                .to_string(),
        )
    } else {
        say(&format!(
            "{code}\n\nEnter it at {}/enrol before {}. It works once. Earlier codes of {} no longer work.",
            settings.origin,
            expires_at.strftime("%-d %B %Y %H:%M UTC"),
            options.staff
        ))
    }
}
