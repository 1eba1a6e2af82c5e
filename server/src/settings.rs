//! How the service is set up: from the environment, and below it from a file. Checked when the
//! service starts; whatever is wrong is told by the name of the setting, with what to do about it.

use crate::access::USUAL_LIMIT;
use crate::private::{Readers, make_private, private_folder};
use crate::store::sqlite_file;
use domain::alert::Thresholds;
use ipnet::IpNet;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Every setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `NCRS_ADDR`: where it listens.
    pub addr: SocketAddr,
    /// `NCRS_ORIGIN`: what stands in the browser's address bar, up to the path.
    pub origin: Origin,
    /// `NCRS_RP_ID`: to which passkeys belong. The host of the origin, or a domain above it.
    pub rp_id: String,
    /// `NCRS_DATABASE_URL`: `sqlite:` and a file, or `postgres://…`.
    pub database_url: String,
    /// `NCRS_SITE_ROOT`: the folder with what the browser loads.
    pub site_root: PathBuf,
    /// `NCRS_TLS_CERT` and `NCRS_TLS_KEY`: PEM files. Without them something in front ends TLS.
    pub tls: Option<Tls>,
    /// `NCRS_LOG`: what is logged, as in `info` or `info,sqlx=debug`.
    pub log: String,
    /// `NCRS_LOG_FORMAT`.
    pub log_format: LogFormat,
    /// `NCRS_SEARCHES_PER_MINUTE`: how often one person may search for, open, list or take along a
    /// patient, all of them together.
    pub searches_per_minute: NonZeroU32,
    /// `NCRS_TRUSTED_PROXIES`: the addresses of the proxies in front, whose word on where a request came
    /// from is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// `NCRS_PASSKEYS`: which passkeys are good enough.
    pub passkeys: Passkeys,
    /// `NCRS_TRAINING_ON_PUBLIC_ORIGIN`: a demonstration may be reached by others.
    pub training_on_public_origin: bool,
    /// `NCRS_AUDIT_HEADS`: the file to which the heads of the audit are written, on another disk or
    /// machine than the database. Without it nothing proves that the end was not cut off.
    pub audit_heads: Option<PathBuf>,
    /// `NCRS_AUDIT_HEADS_EVERY`: how often, in seconds.
    pub audit_heads_every: Duration,
    /// `NCRS_AUDIT_KEY`: the file with the key that signs them, made where it is missing.
    pub audit_key: Option<PathBuf>,
    /// `NCRS_SMTP_URL` and `NCRS_SMTP_FROM`: how privacy officers are told of alerts by e-mail.
    pub mail: Option<Mail>,
    /// `NCRS_ALERT_WEBHOOK`: where else they are told of.
    pub webhook: Option<Webhook>,
    /// `NCRS_ALERT_MANY_PATIENTS`, `NCRS_ALERT_MANY_MINUTES` and `NCRS_ALERT_LIKENESS`: what counts as
    /// unusual.
    pub unusual: Thresholds,
    /// `NCRS_HEADER_SECONDS`, `NCRS_BODY_SECONDS`, `NCRS_ANSWER_SECONDS`, `NCRS_MOST_REQUESTS` and
    /// `NCRS_MOST_CONNECTIONS`: what one client may take of the service.
    pub limits: Limits,
    /// `NCRS_TLS_CHECK_SECONDS`: how often the certificate is looked at for a newer one.
    pub tls_check_every: Duration,
    /// The file that `NCRS_CONFIG` names, where it holds passwords or keys.
    pub secret_file: Option<PathBuf>,
}

/// For how long a client may keep something, and how much there is of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To say what it wants, from the connection or the answer before on; TLS has as long.
    pub header: Duration,
    /// To send what goes with it; and to take some of an answer.
    pub body: Duration,
    /// For us to answer.
    pub answer: Duration,
    /// Requests that are answered at one time.
    pub requests: usize,
    /// Connections at one time.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(20),
            body: Duration::from_secs(20),
            answer: Duration::from_secs(30),
            requests: 512,
            connections: 4096,
        }
    }
}

/// How often the certificate is looked at, where nothing else is set.
const TLS_CHECK_EVERY: Duration = Duration::from_secs(60);

/// Which passkeys are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passkeys {
    /// Any.
    Any,
    /// Only those that stay on one device.
    DeviceBound,
}

/// Text that is not shown, also not in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for whoever needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// `smtps://user:password@host`, or `smtp://…?tls=required`.
    pub url: Secret,
    /// As in "Care Records <alerts@trust.nhs.uk>".
    pub from: String,
}

/// Something that is told of alerts by a POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its address.
    pub url: Url,
    /// `NCRS_ALERT_WEBHOOK_SECRET`: with which each POST is signed.
    pub secret: Option<Secret>,
}

/// How often the heads of the audit are kept, where nothing else is set.
const HEADS_EVERY: Duration = Duration::from_secs(300);

/// `https://host`, with the port where it is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    url: Url,
    text: String,
}

/// Where the certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate with the chain above it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct SettingsError {
    /// As it is written in the environment.
    pub name: String,
    /// What is wrong with it and what to do.
    pub message: String,
}

