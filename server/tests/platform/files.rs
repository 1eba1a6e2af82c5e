//! Who else on the machine reads what the service keeps.

use crate::harness::TestDatabase;
use server::store::{Db, Engine};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn open_to_all(path: &Path) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o666)).unwrap();
}

fn beside(file: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", file.display()))
}

#[tokio::test]
async fn a_new_database_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (name, query) in [("a.db", ""), ("b.db", "?mode=rwc")] {
        let file = folder.path().join(name);
        let db = Db::connect(&format!("sqlite:{}{query}", file.display()))
            .await
            .unwrap();
        db.migrate().await.unwrap();
        for end in ["", "-wal", "-shm"] {
            assert_eq!(mode(&beside(&file, end)), 0o600, "{name}{end}");
        }
        db.close().await;
    }
}

#[tokio::test]
async fn a_database_that_others_could_read_is_closed_to_them() {
    let database = TestDatabase::new(Engine::Sqlite).await.unwrap();
    let file = server::store::sqlite_file(&database.url).unwrap();
    // As a service leaves them that was killed.
    let before = Db::connect(&database.url).await.unwrap();
    sqlx::query("insert into write_check values (0, 0, x'00')")
        .execute(before.write())
        .await
        .unwrap();
    for end in ["", "-wal", "-shm"] {
        open_to_all(&beside(&file, end));
    }
    let db = Db::connect(&database.url).await.unwrap();
    for end in ["", "-wal", "-shm"] {
        assert_eq!(mode(&beside(&file, end)), 0o600, "{end}");
    }
    before.close().await;
    // By another name of it too.
    open_to_all(&file);
    let link = file.with_file_name("link.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let linked = Db::connect(&format!("sqlite:{}", link.display()))
        .await
        .unwrap();
    assert_eq!(mode(&file), 0o600);
    linked.close().await;
    db.close().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_closed_to_others_is_not_opened() {
    // Not even root may change these.
    let refused = Db::connect("sqlite:/proc/self/status").await.unwrap_err();
    assert!(refused.to_string().contains("chmod 600"), "{refused}");
}

#[test]
fn what_is_not_safe_is_told_before_anything_starts() {
    let complaint = |settings: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ncrs"))
            .arg("serve")
            .env("NCRS_ADDR", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = complaint(&[(
        "NCRS_DATABASE_URL",
        "postgres://ncrs:hunter2@db.example/ncrs",
    )]);
    assert!(
        said.contains("NCRS_DATABASE_URL") && said.contains("sslmode=verify-full"),
        "{said}"
    );
    assert!(!said.contains("hunter2"));

    let folder = tempfile::tempdir().unwrap();
    let everyones = folder.path().join("everyones");
    std::fs::create_dir(&everyones).unwrap();
    std::fs::set_permissions(&everyones, PermissionsExt::from_mode(0o777)).unwrap();
    let url = format!("sqlite:{}/ncrs.db", everyones.display());
    let said = complaint(&[("NCRS_DATABASE_URL", url.as_str())]);
    assert!(
        said.contains("NCRS_DATABASE_URL") && said.contains("chmod o-w"),
        "{said}"
    );

    let url = format!("sqlite:{}/ncrs.db", folder.path().join("own").display());
    let said = complaint(&[
        ("NCRS_DATABASE_URL", url.as_str()),
        ("NCRS_AUDIT_KEY", "/proc/self/status"),
    ]);
    assert!(
        said.contains("NCRS_AUDIT_KEY") && said.contains("chmod"),
        "{said}"
    );
}
