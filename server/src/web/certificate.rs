//! The certificate by which browsers know the service: looked at again and again, so that a renewed
//! one is served without a restart, and its end does not come as a surprise.

use crate::clock::SharedClock;
use crate::settings::Tls;
use axum_server::tls_rustls::RustlsConfig;
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use std::io;
use x509_parser::prelude::{FromDer, X509Certificate};

/// So long before its end the log begins to warn.
const WARNS: SignedDuration = SignedDuration::from_hours(14 * 24);
/// And so often it warns.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// The certificate that is served, and where it comes from.
pub struct Certificate {
    tls: Tls,
    config: RustlsConfig,
    clock: SharedClock,
    /// When the first of the chain ends.
    ends: Timestamp,
    /// What the files held when they were last taken, and when they were last not taken.
    taken: Fingerprint,
    refused: Option<Fingerprint>,
    warned: Option<Timestamp>,
}

type Fingerprint = [u8; 32];

/// What the two files hold.
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    async fn read(tls: &Tls) -> io::Result<Self> {
        let tls = tls.clone();
        tokio::task::spawn_blocking(move || {
            Ok(Self {
                certificate: std::fs::read(&tls.certificate)?,
                key: std::fs::read(&tls.key)?,
            })
        })
        .await
        .map_err(io::Error::other)?
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut digest = Sha256::new();
        digest.update(Sha256::digest(&self.certificate));
        digest.update(&self.key);
        digest.finalize().into()
    }

    /// From when to when all of the chain is good.
    fn good(&self) -> io::Result<(Timestamp, Timestamp)> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let mut good: Option<(Timestamp, Timestamp)> = None;
        for der in CertificateDer::pem_slice_iter(&self.certificate) {
            let der = der.map_err(|error| invalid(error.to_string()))?;
            let (_, certificate) =
                X509Certificate::from_der(&der).map_err(|error| invalid(error.to_string()))?;
            let time = |seconds| {
                Timestamp::from_second(seconds).map_err(|error| invalid(error.to_string()))
            };
            let begins = time(certificate.validity().not_before.timestamp())?;
            let ends = time(certificate.validity().not_after.timestamp())?;
            good = Some(match good {
                None => (begins, ends),
                Some((earlier, sooner)) => (earlier.max(begins), sooner.min(ends)),
            });
        }
        good.ok_or_else(|| invalid("there is no certificate in it".to_owned()))
    }
}

impl Certificate {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// Where the files are not a certificate and its key.
    pub async fn open(tls: &Tls, clock: SharedClock) -> io::Result<Self> {
        // Two crates could each choose one: say which.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let files = Files::read(tls).await?;
        let (_, ends) = files.good()?;
        let taken = files.fingerprint();
        let config = RustlsConfig::from_pem(files.certificate, files.key).await?;
        let mut opened = Self {
            tls: tls.clone(),
            config,
            clock,
            ends,
            taken,
            refused: None,
            warned: None,
        };
        opened.warn();
        Ok(opened)
    }

    /// For whoever serves it. What is taken later is served by it too.
    pub fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// When it ends.
    pub fn ends(&self) -> Timestamp {
        self.ends
    }

    /// Takes what the files hold now, where it is new; whether it did. What cannot be used is told, once
    /// for what it is, and the one that is served stays.
    pub async fn look(&mut self) -> bool {
        let taken = match Files::read(&self.tls).await {
            Ok(files) => {
                let fingerprint = files.fingerprint();
                if fingerprint == self.taken {
                    // Put back, after one that was broken.
                    self.refused = None;
                    Ok(false)
                } else {
                    self.take(files)
                        .await
                        .map(|()| true)
                        .map_err(|error| (fingerprint, error))
                }
            }
            Err(error) => Err((Fingerprint::default(), error)),
        };
        let taken = match taken {
            Ok(taken) => taken,
            Err((fingerprint, error)) => {
                if self.refused.replace(fingerprint) != Some(fingerprint) {
                    tracing::error!(
                        %error,
                        certificate = %self.tls.certificate.display(),
                        "the new certificate cannot be used: the one before is still served"
                    );
                }
                false
            }
        };
        self.warn();
        taken
    }

