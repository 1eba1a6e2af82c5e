//! Tells privacy officers that there is an alert: by e-mail, to a webhook, or both. A notice carries
//! the reference of the alert and where to open it, and nothing about anyone.
//!
//! Notices stand in a table until they are delivered, so that a mail server that is down loses none.
//! One that was accepted at the moment in which this server stopped comes again, under the same
//! `Message-ID` or `Idempotency-Key`.

use crate::clock::SharedClock;
use crate::failure::{Failure, Result};
use crate::settings::Settings;
use crate::store::{Db, column};
use data_encoding::HEXLOWER;
use domain::alert::{AlertKind, retry_after};
use domain::ids::AlertId;
use jiff::{SignedDuration, Timestamp};
use lettre::message::{Mailbox, header::ContentType};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use ring::hmac;
use serde_json::json;
use std::time::Duration;
use url::Url;

/// How often there is a look at what is due.
const EVERY: Duration = Duration::from_secs(5);
/// No mail server and no webhook takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// While one server sends a notice, no other does.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// How many are taken at a time.
const PAGE: i64 = 50;
/// The header with the HMAC-SHA-256 of the body.
const SIGNATURE: &str = "x-ncrs-signature";

const EMAIL: &str = "email";
const WEBHOOK: &str = "webhook";

/// Whether mail can be sent there.
pub fn is_address(text: &str) -> bool {
    text.len() <= 254 && text.parse::<Address>().is_ok()
}

/// Delivers notices.
pub struct Notices {
    db: Db,
    clock: SharedClock,
    origin: String,
    mail: Option<Mail>,
    webhook: Option<Webhook>,
}

struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

struct Webhook {
    client: reqwest::Client,
    url: Url,
    key: Option<hmac::Key>,
}

/// One that is due.
struct Due {
    alert: AlertId,
    channel: String,
    recipient: String,
    attempts: i64,
    due_at: i64,
}

/// What became of the notices of one turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Delivered.
    pub sent: u32,
    /// To be tried again.
    pub later: u32,
    /// Not to be tried again.
    pub given_up: u32,
}

