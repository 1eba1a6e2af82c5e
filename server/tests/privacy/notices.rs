//! What leaves the service: to a mail server that speaks SMTP and to a webhook, both on this
//! machine, and neither of ours.

use super::*;
use crate::store::ground::{Ground, on_each_engine};
use domain::alert::MOST_ATTEMPTS;
use jiff::SignedDuration;
use server::privacy::notices::{Delivered, Notices};
use server::settings::Settings;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A message as the mail server took it.
#[derive(Clone, Debug)]
struct Received {
    to: String,
    data: String,
}

/// The far end: takes mail as RFC 5321 says, or refuses it for now.
struct MailServer {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    down: Arc<AtomicBool>,
}

impl MailServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            received: Arc::default(),
            down: Arc::default(),
        };
        let (received, down) = (server.received.clone(), server.down.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, received.clone(), down.clone()));
            }
        });
        server
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn converse(stream: TcpStream, received: Arc<Mutex<Vec<Received>>>, down: Arc<AtomicBool>) {
    let mut stream = BufReader::new(stream);
    let say = async |stream: &mut BufReader<TcpStream>, line: &str| {
        let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
    };
    say(&mut stream, "220 mail.test ready").await;
    let mut to = String::new();
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let command = line.trim_end().to_owned();
        line.clear();
        let verb = command.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" => say(&mut stream, "250 mail.test").await,
            "MAIL" if down.load(Ordering::Relaxed) => {
                say(&mut stream, "451 try again later").await;
            }
            "MAIL" | "NOOP" | "RSET" => say(&mut stream, "250 ok").await,
            "RCPT" => {
                to = command;
                say(&mut stream, "250 ok").await;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await;
                let mut data = String::new();
                while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                    if line == ".\r\n" {
                        break;
                    }
                    data.push_str(&line);
                    line.clear();
                }
                line.clear();
                received.lock().unwrap().push(Received {
                    to: to.clone(),
                    data,
                });
                say(&mut stream, "250 taken").await;
            }
            "QUIT" => {
                say(&mut stream, "221 bye").await;
                return;
            }
            _ => say(&mut stream, "502 unknown").await,
        }
    }
}

fn notices(ground: &Ground, settings: &[(&str, String)]) -> Notices {
    let settings = Settings::read(|name| {
        settings
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.clone())
    })
    .unwrap();
    Notices::new(&settings, ground.db.clone(), ground.clock.clone()).unwrap()
}

fn by_mail(ground: &Ground, server: &MailServer) -> Notices {
    notices(
        ground,
        &[
            ("NCRS_SMTP_URL", format!("smtp://127.0.0.1:{}", server.port)),
            (
                "NCRS_SMTP_FROM",
                "Care Records <alerts@example.nhs.uk>".into(),
            ),
        ],
    )
}

async fn wants_mail(officer: &Member, address: &str) {
    Privacy::set_email(&privacy(officer), address.into())
        .await
        .unwrap();
}