impl Origin {
    /// For passkeys.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// As browsers send it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether cookies may be marked as secure.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        self.host() == "localhost" || self.host().ends_with(".localhost")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(
            |_| "is not an origin: give a scheme and a host, such as https://ncrs.example",
        )?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        if !bare {
            return Err("must end after the host and port: leave out whatever follows them");
        }
        let Some(url::Host::Domain(host)) = url.host() else {
            return Err(
                "must have a host by name, because browsers give no passkeys to an IP address: use localhost on your own machine",
            );
        };
        let local = host == "localhost" || host.ends_with(".localhost");
        match url.scheme() {
            "https" => {}
            "http" if local => {}
            _ => {
                return Err(
                    "must begin with https://, except http://localhost on your own machine",
                );
            }
        }
        let text = url.origin().ascii_serialization();
        Ok(Self { url, text })
    }
}

/// The file that `NCRS_CONFIG` names: the same settings in lower case, without the prefix.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    addr: Option<String>,
    origin: Option<String>,
    rp_id: Option<String>,
    database_url: Option<String>,
    site_root: Option<String>,
    tls_cert: Option<String>,
    tls_key: Option<String>,
    log: Option<String>,
    log_format: Option<String>,
    searches_per_minute: Option<String>,
    trusted_proxies: Option<String>,
    passkeys: Option<String>,
    training_on_public_origin: Option<String>,
    audit_heads: Option<String>,
    audit_heads_every: Option<String>,
    audit_key: Option<String>,
    smtp_url: Option<String>,
    smtp_from: Option<String>,
    alert_webhook: Option<String>,
    alert_webhook_secret: Option<String>,
    alert_many_patients: Option<String>,
    alert_many_minutes: Option<String>,
    alert_likeness: Option<String>,
    header_seconds: Option<String>,
    body_seconds: Option<String>,
    answer_seconds: Option<String>,
    most_requests: Option<String>,
    most_connections: Option<String>,
    tls_check_seconds: Option<String>,
}

impl File {
    /// Whether whoever reads it can do something with it.
    fn has_secrets(&self) -> bool {
        let url = |url: &Option<String>| {
            url.as_deref()
                .is_some_and(|url| url.contains('@') || url.contains("password="))
        };
        url(&self.database_url)
            || url(&self.smtp_url)
            || self.alert_webhook.is_some()
            || self.alert_webhook_secret.is_some()
    }
}

fn wrong(name: &str, message: impl Into<String>) -> SettingsError {
    SettingsError {
        name: name.to_owned(),
        message: message.into(),
    }
}