impl Notices {
    /// By the settings.
    ///
    /// # Errors
    /// Where the settings name a mail server or a sender that cannot be used.
    pub fn new(settings: &Settings, db: Db, clock: SharedClock) -> Result<Self> {
        let internal = |what: &str| Failure::Internal(what.to_owned());
        let mail = match &settings.mail {
            Some(mail) => Some(Mail {
                // The error could quote the password.
                server: AsyncSmtpTransport::<Tokio1Executor>::from_url(mail.url.expose())
                    .map_err(|_| internal("NCRS_SMTP_URL cannot be used"))?
                    .timeout(Some(PATIENCE))
                    .build(),
                from: mail
                    .from
                    .parse()
                    .map_err(|_| internal("NCRS_SMTP_FROM cannot be used"))?,
            }),
            None => None,
        };
        let webhook = match &settings.webhook {
            Some(webhook) => Some(Webhook {
                client: reqwest::Client::builder()
                    .timeout(PATIENCE)
                    .redirect(reqwest::redirect::Policy::none())
                    .build()
                    .map_err(|error| internal(&format!("a client for the webhook: {error}")))?,
                url: webhook.url.clone(),
                key: webhook
                    .secret
                    .as_ref()
                    .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())),
            }),
            None => None,
        };
        Ok(Self {
            db,
            clock,
            origin: settings.origin.to_string(),
            mail,
            webhook,
        })
    }

    /// Delivers for as long as the server runs.
    pub async fn keep_delivering(self) {
        let mut turns = tokio::time::interval(EVERY);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            if let Err(failure) = self.deliver().await {
                tracing::error!(%failure, "notices of alerts were not delivered: it is tried again");
            }
        }
    }

    /// Delivers everything that is due.
    ///
    /// # Errors
    /// Where the database does not answer. A mail server that does not answer is not an error: what
    /// it did not take stays due.
    pub async fn deliver(&self) -> Result<Delivered> {
        self.take_up().await?;
        let mut delivered = Delivered::default();
        loop {
            let due = self.due().await?;
            let full = i64::try_from(due.len()).is_ok_and(|due| due >= PAGE);
            for due in due {
                if self.claim(&due).await? {
                    self.send(&due, &mut delivered).await?;
                }
            }
            if !full {
                return Ok(delivered);
            }
        }
    }

    /// Makes a notice for each officer and channel, once for each alert.
    async fn take_up(&self) -> Result<()> {
        loop {
            let rows = sqlx::query(
                "select id, organisation, kind from alert where noticed = 0 order by id limit $1",
            )
            .bind(PAGE)
            .fetch_all(self.db.write())
            .await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                let (alert, organisation, kind): (String, String, String) =
                    (column(row, 0)?, column(row, 1)?, column(row, 2)?);
                let kind = AlertKind::from_code(&kind)
                    .ok_or_else(|| Failure::Corrupt("the kind of an alert".into()))?;
                self.make(&alert, organisation, kind).await?;
            }
        }
    }

    async fn make(&self, alert: &str, organisation: String, kind: AlertKind) -> Result<()> {
        let now = self.clock.now().as_microsecond();
        let mut transaction = self.db.begin().await?;
        let first = sqlx::query("update alert set noticed = 1 where id = $1 and noticed = 0")
            .bind(alert.to_owned())
            .execute(&mut *transaction)
            .await?;
        if first.rows_affected() == 0 {
            return Ok(());
        }
        let mut made = 0;
        if self.mail.is_some() {
            made += sqlx::query(
                "insert into alert_notice (alert, channel, recipient, attempts, due_at)
                 select $1, $2, c.person, 0, $3 from alert_contact c
                 join person p on p.id = c.person and p.active = 1
                 where exists (
                     select 1 from role_assignment r join role_activity a on a.role_id = r.id
                     where r.person_id = c.person and r.ods = $4 and a.code = $5
                 )",
            )
            .bind(alert.to_owned())
            .bind(EMAIL)
            .bind(now)
            .bind(organisation)
            .bind(kind.alert_type().needs().code())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        }
        if self.webhook.is_some() {
            made += sqlx::query(
                "insert into alert_notice (alert, channel, recipient, attempts, due_at)
                 values ($1, $2, '', 0, $3)",
            )
            .bind(alert.to_owned())
            .bind(WEBHOOK)
            .bind(now)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        }
        transaction.commit().await?;
        if made == 0 && (self.mail.is_some() || self.webhook.is_some()) {
            tracing::warn!(
                alert,
                "no privacy officer has given an address: the alert waits in the service only"
            );
        }
        Ok(())
    }

    async fn due(&self) -> Result<Vec<Due>> {
        let rows = sqlx::query(
            "select alert, channel, recipient, attempts, due_at from alert_notice
             where due_at <= $1 order by due_at limit $2",
        )
        .bind(self.clock.now().as_microsecond())
        .bind(PAGE)
        .fetch_all(self.db.write())
        .await?;
        rows.iter()
            .map(|row| {
                let alert: String = column(row, 0)?;
                Ok(Due {
                    alert: alert
                        .parse()
                        .map_err(|_| Failure::Corrupt("a notice".into()))?,
                    channel: column(row, 1)?,
                    recipient: column(row, 2)?,
                    attempts: column(row, 3)?,
                    due_at: column(row, 4)?,
                })
            })
            .collect()
    }

    /// Takes it, so that no other server does meanwhile.
    async fn claim(&self, due: &Due) -> Result<bool> {
        let until = self
            .clock
            .now()
            .checked_add(LEASE)
            .unwrap_or(Timestamp::MAX);
        let claimed = sqlx::query(
            "update alert_notice set attempts = attempts + 1, due_at = $1
             where alert = $2 and channel = $3 and recipient = $4 and attempts = $5 and due_at = $6",
        )
        .bind(until.as_microsecond())
        .bind(due.alert.to_string())
        .bind(due.channel.clone())
        .bind(due.recipient.clone())
        .bind(due.attempts)
        .bind(due.due_at)
        .execute(self.db.write())
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    async fn send(&self, due: &Due, delivered: &mut Delivered) -> Result<()> {
        let sent = match due.channel.as_str() {
            EMAIL => self.by_mail(due).await?,
            WEBHOOK => self.by_webhook(due).await,
            _ => Err("unknown channel"),
        };
        let now = self.clock.now();
        let (due_at, delivered_at, trouble) = match sent {
            Ok(()) => {
                delivered.sent += 1;
                (None, Some(now.as_microsecond()), None)
            }
            Err(trouble) => {
                let attempts = u32::try_from(due.attempts).unwrap_or(u32::MAX);
                let next = retry_after(attempts.saturating_add(1))
                    .and_then(|wait| now.checked_add(wait).ok());
                match next {
                    Some(_) => {
                        delivered.later += 1;
                        tracing::warn!(alert = %due.alert, channel = due.channel, trouble, "a notice was not delivered: it is tried again");
                    }
                    None => {
                        delivered.given_up += 1;
                        tracing::error!(alert = %due.alert, channel = due.channel, trouble, "a notice was given up");
                    }
                }
                (next.map(Timestamp::as_microsecond), None, Some(trouble))
            }
        };
        sqlx::query(
            "update alert_notice set due_at = $1, delivered_at = $2, trouble = $3
             where alert = $4 and channel = $5 and recipient = $6",
        )
        .bind(due_at)
        .bind(delivered_at)
        .bind(trouble)
        .bind(due.alert.to_string())
        .bind(due.channel.clone())
        .bind(due.recipient.clone())
        .execute(self.db.write())
        .await?;
        Ok(())
    }

    /// Where the alert is opened.
    fn link(&self, alert: AlertId) -> String {
        format!("{}/privacy/alert/{alert}", self.origin)
    }

    async fn by_mail(&self, due: &Due) -> Result<std::result::Result<(), &'static str>> {
        let Some(mail) = &self.mail else {
            return Ok(Err("mail is not set up"));
        };
        let found = sqlx::query("select email from alert_contact where person = $1")
            .bind(due.recipient.clone())
            .fetch_optional(self.db.read())
            .await?;
        let Some(row) = found else {
            return Ok(Err("there is no address any more"));
        };
        let address: String = column(&row, 0)?;
        let Ok(to) = address.parse::<Address>() else {
            return Ok(Err("the address cannot be used"));
        };
        let body = format!(
            "There is an alert for you in the National Care Records Service.\n\nReference: {}\n\nTo see what it is about, sign in and open it:\n{}\n\nThis message does not say who it is about. Do not reply to it.\n",
            due.alert,
            self.link(due.alert)
        );
        let message = Message::builder()
            .from(mail.from.clone())
            .to(Mailbox::new(None, to))
            .subject("An alert for you in the National Care Records Service")
            .message_id(Some(format!(
                "<{}.{}@{}>",
                due.alert,
                due.recipient,
                mail.from.email.domain()
            )))
            .header(ContentType::TEXT_PLAIN)
            .body(body);
        let Ok(message) = message else {
            return Ok(Err("the message could not be made"));
        };
        // Time may pass while the server says nothing.
        Ok(
            match tokio::time::timeout(PATIENCE, mail.server.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) if error.is_permanent() => Err("the mail server refused it"),
                Ok(Err(error)) if error.is_transient() => Err("the mail server could not take it"),
                Ok(Err(_)) => Err("the mail server did not answer"),
                Err(_) => Err("the mail server took too long"),
            },
        )
    }

    async fn by_webhook(&self, due: &Due) -> std::result::Result<(), &'static str> {
        let Some(webhook) = &self.webhook else {
            return Err("the webhook is not set up");
        };
        let body = json!({ "reference": due.alert, "url": self.link(due.alert) }).to_string();
        let mut request = webhook
            .client
            .post(webhook.url.clone())
            .header("content-type", "application/json")
            .header("idempotency-key", due.alert.to_string());
        if let Some(key) = &webhook.key {
            let tag = hmac::sign(key, body.as_bytes());
            let signature = format!("sha256={}", HEXLOWER.encode(tag.as_ref()));
            request = request.header(SIGNATURE, signature);
        }
        match request.body(body).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(_) => Err("the webhook refused it"),
            Err(_) => Err("the webhook did not answer"),
        }
    }
}
