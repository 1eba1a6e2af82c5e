//! Files that are for the owner of the service alone: the database, keys, settings with passwords.

use std::io;
use std::path::Path;

/// Who else than its owner may read a file. Nobody else ever writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Nobody.
    Owner,
    /// Its group: where keys are handed out, that is how.
    Group,
}

impl Readers {
    /// The permissions that others must not have.
    #[cfg(unix)]
    fn forbidden(self) -> u32 {
        match self {
            Self::Owner => 0o077,
            Self::Group => 0o037,
        }
    }
}

/// Takes from everyone else what they may do with a file that is there; whether there was anything to
/// take. A file that is not there has nothing to hide.
///
/// # Errors
/// Where that is not possible: whoever goes on would leave the file open.
#[cfg(unix)]
pub fn make_private(path: &Path, readers: Readers) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.permissions().mode() & 0o7777)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let forbidden = readers.forbidden();
    let Some(open) = mode(path)?.filter(|mode| mode & forbidden != 0) else {
        return Ok(false);
    };
    std::fs::set_permissions(path, PermissionsExt::from_mode(open & !forbidden))?;
    // Some file systems say yes and do nothing.
    match mode(path)? {
        Some(mode) if mode & forbidden != 0 => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "others can read it, and its file system does not let that be changed",
        )),
        _ => Ok(true),
    }
}

/// Elsewhere the folder's access list decides.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn make_private(_path: &Path, _readers: Readers) -> io::Result<bool> {
    Ok(false)
}

/// Makes an empty file that only its owner may read, where there is none.
///
/// # Errors
/// Where the folder cannot be written to.
pub fn create_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a folder, and those above it, that only its owner may enter; one that is there stays.
///
/// # Errors
/// Where it cannot be made, or where everyone on the machine may put other files in the place of
/// those in it.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path)?.permissions().mode();
        let (everyone_writes, only_their_own) = (mode & 0o002 != 0, mode & 0o1000 != 0);
        if everyone_writes && !only_their_own {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "everyone on this machine may write to it: run chmod o-w {}",
                    path.display()
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_others_could_read_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        assert!(!make_private(&file, Readers::Owner).unwrap());
        fs::write(&file, "secret").unwrap();
        for (before, readers, after) in [
            (0o644, Readers::Owner, 0o600),
            (0o666, Readers::Group, 0o640),
            (0o640, Readers::Owner, 0o600),
            (0o4755, Readers::Owner, 0o700),
        ] {
            set(&file, before);
            assert!(make_private(&file, readers).unwrap(), "{before:o}");
            assert_eq!(mode(&file), after);
        }
        for (mode, readers) in [
            (0o600, Readers::Owner),
            (0o640, Readers::Group),
            (0o400, Readers::Owner),
        ] {
            set(&file, mode);
            assert!(!make_private(&file, readers).unwrap(), "{mode:o}");
        }
    }

    #[test]
    fn what_cannot_be_closed_is_an_error() {
        // Not even root may change these.
        assert!(make_private(Path::new("/proc/self/status"), Readers::Owner).is_err());
    }

    #[test]
    fn a_file_is_private_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        create_private(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        fs::write(&file, "kept").unwrap();
        create_private(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
    }

    #[test]
    fn a_folder_that_everyone_may_write_to_is_refused() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("a/b");
        private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        set(&folder, 0o777);
        let refused = private_folder(&folder).unwrap_err();
        assert!(refused.to_string().contains("chmod o-w"), "{refused}");
        // As /tmp is: each only their own.
        set(&folder, 0o1777);
        private_folder(&folder).unwrap();
    }
}