impl Settings {
    /// From the environment of this process.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn from_environment() -> Result<Self, SettingsError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// From wherever `environment` has them. One that is empty counts as not set.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn read(environment: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let given = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let file = match given("NCRS_CONFIG") {
            Some(path) => read_file(Path::new(&path))?,
            None => File::default(),
        };
        let secret_file = given("NCRS_CONFIG")
            .filter(|_| file.has_secrets())
            .map(PathBuf::from);
        let or_file = |name: &str, in_file: Option<String>| given(name).or(in_file);

        let addr = or_file("NCRS_ADDR", file.addr).unwrap_or_else(|| "127.0.0.1:3000".into());
        let addr = addr.parse().map_err(|_| {
            wrong("NCRS_ADDR", format!("{addr:?} is not an address: give an IP address and a port, such as 127.0.0.1:3000"))
        })?;
        let origin =
            or_file("NCRS_ORIGIN", file.origin).unwrap_or_else(|| "http://localhost:3000".into());
        let origin: Origin = origin
            .parse()
            .map_err(|message: &str| wrong("NCRS_ORIGIN", format!("{origin:?} {message}")))?;
        let rp_id = or_file("NCRS_RP_ID", file.rp_id).unwrap_or_else(|| origin.host().to_owned());
        if rp_id != origin.host() && !origin.host().ends_with(&format!(".{rp_id}")) {
            return Err(wrong(
                "NCRS_RP_ID",
                format!(
                    "{rp_id:?} must be the host of NCRS_ORIGIN, {}, or a domain above it: leave it out unless several hosts share passkeys",
                    origin.host()
                ),
            ));
        }
        let database_url = or_file("NCRS_DATABASE_URL", file.database_url)
            .unwrap_or_else(|| "sqlite:data/ncrs.db".into());
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| database_url.starts_with(scheme))
        {
            // The value may hold a password: it is not repeated.
            return Err(wrong(
                "NCRS_DATABASE_URL",
                "must begin with sqlite: or postgres:, such as sqlite:data/ncrs.db",
            ));
        }
        if database_url.starts_with("postgres") {
            check_postgres(&database_url, given("PGSSLROOTCERT"))?;
        }
        let tls = match (
            or_file("NCRS_TLS_CERT", file.tls_cert),
            or_file("NCRS_TLS_KEY", file.tls_key),
        ) {
            (Some(certificate), Some(key)) => Some(Tls {
                certificate: readable("NCRS_TLS_CERT", certificate)?,
                key: readable("NCRS_TLS_KEY", key)?,
            }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(wrong(
                    "NCRS_TLS_KEY",
                    "is missing: NCRS_TLS_CERT is set, so give its private key as a PEM file",
                ));
            }
            (None, Some(_)) => {
                return Err(wrong(
                    "NCRS_TLS_CERT",
                    "is missing: NCRS_TLS_KEY is set, so give its certificate as a PEM file",
                ));
            }
        };
        let log_format = match or_file("NCRS_LOG_FORMAT", file.log_format).as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                return Err(wrong(
                    "NCRS_LOG_FORMAT",
                    format!("{other:?} is neither text nor json"),
                ));
            }
        };
        let log = or_file("NCRS_LOG", file.log).unwrap_or_else(|| "info".into());
        tracing_subscriber::EnvFilter::try_new(&log).map_err(|error| {
            wrong("NCRS_LOG", format!("{log:?} is not a filter ({error}): give a level, such as info, or info,sqlx=debug"))
        })?;
        let searches_per_minute =
            match or_file("NCRS_SEARCHES_PER_MINUTE", file.searches_per_minute) {
                None => USUAL_LIMIT,
                Some(number) => number.trim().parse().map_err(|_| {
                    wrong(
                        "NCRS_SEARCHES_PER_MINUTE",
                        format!("{number:?} is not a number of 1 or more"),
                    )
                })?,
            };
        let trusted_proxies = trusted_proxies(
            &or_file("NCRS_TRUSTED_PROXIES", file.trusted_proxies).unwrap_or_default(),
        )?;
        let passkeys = match or_file("NCRS_PASSKEYS", file.passkeys).as_deref() {
            None | Some("any") => Passkeys::Any,
            Some("device-bound") => Passkeys::DeviceBound,
            Some(other) => {
                return Err(wrong(
                    "NCRS_PASSKEYS",
                    format!("{other:?} is neither any nor device-bound"),
                ));
            }
        };
        let training = or_file(
            "NCRS_TRAINING_ON_PUBLIC_ORIGIN",
            file.training_on_public_origin,
        );
        let training_on_public_origin = match training.as_deref() {
            None | Some("no") => false,
            Some("yes") => true,
            Some(other) => {
                return Err(wrong(
                    "NCRS_TRAINING_ON_PUBLIC_ORIGIN",
                    format!("{other:?} is neither yes nor no"),
                ));
            }
        };
        let audit_heads = or_file("NCRS_AUDIT_HEADS", file.audit_heads).map(PathBuf::from);
        let audit_key = or_file("NCRS_AUDIT_KEY", file.audit_key).map(PathBuf::from);
        if audit_heads.is_some() && audit_key.is_none() {
            return Err(wrong(
                "NCRS_AUDIT_KEY",
                "is missing: NCRS_AUDIT_HEADS is set, so name a file for the key that signs the heads; it is made where it is missing",
            ));
        }
        let audit_heads_every = match or_file("NCRS_AUDIT_HEADS_EVERY", file.audit_heads_every) {
            None => HEADS_EVERY,
            Some(seconds) => seconds
                .trim()
                .parse()
                .ok()
                .filter(|seconds| (1..=86_400).contains(seconds))
                .map(Duration::from_secs)
                .ok_or_else(|| {
                    wrong(
                        "NCRS_AUDIT_HEADS_EVERY",
                        format!("{seconds:?} is not a number of seconds from 1 to 86400"),
                    )
                })?,
        };
        let mail = mail(
            or_file("NCRS_SMTP_URL", file.smtp_url),
            or_file("NCRS_SMTP_FROM", file.smtp_from),
        )?;
        let webhook = webhook(
            or_file("NCRS_ALERT_WEBHOOK", file.alert_webhook),
            or_file("NCRS_ALERT_WEBHOOK_SECRET", file.alert_webhook_secret),
        )?;
        let unusual = unusual(
            or_file("NCRS_ALERT_MANY_PATIENTS", file.alert_many_patients),
            or_file("NCRS_ALERT_MANY_MINUTES", file.alert_many_minutes),
            or_file("NCRS_ALERT_LIKENESS", file.alert_likeness),
        )?;
        let usual = Limits::default();
        let limits = Limits {
            header: seconds(
                "NCRS_HEADER_SECONDS",
                or_file("NCRS_HEADER_SECONDS", file.header_seconds),
                usual.header,
            )?,
            body: seconds(
                "NCRS_BODY_SECONDS",
                or_file("NCRS_BODY_SECONDS", file.body_seconds),
                usual.body,
            )?,
            answer: seconds(
                "NCRS_ANSWER_SECONDS",
                or_file("NCRS_ANSWER_SECONDS", file.answer_seconds),
                usual.answer,
            )?,
            requests: at_most(
                "NCRS_MOST_REQUESTS",
                or_file("NCRS_MOST_REQUESTS", file.most_requests),
                usual.requests,
            )?,
            connections: at_most(
                "NCRS_MOST_CONNECTIONS",
                or_file("NCRS_MOST_CONNECTIONS", file.most_connections),
                usual.connections,
            )?,
        };
        let tls_check_every = seconds(
            "NCRS_TLS_CHECK_SECONDS",
            or_file("NCRS_TLS_CHECK_SECONDS", file.tls_check_seconds),
            TLS_CHECK_EVERY,
        )?;
        let site_root =
            or_file("NCRS_SITE_ROOT", file.site_root).unwrap_or_else(|| "target/site".into());
        Ok(Self {
            addr,
            origin,
            rp_id,
            database_url,
            site_root: PathBuf::from(site_root),
            tls,
            log,
            log_format,
            searches_per_minute,
            trusted_proxies,
            passkeys,
            training_on_public_origin,
            audit_heads,
            audit_heads_every,
            audit_key,
            mail,
            webhook,
            unusual,
            limits,
            tls_check_every,
            secret_file,
        })
    }

    /// Makes the folder of a database that is a file, where it is missing, for its owner alone.
    ///
    /// # Errors
    /// Where that is not possible, or everyone may put another file in the place of the database.
    pub fn make_database_folder(&self) -> Result<(), SettingsError> {
        let Some(file) = self
            .database_url
            .starts_with("sqlite:")
            .then(|| sqlite_file(&self.database_url))
            .flatten()
        else {
            return Ok(());
        };
        match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => {
                private_folder(folder).map_err(|error| {
                    wrong(
                        "NCRS_DATABASE_URL",
                        format!("the folder {} cannot be used ({error}): choose one that this user may write to, and nobody else", folder.display()),
                    )
                })
            }
            _ => Ok(()),
        }
    }

    /// Sees to it that nobody else on the machine reads the keys and passwords that the settings name:
    /// what is open is closed, and the log tells of it. The database sees to itself.
    ///
    /// # Errors
    /// Where one is open and cannot be closed.
    pub fn keep_secrets(&self) -> Result<(), SettingsError> {
        let key = self.tls.as_ref().map(|tls| &tls.key);
        for (name, path, readers) in [
            ("NCRS_TLS_KEY", key, Readers::Group),
            ("NCRS_AUDIT_KEY", self.audit_key.as_ref(), Readers::Owner),
            (
                "NCRS_AUDIT_HEADS",
                self.audit_heads.as_ref(),
                Readers::Group,
            ),
            ("NCRS_CONFIG", self.secret_file.as_ref(), Readers::Group),
        ] {
            let Some(path) = path else {
                continue;
            };
            let closed = make_private(path, readers).map_err(|error| {
                wrong(
                    name,
                    format!(
                        "others on this machine may use {} and that cannot be changed ({error}): run chmod o-rwx {} as its owner",
                        path.display(),
                        path.display()
                    ),
                )
            })?;
            if closed {
                tracing::warn!(
                    setting = name,
                    file = %path.display(),
                    "others on this machine could use it: now they cannot"
                );
            }
        }
        Ok(())
    }

    /// Whether this service may be started on a demonstration.
    ///
    /// # Errors
    /// Where others can reach it and nobody said that they may.
    pub fn check_training(&self, training: bool) -> Result<(), SettingsError> {
        if training && !self.origin.is_local() && !self.training_on_public_origin {
            return Err(wrong(
                "NCRS_TRAINING_ON_PUBLIC_ORIGIN",
                format!(
                    "the database is a demonstration with made-up patients, and {} is not this machine: name another database in NCRS_DATABASE_URL, or set this to yes for a training service",
                    self.origin
                ),
            ));
        }
        Ok(())
    }
}