    async fn take(&mut self, files: Files) -> io::Result<()> {
        let fingerprint = files.fingerprint();
        let (begins, ends) = files.good()?;
        let now = self.clock.now();
        if now < begins {
            return Err(io::Error::other(format!("it is not good before {begins}")));
        }
        if ends <= now {
            return Err(io::Error::other(format!("it ended on {ends}")));
        }
        self.config
            .reload_from_pem(files.certificate, files.key)
            .await?;
        self.taken = fingerprint;
        self.refused = None;
        self.ends = ends;
        self.warned = None;
        tracing::info!(%ends, "a new certificate is served");
        Ok(())
    }

    /// Warns where it ends soon, and not more often than once a day; whether it did now.
    fn warn(&mut self) -> bool {
        let now = self.clock.now();
        let left = self.ends.duration_since(now);
        let told = self.warned.is_some_and(|at| now.duration_since(at) < AGAIN);
        if left > WARNS || told {
            return false;
        }
        self.warned = Some(now);
        let (ends, days) = (self.ends, left.as_hours().max(0) / 24);
        if left.is_positive() {
            tracing::warn!(%ends, days, "the certificate ends soon: renew it");
        } else {
            tracing::error!(%ends, "the certificate has ended: browsers refuse the service");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use rcgen::{CertificateParams, KeyPair};
    use std::path::Path;
    use std::sync::{Arc, Mutex};
    use time::OffsetDateTime;

    struct SetClock(Mutex<Timestamp>);

    impl SetClock {
        fn forward(&self, days: i64) {
            *self.0.lock().unwrap() += SignedDuration::from_hours(24 * days);
        }
    }

    impl Clock for SetClock {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    const NOW: i64 = 1_795_000_000;

    /// Writes a certificate that begins and ends so many days from now, with its key.
    fn write(tls: &Tls, begins: i64, ends: i64) {
        let at = |days: i64| OffsetDateTime::from_unix_timestamp(NOW + days * 86_400).unwrap();
        let mut params = CertificateParams::new(["ncrs.example".to_owned()]).unwrap();
        params.not_before = at(begins);
        params.not_after = at(ends);
        let key = KeyPair::generate().unwrap();
        std::fs::write(&tls.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(&tls.key, key.serialize_pem()).unwrap();
    }

    async fn opened(folder: &Path, ends: i64) -> (Certificate, Tls, Arc<SetClock>) {
        let tls = Tls {
            certificate: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        write(&tls, -1, ends);
        let now = Timestamp::from_second(NOW).unwrap();
        let clock = Arc::new(SetClock(Mutex::new(now)));
        let opened = Certificate::open(&tls, clock.clone()).await.unwrap();
        (opened, tls, clock)
    }

    #[tokio::test]
    async fn its_end_is_warned_of_once_a_day_from_two_weeks_before() {
        let folder = tempfile::tempdir().unwrap();
        let (mut certificate, _, clock) = opened(folder.path(), 20).await;
        let mut warned = Vec::new();
        for day in 0..24 {
            if certificate.warn() {
                warned.push(day);
                assert!(!certificate.warn(), "once a day");
            }
            clock.forward(1);
        }
        assert_eq!(warned, (6..24).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_new_one_is_taken_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (mut certificate, tls, _) = opened(folder.path(), 5).await;
        let first = certificate.ends();
        assert!(!certificate.look().await, "nothing is new");
        let old = (
            std::fs::read(&tls.certificate).unwrap(),
            std::fs::read(&tls.key).unwrap(),
        );

        write(&tls, -9, -2);
        assert!(!certificate.look().await, "it has ended");
        write(&tls, 3, 90);
        assert!(!certificate.look().await, "it has not begun");
        write(&tls, -1, 90);
        std::fs::write(&tls.key, &old.1).unwrap();
        assert!(!certificate.look().await, "the key is of another");
        std::fs::write(&tls.certificate, "half a fi").unwrap();
        assert!(!certificate.look().await, "it is none");
        std::fs::remove_file(&tls.certificate).unwrap();
        assert!(!certificate.look().await, "it is gone");
        assert_eq!(certificate.ends(), first);

        write(&tls, -1, 90);
        assert!(certificate.look().await);
        assert!(certificate.ends() > first);
        assert!(!certificate.look().await, "once");
    }
}
