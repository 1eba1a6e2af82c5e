//! `ncrs audit`.

use super::{AuditCommand, ExportArgs, VerifyArgs, database_as_it_is, say};
use anyhow::{Context, Result, anyhow, bail};
use domain::clock::uk_midnight;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use server::audit::{
    Anchors, HeadFile, HeadKey, Period, PublicKey, anchor_now, export, heads, open_heads,
    verify_against,
};
use server::clock::SystemClock;
use server::settings::Settings;
use server::store::Db;
use std::io::{BufReader, BufWriter, Write};
use std::path::PathBuf;

/// Does it. None of it changes the database: the heads go to a file.
pub(crate) async fn audit(settings: &Settings, command: AuditCommand) -> Result<()> {
    let db = database_as_it_is(settings).await?;
    let done = match command {
        AuditCommand::Verify(options) => verify(settings, &db, options).await,
        AuditCommand::Heads => write_heads(settings, &db).await,
        AuditCommand::Export(options) => write_events(&db, options).await,
    };
    db.close().await;
    done
}

/// The key that signs heads, where one is set.
pub(crate) fn key(settings: &Settings) -> Result<Option<HeadKey>> {
    let Some(path) = &settings.audit_key else {
        return Ok(None);
    };
    HeadKey::open(path, &mut ChaCha20Rng::from_os_rng())
        .map(Some)
        .with_context(|| format!("NCRS_AUDIT_KEY: {} cannot be used", path.display()))
}

/// The file of heads, where one is set.
pub(crate) fn head_file(settings: &Settings) -> Result<Option<HeadFile>> {
    Ok(match (&settings.audit_heads, key(settings)?) {
        (Some(path), Some(key)) => Some(HeadFile::new(path.clone(), key)),
        // That the key is set too was checked with the settings.
        (None, _) | (_, None) => None,
    })
}

async fn verify(settings: &Settings, db: &Db, options: VerifyArgs) -> Result<()> {
    let mut trusted = options
        .key
        .iter()
        .map(|key| {
            key.parse::<PublicKey>()
                .map_err(|wrong| anyhow!("--key {wrong}"))
        })
        .collect::<Result<Vec<_>>>()?;
    // A key that has to be made has signed nothing.
    if settings.audit_key.as_ref().is_some_and(|key| key.exists()) {
        trusted.extend(key(settings)?.map(|key| key.public()));
    }
    let own = settings.audit_heads.iter().filter(|own| own.exists());
    let files: Vec<&PathBuf> = options.heads.iter().chain(own).collect();
    if !files.is_empty() && trusted.is_empty() {
        bail!(
            "there is no key to trust the heads by: set NCRS_AUDIT_KEY, or give the public key with --key"
        );
    }
    let mut anchors = Anchors::default();
    let mut findings: u64 = 0;
    for path in &files {
        let unread = || format!("{} cannot be read", path.display());
        let file = open_heads(path).await.with_context(unread)?;
        let broken = anchors
            .read(BufReader::new(file), &trusted)
            .with_context(unread)?;
        for line in broken {
            findings += 1;
            say(&format!("{}, {line}", path.display()))?;
        }
    }

    let promised: i64 = heads(db).await?.iter().map(|head| head.seq.max(0)).sum();
    let bar = ProgressBar::new(promised.unsigned_abs()).with_style(style());
    let verified = verify_against(db, &anchors, |entries| bar.set_position(entries)).await?;
    bar.finish_and_clear();
    for broken in &verified.broken {
        say(&broken.to_string())?;
    }
    if verified.more > 0 {
        say(&format!("and {} more", verified.more))?;
    }
    findings += u64::try_from(verified.broken.len()).unwrap_or(u64::MAX) + verified.more;
    if findings > 0 {
        bail!(
            "the audit does not hold: {findings} findings in {} entries",
            verified.entries
        );
    }
    let against = match anchors.lines() {
        0 => "Nothing proves that the end was not cut off: verify against heads that were kept elsewhere.".to_owned(),
        lines => format!("Nothing was cut off since the last of {lines} heads that were kept."),
    };
    say(&format!(
        "The audit holds: {} entries, none changed, removed, moved or put in.\n{against}",
        verified.entries
    ))
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} entries, {per_sec}, {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

async fn write_heads(settings: &Settings, db: &Db) -> Result<()> {
    let Some(file) = head_file(settings)? else {
        let key = key(settings)?.context(
            "NCRS_AUDIT_KEY: is missing: name a file for the key that signs the heads; it is made where it is missing",
        )?;
        return say(&anchor_now(db, &SystemClock, &key).await?);
    };
    file.anchor(db, &SystemClock).await?;
    let mut kept = open_heads(file.path()).await?;
    let mut out = std::io::stdout().lock();
    std::io::copy(&mut kept, &mut out)?;
    Ok(out.flush()?)
}

async fn write_events(db: &Db, options: ExportArgs) -> Result<()> {
    let period = Period {
        from: options
            .from
            .map(|text| moment(&text, false).with_context(|| when("--from", &text)))
            .transpose()?,
        until: options
            .to
            .map(|text| moment(&text, true).with_context(|| when("--to", &text)))
            .transpose()?,
    };
    let mut out = BufWriter::new(std::io::stdout());
    let exported = export(db, period, |line| writeln!(out, "{line}")).await?;
    out.flush()?;
    if exported.unreadable > 0 {
        bail!(
            "{} entries cannot be read and were left out: run ncrs audit verify",
            exported.unreadable
        );
    }
    Ok(())
}

fn when(option: &str, text: &str) -> String {
    format!(
        "{option}: {text:?} is neither a day nor a time, such as 2026-11-21 or 2026-11-21T09:30:00Z"
    )
}

/// A time as it is, or the beginning or end of a day in the United Kingdom.
fn moment(text: &str, end: bool) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let day: Date = text.parse().ok()?;
    uk_midnight(if end { day.tomorrow().ok()? } else { day })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_of_the_united_kingdom() {
        let at = |text: &str, end| moment(text, end).map(|at| at.to_string());
        assert_eq!(at("2026-06-01", false).unwrap(), "2026-05-31T23:00:00Z");
        assert_eq!(at("2026-06-01", true).unwrap(), "2026-06-01T23:00:00Z");
        assert_eq!(
            at("2026-11-21T09:30:00Z", true).unwrap(),
            "2026-11-21T09:30:00Z"
        );
        assert_eq!(at("yesterday", false), None);
    }
}