/// Addresses and networks with commas between them.
fn trusted_proxies(list: &str) -> Result<Vec<IpNet>, SettingsError> {
    let mut networks = Vec::new();
    for text in list.split(',').map(str::trim) {
        if text.is_empty() {
            continue;
        }
        let network = text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| {
                wrong(
                    "NCRS_TRUSTED_PROXIES",
                    format!("{text:?} is neither an address nor a network: give those of the proxies in front with commas between them, such as 10.0.0.4, 10.1.0.0/24"),
                )
            })?;
        if network.prefix_len() == 0 {
            return Err(wrong(
                "NCRS_TRUSTED_PROXIES",
                format!(
                    "{text:?} is everyone: whoever sends a header would be believed, so give the addresses of the proxies in front"
                ),
            ));
        }
        networks.push(network.trunc());
    }
    Ok(networks)
}

fn read_file(path: &Path) -> Result<File, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        wrong(
            "NCRS_CONFIG",
            format!("{} cannot be read ({error})", path.display()),
        )
    })?;
    toml::from_str(&text).map_err(|error| {
        wrong(
            "NCRS_CONFIG",
            format!("{}: {}", path.display(), error.message()),
        )
    })
}

/// Whether the database is reached on this machine, or by TLS from one that proves who it is. The URL
/// is read as the driver reads it, with whatever else it takes from the environment.
fn check_postgres(url: &str, root_from_environment: Option<String>) -> Result<(), SettingsError> {
    const NAME: &str = "NCRS_DATABASE_URL";
    // The value may hold a password: it is not repeated.
    let options: PgConnectOptions = url.parse().map_err(|_| {
        wrong(NAME, "is not the address of a PostgreSQL database, such as postgres://user:password@host/ncrs?sslmode=verify-full")
    })?;
    let host = options.get_host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback());
    if !here && !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
        return Err(wrong(
            NAME,
            format!(
                "would reach the database on {host} without proof that it is the one: end it with ?sslmode=verify-full, and with &sslrootcert=/path/to/ca.pem where no public authority signed its certificate"
            ),
        ));
    }
    let in_url = Url::parse(url).ok().and_then(|url| {
        url.query_pairs()
            .find(|(name, _)| matches!(&**name, "sslrootcert" | "ssl-root-cert" | "ssl-ca"))
            .map(|(_, path)| path.into_owned())
    });
    if let Some(path) = in_url.or(root_from_environment) {
        let certificates = CertificateDer::pem_file_iter(&path)
            .map(|certificates| certificates.filter_map(Result::ok).count());
        if !certificates.is_ok_and(|certificates| certificates > 0) {
            return Err(wrong(
                NAME,
                format!(
                    "sslrootcert={path} holds no certificate that this user may read: give the PEM file of the authority that signed the certificate of the database"
                ),
            ));
        }
    }
    Ok(())
}

