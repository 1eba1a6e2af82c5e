//! `ncrs audit`, as an operator runs it.

use crate::audit::attack::Attacker;
use crate::store::ground::on_each_engine;
use std::process::{Command, Output};

struct Ncrs<'a> {
    attacker: &'a Attacker<'a>,
}

impl Ncrs<'_> {
    fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ncrs"))
            .arg("audit")
            .args(arguments)
            .env("NCRS_DATABASE_URL", &self.attacker.ground.url)
            .env("NCRS_LOG", "error")
            .env_remove("NCRS_AUDIT_HEADS")
            .env_remove("NCRS_AUDIT_KEY")
            .envs(settings.iter().copied())
            .output()
            .unwrap()
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    (
        output.status.code(),
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

#[tokio::test]
async fn the_operator_keeps_heads_and_verifies() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, 60).await;
        let ncrs = Ncrs {
            attacker: &attacker,
        };
        let (heads, key) = (attacker.heads_file(), attacker.key_file());
        let heads = heads.to_str().unwrap();
        let key = key.to_str().unwrap();

        // Without anything set.
        let (code, out, _) = said(&ncrs.run(&["verify"], &[]));
        assert_eq!(code, Some(0));
        assert!(out.contains("The audit holds: 60 entries"), "{out}");
        assert!(
            out.contains("Nothing proves that the end was not cut off"),
            "{out}"
        );
        let (code, _, complaint) = said(&ncrs.run(&["heads"], &[]));
        assert_eq!(code, Some(1));
        assert!(complaint.contains("NCRS_AUDIT_KEY"), "{complaint}");

        // A copy elsewhere, made with the key alone, and checked with the public half alone.
        let (code, copy, _) = said(&ncrs.run(&["heads"], &[("NCRS_AUDIT_KEY", key)]));
        assert_eq!((code, copy.lines().count()), (Some(0), 1));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("copy");
        std::fs::write(&file, &copy).unwrap();
        let file = file.to_str().unwrap();
        let public = copy
            .split("\"key\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let against = ["verify", "--heads", file, "--key", public];
        let (code, out, _) = said(&ncrs.run(&against, &[]));
        assert_eq!(code, Some(0));
        assert!(
            out.contains("Nothing was cut off since the last of 1 heads"),
            "{out}"
        );
        let (code, _, complaint) = said(&ncrs.run(&["verify", "--heads", file], &[]));
        assert_eq!(code, Some(1));
        assert!(
            complaint.contains("no key to trust the heads by"),
            "{complaint}"
        );

        // The file of the service.
        let settings = [("NCRS_AUDIT_HEADS", heads), ("NCRS_AUDIT_KEY", key)];
        attacker.record(10).await;
        let (code, kept, _) = said(&ncrs.run(&["heads"], &settings));
        assert_eq!(code, Some(0));
        assert_eq!(kept, std::fs::read_to_string(heads).unwrap());
        assert_eq!(said(&ncrs.run(&["verify"], &settings)).0, Some(0));

        // An edit is told by its place and its time, and nothing of the patient is.
        let (lane, end) = attacker.longest().await;
        attacker
            .sql(&format!(
                "update audit_entry set person = 'someone' where lane = {lane} and seq = 3"
            ))
            .await;
        let (code, out, complaint) = said(&ncrs.run(&["verify"], &[]));
        assert_eq!(code, Some(1));
        let line = out.lines().next().unwrap();
        assert!(
            line.starts_with(&format!("lane {lane}, entry 3 (2026-11-21T")),
            "{out}"
        );
        assert!(line.ends_with(": it was changed"), "{out}");
        assert!(
            complaint.contains("the audit does not hold: 1 findings in 70 entries"),
            "{complaint}"
        );
        attacker.restore().await;

        // The backup was from before the heads of the file.
        let (code, out, _) = said(&ncrs.run(&["verify"], &settings));
        assert_eq!(code, Some(1));
        assert!(out.contains("cut off the end"), "{out}");
        assert!(!out.contains("9990402132"));
        let (code, out, _) = said(&ncrs.run(&against, &[]));
        assert_eq!(code, Some(0), "{out}");

        // And a file of heads that does not hold.
        std::fs::write(file, copy.replace("\"version\":1", "\"version\":2")).unwrap();
        let (code, out, _) = said(&ncrs.run(&against, &[]));
        assert_eq!(code, Some(1));
        assert!(out.contains("line 1: "), "{out}");
        assert!(end > 3);
    })
    .await;
}

#[tokio::test]
async fn the_operator_hands_it_on() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, 20).await;
        let ncrs = Ncrs {
            attacker: &attacker,
        };
        let lines = |arguments: &[&str]| {
            let (code, out, complaint) = said(&ncrs.run(arguments, &[]));
            assert_eq!(code, Some(0), "{complaint}");
            out.lines().count()
        };
        assert_eq!(lines(&["export"]), 20);
        assert_eq!(
            lines(&["export", "--from", "2026-11-21", "--to", "2026-11-21"]),
            20
        );
        assert_eq!(lines(&["export", "--from", "2026-11-22"]), 0);
        // Those that happened without the service did earlier.
        assert_eq!(lines(&["export", "--to", "2026-11-21T08:00:00Z"]), 5);
        let (code, _, complaint) = said(&ncrs.run(&["export", "--from", "yesterday"], &[]));
        assert_eq!(code, Some(1));
        assert!(
            complaint.contains("--from: \"yesterday\" is neither a day nor a time"),
            "{complaint}"
        );
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_service_keeps_its_heads_from_its_beginning_to_its_end() {
    on_each_engine(async |ground| {
        let attacker = Attacker::new(ground, 12).await;
        let (heads, key) = (attacker.heads_file(), attacker.key_file());
        let serve = |heads: &std::path::Path| {
            Command::new(env!("CARGO_BIN_EXE_ncrs"))
                .arg("serve")
                .env("NCRS_DATABASE_URL", &ground.url)
                .env("NCRS_ADDR", "127.0.0.1:0")
                .env("NCRS_AUDIT_HEADS", heads)
                .env("NCRS_AUDIT_HEADS_EVERY", "1")
                .env("NCRS_AUDIT_KEY", &key)
                .env("NCRS_LOG", "error")
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        };
        let lines = || std::fs::read_to_string(&heads).map_or(0, |text| text.lines().count());
        let mut service = serve(&heads);
        for _ in 0..300 {
            if lines() >= 3 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(lines() >= 3, "one at once, and one a second");
        let told = Command::new("kill").arg(service.id().to_string()).status();
        assert!(told.unwrap().success());
        assert!(service.wait().unwrap().success());
        assert_eq!(attacker.found_against_heads().await, []);
        let at_the_end = lines();
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        assert_eq!(lines(), at_the_end);

        // A place that cannot be written to is told before anyone relies on it.
        let service = serve(&heads.with_file_name("nowhere").join("heads"));
        let output = service.wait_with_output().unwrap();
        let (code, _, complaint) = said(&output);
        assert_eq!(code, Some(1));
        assert!(complaint.contains("NCRS_AUDIT_HEADS"), "{complaint}");
    })
    .await;
}