#[tokio::test]
async fn officers_of_the_organisation_are_told_by_mail_and_of_nobody() {
    on_each_engine(async |ground| {
        let server = MailServer::start().await;
        let officer = ground.member("privacy");
        wants_mail(&officer, "martin@example.nhs.uk").await;
        wants_mail(&ground.member("nurse-privacy"), "susan@example.nhs.uk").await;
        view(&ground.member("paramedic"), OTHER, emergency()).await;
        let notices = by_mail(ground, &server);
        let delivered = notices.deliver().await.unwrap();
        assert_eq!(delivered.sent, 2);
        let received = server.received();
        assert_eq!(received.len(), 2);
        let mut references: Vec<String> = waiting(&officer)
            .await
            .iter()
            .map(|line| line.id.to_string())
            .collect();
        for mail in &received {
            assert!(mail.to.contains("martin@example.nhs.uk"));
            references.retain(|reference| !mail.data.contains(reference));
            let family = "Nair";
            for secret in [
                OTHER,
                "999 025 2955",
                "Priya",
                family,
                "Paramedic",
                "Unconscious",
            ] {
                assert!(!mail.data.contains(secret), "{secret} in {}", mail.data);
            }
        }
        assert!(references.is_empty(), "each alert has its message");
        // Once.
        assert_eq!(notices.deliver().await.unwrap(), Delivered::default());
        assert_eq!(server.received().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn each_type_goes_to_those_who_receive_it_now() {
    on_each_engine(async |ground| {
        let server = MailServer::start().await;
        wants_mail(&ground.member("privacy"), "martin@example.nhs.uk").await;
        sqlx::query("delete from role_activity where code = 'B0016'")
            .execute(ground.db.write())
            .await
            .unwrap();
        view(&ground.member("paramedic"), OTHER, emergency()).await;
        // Two alerts, one of which nobody receives any more.
        let delivered = by_mail(ground, &server).deliver().await.unwrap();
        assert_eq!(delivered.sent, 1);
        // Who has left is not told either.
        sqlx::query("update person set active = 0 where login = 'privacy'")
            .execute(ground.db.write())
            .await
            .unwrap();
        view(&ground.member("paramedic"), EVERYTHING, emergency()).await;
        let delivered = by_mail(ground, &server).deliver().await.unwrap();
        assert_eq!(delivered, Delivered::default());
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_is_down_loses_nothing() {
    on_each_engine(async |ground| {
        let server = MailServer::start().await;
        server.down.store(true, Ordering::Relaxed);
        wants_mail(&ground.member("privacy"), "martin@example.nhs.uk").await;
        view(&ground.member("paramedic"), OTHER, AGREED).await;
        let delivered = by_mail(ground, &server).deliver().await.unwrap();
        assert_eq!((delivered.sent, delivered.later), (0, 1));
        // Not before it is due.
        server.down.store(false, Ordering::Relaxed);
        assert_eq!(
            by_mail(ground, &server).deliver().await.unwrap(),
            Delivered::default()
        );
        ground.clock.forward(SignedDuration::from_secs(31));
        // As if the server had been started again.
        let delivered = by_mail(ground, &server).deliver().await.unwrap();
        assert_eq!(delivered.sent, 1);
        assert_eq!(server.received().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn after_days_it_is_given_up_and_the_queue_says_so() {
    on_each_engine(async |ground| {
        let server = MailServer::start().await;
        server.down.store(true, Ordering::Relaxed);
        let officer = ground.member("privacy");
        wants_mail(&officer, "martin@example.nhs.uk").await;
        view(&ground.member("paramedic"), OTHER, AGREED).await;
        let notices = by_mail(ground, &server);
        let mut all = Delivered::default();
        for _ in 0..MOST_ATTEMPTS + 2 {
            let turn = notices.deliver().await.unwrap();
            all.later += turn.later;
            all.given_up += turn.given_up;
            ground.clock.forward(SignedDuration::from_hours(7));
        }
        assert_eq!((all.later, all.given_up), (MOST_ATTEMPTS - 1, 1));
        assert_eq!(queue(&officer).await.undelivered, 1);
    })
    .await;
}

/// The far end of a webhook: the whole request, answered with 204.
async fn webhook(listener: TcpListener, answer: &'static str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.unwrap();
        request.extend_from_slice(chunk.get(..read).unwrap());
        let text = String::from_utf8_lossy(&request);
        if read == 0 || text.trim_end().ends_with('}') {
            break;
        }
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

#[tokio::test]
async fn a_webhook_is_told_with_a_signature() {
    on_each_engine(async |ground| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        view(&ground.member("paramedic"), OTHER, AGREED).await;
        let far = tokio::spawn(webhook(
            listener,
            "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
        ));
        let settings = [
            ("NCRS_ALERT_WEBHOOK", url),
            ("NCRS_ALERT_WEBHOOK_SECRET", "hunter2".to_owned()),
        ];
        let delivered = notices(ground, &settings).deliver().await.unwrap();
        assert_eq!(delivered.sent, 1);
        let request = far.await.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let alert = waiting(&ground.member("privacy")).await.first().unwrap().id;
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let expected = serde_json::json!({
            "reference": alert,
            "url": format!("http://localhost:3000/privacy/alert/{alert}"),
        });
        assert_eq!(body, expected);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"hunter2");
        let tag = ring::hmac::sign(&key, body_of(&request));
        let signature = data_encoding::HEXLOWER.encode(tag.as_ref());
        assert!(
            head.contains(&format!("x-ncrs-signature: sha256={signature}")),
            "{head}"
        );
        assert!(!request.contains("hunter2") && !request.contains(OTHER));
    })
    .await;
}

fn body_of(request: &str) -> &[u8] {
    request.split_once("\r\n\r\n").unwrap().1.as_bytes()
}

#[tokio::test]
async fn a_webhook_that_fails_is_asked_again() {
    on_each_engine(async |ground| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        view(&ground.member("paramedic"), OTHER, AGREED).await;
        let settings = [("NCRS_ALERT_WEBHOOK", url)];
        let notices = notices(ground, &settings);
        // A redirect is not followed: it could lead anywhere.
        let far = tokio::spawn(webhook(
            listener,
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        ));
        let delivered = notices.deliver().await.unwrap();
        far.await.unwrap();
        assert_eq!((delivered.sent, delivered.later), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn an_address_has_to_be_one() {
    on_each_engine(async |ground| {
        let officer = ground.member("privacy");
        let port = privacy(&officer);
        for wrong in ["martin", "martin@", "a@b\r\nbcc: everyone@example.nhs.uk"] {
            assert!(
                Privacy::set_email(&port, wrong.into()).await.is_err(),
                "{wrong}"
            );
        }
        wants_mail(&officer, " martin@example.nhs.uk ").await;
        assert_eq!(
            queue(&officer).await.email.as_deref(),
            Some("martin@example.nhs.uk")
        );
        wants_mail(&officer, "").await;
        assert_eq!(queue(&officer).await.email, None);
    })
    .await;
}