fn seconds(name: &str, given: Option<String>, usual: Duration) -> Result<Duration, SettingsError> {
    let Some(seconds) = given else {
        return Ok(usual);
    };
    seconds
        .trim()
        .parse()
        .ok()
        .filter(|seconds| (1..=3600).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| {
            wrong(
                name,
                format!("{seconds:?} is not a number of seconds from 1 to 3600"),
            )
        })
}

fn at_most(name: &str, given: Option<String>, usual: usize) -> Result<usize, SettingsError> {
    let Some(number) = given else {
        return Ok(usual);
    };
    number
        .trim()
        .parse()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or_else(|| {
            wrong(
                name,
                format!("{number:?} is not a number from 1 to 1000000"),
            )
        })
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        // For smtp: the host is not parsed further.
        Some(url::Host::Domain(host)) => {
            host == "localhost"
                || host
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

fn mail(url: Option<String>, from: Option<String>) -> Result<Option<Mail>, SettingsError> {
    let (url, from) = match (url, from) {
        (None, None) => return Ok(None),
        (Some(url), Some(from)) => (url, from),
        (Some(_), None) => {
            return Err(wrong(
                "NCRS_SMTP_FROM",
                "is missing: NCRS_SMTP_URL is set, so say from which address the notices come",
            ));
        }
        (None, Some(_)) => {
            return Err(wrong(
                "NCRS_SMTP_URL",
                "is missing: NCRS_SMTP_FROM is set, so name the mail server, such as smtps://user:password@mail.example",
            ));
        }
    };
    // The value may hold a password: it is not repeated.
    let parsed = Url::parse(&url).map_err(|_| {
        wrong(
            "NCRS_SMTP_URL",
            "is not the address of a mail server, such as smtps://user:password@mail.example",
        )
    })?;
    let protected = match parsed.scheme() {
        "smtps" => true,
        "smtp" => parsed
            .query_pairs()
            .any(|(name, value)| name == "tls" && value == "required"),
        _ => {
            return Err(wrong(
                "NCRS_SMTP_URL",
                "must begin with smtps:// or smtp://",
            ));
        }
    };
    if !protected && !is_this_machine(&parsed) {
        return Err(wrong(
            "NCRS_SMTP_URL",
            "would send without TLS: begin it with smtps://, or end it with ?tls=required",
        ));
    }
    if from.parse::<lettre::message::Mailbox>().is_err() {
        return Err(wrong(
            "NCRS_SMTP_FROM",
            format!("{from:?} is not an address, such as Care Records <alerts@example.nhs.uk>"),
        ));
    }
    Ok(Some(Mail {
        url: Secret(url),
        from,
    }))
}

fn webhook(url: Option<String>, secret: Option<String>) -> Result<Option<Webhook>, SettingsError> {
    let Some(url) = url else {
        return match secret {
            None => Ok(None),
            Some(_) => Err(wrong(
                "NCRS_ALERT_WEBHOOK",
                "is missing: NCRS_ALERT_WEBHOOK_SECRET is set, so give the address of the webhook",
            )),
        };
    };
    // The value may hold a token: it is not repeated.
    let url = Url::parse(&url).map_err(|_| {
        wrong(
            "NCRS_ALERT_WEBHOOK",
            "is not an address, such as https://hooks.example/alerts",
        )
    })?;
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        _ => {
            return Err(wrong(
                "NCRS_ALERT_WEBHOOK",
                "must begin with https://, except on this machine",
            ));
        }
    }
    Ok(Some(Webhook {
        url,
        secret: secret.map(Secret),
    }))
}

fn unusual(
    patients: Option<String>,
    minutes: Option<String>,
    likeness: Option<String>,
) -> Result<Thresholds, SettingsError> {
    let usual = Thresholds::default();
    let number = |name: &str, given: Option<String>, usual: u32| match given {
        None => Ok(usual),
        Some(number) => number
            .trim()
            .parse()
            .ok()
            .filter(|number| (1..=100_000).contains(number))
            .ok_or_else(|| wrong(name, format!("{number:?} is not a number from 1 to 100000"))),
    };
    let mut unusual = Thresholds {
        many_patients: number("NCRS_ALERT_MANY_PATIENTS", patients, usual.many_patients)?,
        many_minutes: number("NCRS_ALERT_MANY_MINUTES", minutes, usual.many_minutes)?,
        ..usual
    };
    if let Some(likeness) = likeness {
        unusual.own_record = false;
        unusual.same_surname = false;
        unusual.same_address = false;
        unusual.colleague = false;
        for rule in likeness.split(',').map(str::trim) {
            match rule {
                "own-record" => unusual.own_record = true,
                "same-surname" => unusual.same_surname = true,
                "same-address" => unusual.same_address = true,
                "colleague" => unusual.colleague = true,
                "none" => {}
                other => {
                    return Err(wrong(
                        "NCRS_ALERT_LIKENESS",
                        format!(
                            "{other:?} is none of own-record, same-surname, same-address, colleague and none"
                        ),
                    ));
                }
            }
        }
    }
    Ok(unusual)
}

fn readable(name: &str, path: String) -> Result<PathBuf, SettingsError> {
    match std::fs::File::open(&path) {
        Ok(_) => Ok(PathBuf::from(path)),
        Err(error) => Err(wrong(
            name,
            format!("{path} cannot be read ({error}): give a PEM file that this user may read"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(given: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(|name| {
            given
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_has_to_be_set() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.origin.as_str(), "http://localhost:3000");
        assert_eq!(settings.rp_id, "localhost");
        assert_eq!(settings.database_url, "sqlite:data/ncrs.db");
    }

    #[test]
    fn an_error_names_the_setting() {
        let wrong = [
            ("NCRS_ADDR", "3000"),
            ("NCRS_ORIGIN", "ncrs.example"),
            ("NCRS_ORIGIN", "http://ncrs.example"),
            ("NCRS_ORIGIN", "https://ncrs.example/app"),
            ("NCRS_ORIGIN", "http://127.0.0.1:3000"),
            ("NCRS_RP_ID", "elsewhere.example"),
            ("NCRS_DATABASE_URL", "mysql://somewhere"),
            ("NCRS_LOG", "info,=,"),
            ("NCRS_LOG_FORMAT", "xml"),
            ("NCRS_TRAINING_ON_PUBLIC_ORIGIN", "true"),
            ("NCRS_AUDIT_HEADS_EVERY", "0"),
            ("NCRS_AUDIT_HEADS_EVERY", "5m"),
            ("NCRS_CONFIG", "/does/not/exist.toml"),
            ("NCRS_ALERT_WEBHOOK", "http://hooks.example/alerts"),
            ("NCRS_ALERT_WEBHOOK", "hooks"),
            ("NCRS_ALERT_MANY_PATIENTS", "0"),
            ("NCRS_ALERT_MANY_MINUTES", "an hour"),
            ("NCRS_ALERT_LIKENESS", "own-record,everyone"),
            ("NCRS_HEADER_SECONDS", "0"),
            ("NCRS_BODY_SECONDS", "a while"),
            ("NCRS_ANSWER_SECONDS", "-1"),
            ("NCRS_MOST_REQUESTS", "0"),
            ("NCRS_MOST_CONNECTIONS", "many"),
            ("NCRS_TLS_CHECK_SECONDS", "1.5"),
        ];
        for (name, value) in wrong {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!(error.name, name, "{value}");
            assert!(error.to_string().starts_with(name));
        }
        assert_eq!(
            read(&[("NCRS_TLS_CERT", "Cargo.toml")]).unwrap_err().name,
            "NCRS_TLS_KEY"
        );
        assert_eq!(
            read(&[("NCRS_AUDIT_HEADS", "/elsewhere/heads")])
                .unwrap_err()
                .name,
            "NCRS_AUDIT_KEY"
        );
        assert_eq!(
            read(&[("NCRS_TLS_KEY", "Cargo.toml")]).unwrap_err().name,
            "NCRS_TLS_CERT"
        );
    }

    #[test]
    fn alerts_leave_the_service_by_tls_only() {
        let with =
            |url: &str, from: &str| read(&[("NCRS_SMTP_URL", url), ("NCRS_SMTP_FROM", from)]);
        let from = "Care Records <alerts@example.nhs.uk>";
        for url in [
            "smtps://me:hunter2@mail.example",
            "smtp://me:hunter2@mail.example:587?tls=required",
            "smtp://localhost:2525",
            "smtp://127.0.0.1:2525",
        ] {
            let mail = with(url, from).unwrap().mail.unwrap();
            assert_eq!(mail.url.expose(), url);
            assert!(!format!("{mail:?}").contains("hunter2"));
        }
        for url in [
            "smtp://me:hunter2@mail.example",
            "smtp://mail.example?tls=opportunistic",
            "https://mail.example",
            "mail",
        ] {
            let error = with(url, from).unwrap_err();
            assert_eq!(error.name, "NCRS_SMTP_URL", "{url}");
            assert!(!error.to_string().contains("hunter2"));
        }
        let url = "smtps://mail.example";
        assert_eq!(with(url, "nobody").unwrap_err().name, "NCRS_SMTP_FROM");
        assert_eq!(
            read(&[("NCRS_SMTP_URL", url)]).unwrap_err().name,
            "NCRS_SMTP_FROM"
        );
    }

    #[test]
    fn what_is_unusual_can_be_set() {
        let settings = read(&[
            ("NCRS_ALERT_MANY_PATIENTS", "12"),
            ("NCRS_ALERT_LIKENESS", "colleague"),
        ])
        .unwrap();
        let expected = Thresholds {
            many_patients: 12,
            own_record: false,
            same_surname: false,
            same_address: false,
            ..Thresholds::default()
        };
        assert_eq!(settings.unusual, expected);
        assert_eq!(read(&[]).unwrap().unusual, Thresholds::default());
    }

    #[test]
    fn a_password_is_not_repeated() {
        let error = read(&[("NCRS_DATABASE_URL", "mysql://me:hunter2@somewhere")]).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_database_elsewhere_has_to_prove_itself() {
        let read = |url: &str| read(&[("NCRS_DATABASE_URL", url)]);
        for here in [
            "postgres://ncrs:hunter2@localhost/ncrs",
            "postgres://ncrs@LOCALHOST:5433/ncrs",
            "postgres://ncrs@127.0.0.1/ncrs?sslmode=disable",
            "postgres://ncrs@127.8.9.1/ncrs",
            "postgresql://ncrs@[::1]/ncrs",
            "postgres://ncrs@[::ffff:127.0.0.1]/ncrs",
            "postgres://%2Fvar%2Frun%2Fpostgresql/ncrs",
            "postgres:///ncrs?host=/var/run/postgresql&user=ncrs",
            "postgres://ncrs:hunter2@db.example/ncrs?sslmode=verify-full",
            "postgres://ncrs@192.0.2.7/ncrs?ssl-mode=verify-full",
        ] {
            assert!(read(here).is_ok(), "{here}");
        }
        for elsewhere in [
            "postgres://ncrs:hunter2@db.example/ncrs",
            "postgresql://ncrs:hunter2@db.example/ncrs?sslmode=prefer",
            "postgres://ncrs:hunter2@db.example/ncrs?sslmode=require",
            "postgres://ncrs:hunter2@db.example/ncrs?sslmode=verify-ca",
            "postgres://ncrs:hunter2@db.example/ncrs?sslmode=verify-full&sslmode=disable",
            "postgres://ncrs:hunter2@127.0.0.1/ncrs?host=db.example",
            "postgres://ncrs:hunter2@127.0.0.1/ncrs?hostaddr=192.0.2.7",
            "postgres://ncrs:hunter2@127.0.0.1.example/ncrs",
            "postgres://ncrs:hunter2@localhost.example/ncrs",
            "postgres://ncrs:hunter2@0.0.0.0/ncrs",
            "postgres://ncrs:hunter2@[::ffff:192.0.2.7]/ncrs",
        ] {
            let error = read(elsewhere).unwrap_err();
            assert_eq!(error.name, "NCRS_DATABASE_URL", "{elsewhere}");
            assert!(error.message.contains("sslmode=verify-full"), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let error = read("postgres://db.example/ncrs?sslmode=nonsense").unwrap_err();
        assert_eq!(error.name, "NCRS_DATABASE_URL");
    }

    #[test]
    fn an_authority_that_is_named_has_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let read = |root: &Path| {
            let url = format!(
                "postgres://db.example/ncrs?sslmode=verify-full&sslrootcert={}",
                root.display()
            );
            read(&[("NCRS_DATABASE_URL", url.as_str())])
        };
        let file = folder.path().join("ca.pem");
        assert!(
            read(&file)
                .unwrap_err()
                .message
                .contains("ca.pem holds no certificate")
        );
        std::fs::write(&file, "not one").unwrap();
        assert!(read(&file).is_err());
        let made = rcgen::generate_simple_self_signed(["db.example".to_owned()]).unwrap();
        std::fs::write(&file, made.cert.pem()).unwrap();
        assert!(read(&file).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn keys_and_passwords_are_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
            path
        };
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let paths = [
            ("NCRS_TLS_CERT", open("cert", "certificate"), 0o666),
            ("NCRS_TLS_KEY", open("key", "key"), 0o640),
            ("NCRS_AUDIT_KEY", open("audit-key", "key"), 0o600),
            ("NCRS_AUDIT_HEADS", open("heads", ""), 0o640),
            (
                "NCRS_CONFIG",
                open(
                    "ncrs.toml",
                    "smtp_url = \"smtps://me:hunter2@mail.example\"\nsmtp_from = \"a@b.example\"",
                ),
                0o640,
            ),
        ];
        let given: Vec<(&str, &str)> = paths
            .iter()
            .map(|(name, path, _)| (*name, path.to_str().unwrap()))
            .collect();
        read(&given).unwrap().keep_secrets().unwrap();
        for (name, path, after) in &paths {
            assert_eq!(mode(path), *after, "{name}");
        }
        // Without a secret in it, everyone may read it.
        let harmless = open("harmless.toml", "log = \"info\"");
        read(&[("NCRS_CONFIG", harmless.to_str().unwrap())])
            .unwrap()
            .keep_secrets()
            .unwrap();
        assert_eq!(mode(&harmless), 0o666);
        // What cannot be closed is told by the name of its setting.
        let refused = read(&[("NCRS_AUDIT_KEY", "/proc/self/status")])
            .unwrap()
            .keep_secrets()
            .unwrap_err();
        assert_eq!(refused.name, "NCRS_AUDIT_KEY");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ncrs.toml");
        std::fs::write(
            &path,
            "addr = \"127.0.0.1:4000\"\norigin = \"https://ncrs.example\"\n",
        )
        .unwrap();
        let path = path.to_string_lossy().into_owned();
        let settings = read(&[
            ("NCRS_CONFIG", path.as_str()),
            ("NCRS_ADDR", "127.0.0.1:5000"),
        ])
        .unwrap();
        assert_eq!(settings.addr.port(), 5000);
        assert_eq!(settings.origin.as_str(), "https://ncrs.example");
        std::fs::write(&path, "adress = \"127.0.0.1:4000\"\n").unwrap();
        let error = read(&[("NCRS_CONFIG", path.as_str())]).unwrap_err();
        assert!(error.to_string().contains("adress"), "{error}");
    }

    #[test]
    fn proxies_are_addresses_or_networks_and_never_everyone() {
        let proxies = |text: &str| read(&[("NCRS_TRUSTED_PROXIES", text)]);
        let told = |text: &str| {
            let networks = proxies(text).unwrap().trusted_proxies;
            let texts: Vec<String> = networks.iter().map(ToString::to_string).collect();
            texts.join(" ")
        };
        assert!(read(&[]).unwrap().trusted_proxies.is_empty());
        assert_eq!(
            told(" 10.0.0.4,10.1.0.7/24 , ::1,"),
            "10.0.0.4/32 10.1.0.0/24 ::1/128"
        );
        for text in [
            "proxy.example",
            "10.0.0.0/33",
            "10.0.0.4;10.0.0.5",
            "0.0.0.0/0",
            "::/0",
        ] {
            assert_eq!(
                proxies(text).unwrap_err().name,
                "NCRS_TRUSTED_PROXIES",
                "{text}"
            );
        }
    }

    #[test]
    fn passkeys_are_any_or_stay_on_one_device() {
        let passkeys = |text: &str| read(&[("NCRS_PASSKEYS", text)]).map(|read| read.passkeys);
        assert_eq!(read(&[]).unwrap().passkeys, Passkeys::Any);
        assert_eq!(passkeys("any"), Ok(Passkeys::Any));
        assert_eq!(passkeys("device-bound"), Ok(Passkeys::DeviceBound));
        assert_eq!(passkeys("synced").unwrap_err().name, "NCRS_PASSKEYS");
    }

    #[test]
    fn a_demonstration_is_kept_from_the_public() {
        let local = read(&[]).unwrap();
        let public = read(&[("NCRS_ORIGIN", "https://ncrs.example")]).unwrap();
        let meant = read(&[
            ("NCRS_ORIGIN", "https://ncrs.example"),
            ("NCRS_TRAINING_ON_PUBLIC_ORIGIN", "yes"),
        ])
        .unwrap();
        assert!(local.check_training(true).is_ok());
        assert!(public.check_training(false).is_ok());
        assert_eq!(
            public.check_training(true).unwrap_err().name,
            "NCRS_TRAINING_ON_PUBLIC_ORIGIN"
        );
        assert!(meant.check_training(true).is_ok());
    }

    #[test]
    fn the_folder_of_the_database_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/a/b/ncrs.db", folder.path().display());
        read(&[("NCRS_DATABASE_URL", url.as_str())])
            .unwrap()
            .make_database_folder()
            .unwrap();
        assert!(folder.path().join("a/b").is_dir());
    }

    proptest! {
        #[test]
        fn an_origin_is_https_or_this_machine(
            text in "(https?|ftp)://([a-z]{1,9}\\.|[a-z]+@)?(localhost|[a-z]{1,9}|127\\.0\\.0\\.1)(:[0-9]{1,6})?(/|/x|\\?x|#x)?|.{0,40}",
        ) {
            if let Ok(origin) = text.parse::<Origin>() {
                prop_assert!(origin.is_https() || origin.is_local(), "{origin}");
                prop_assert!(!origin.as_str().ends_with('/') && !origin.as_str().contains('@'));
                prop_assert_eq!(origin.as_str().parse::<Origin>().map(|same| same.to_string()), Ok(origin.to_string()));
            }
        }
    }
}
