//! Deployments: functions that were sent over the API, kept in a folder so that they outlive a restart.
//!
//! ```text
//! functions/
//!   greet/function.json         what was said of it
//!   greet/code-1763799000123/   its code, unpacked; the one that function.json names
//!   .gone-…                     what was deleted and is being removed
//! ```
//!
//! `function.json` is replaced in one step, after the code it names is safe: a crash leaves the function as it was
//! before a request or as it is after.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use functions::{ConfigError, FunctionConfig, FunctionTable};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::archive::{self, ArchiveError};

const RECORD: &str = "function.json";
const GONE: &str = ".gone-";

/// What is kept of a function beside its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deployment {
    /// Its name.
    pub(crate) name: String,
    /// AWS's name of its runtime, such as `python3.13`.
    pub(crate) runtime: String,
    /// `module.function`.
    pub(crate) handler: String,
    /// The role that was named; local functions run as the server's user.
    pub(crate) role: String,
    /// The description.
    pub(crate) description: String,
    /// How long a call may take, in seconds.
    pub(crate) timeout_seconds: u32,
    /// What the function is told about its memory, in MiB.
    pub(crate) memory_mb: u32,
    /// Environment variables.
    pub(crate) environment: BTreeMap<String, String>,
    /// `x86_64` or `arm64`, as was said.
    pub(crate) architectures: Vec<String>,
    /// Tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Changes with every change.
    pub(crate) revision_id: String,
    /// When it changed last, as AWS writes it.
    pub(crate) last_modified: String,
    /// Its code; none before the first was put.
    pub(crate) code: Code,
}

/// A package, unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// The folder that it was unpacked to, below the function's.
    folder: String,
    /// Base64 of the SHA-256 of the package.
    pub(crate) sha256: String,
    /// The package's length in bytes.
    pub(crate) bytes: u64,
}

/// Why a deployment was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeployError {
    /// The package or a setting is wrong.
    #[error("{0}")]
    Refused(String),
    /// The disk is.
    #[error("failed to keep the function: {0}")]
    Disk(#[from] io::Error),
}

impl From<ArchiveError> for DeployError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Refused(reason) => Self::Refused(reason),
            ArchiveError::Disk(error) => Self::Disk(error),
        }
    }
}

/// The folder of deployed functions. All its methods block; calls for one function must not overlap.
#[derive(Debug)]
pub(crate) struct Deployments {
    folder: PathBuf,
    /// Whether the folder goes when this does.
    is_temporary: bool,
}

impl Deployments {
    /// The deployments in a folder, which is made with the first one.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            is_temporary: false,
        }
    }

    /// Deployments that end with this process.
    pub(crate) fn temporary() -> Self {
        let name = format!("stepwell-functions-{}", uuid::Uuid::new_v4().simple());
        Self {
            folder: std::env::temp_dir().join(name),
            is_temporary: true,
        }
    }

    /// What is kept, in the order of names. What a crash left half done is removed.
    pub(crate) fn load(&self) -> io::Result<Vec<Deployment>> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            match read_record(&path) {
                Ok(Some(deployment)) => {
                    remove_other_code(&path, &[&deployment.code.folder]);
                    found.push(deployment);
                }
                Ok(None) => remove(&path),
                Err(error) => return Err(io::Error::other(format!("{}: {error}", path.display()))),
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Unpacks a package for a function.
    pub(crate) fn unpack(&self, name: &str, archive: &[u8]) -> Result<Code, DeployError> {
        let folder = self.of(name);
        create_private(&folder)?;
        File::open(&self.folder)?.sync_all()?;
        let code = Code {
            folder: format!("code-{}", uuid::Uuid::new_v4().simple()),
            sha256: STANDARD.encode(Sha256::digest(archive)),
            bytes: archive.len() as u64,
        };
        let unpacked = folder.join(&code.folder);
        if let Err(error) = archive::unpack(archive, &unpacked) {
            let _ = fs::remove_dir_all(&unpacked);
            // Goes only if it is empty: this would have been the first package.
            let _ = fs::remove_dir(&folder);
            return Err(error.into());
        }
        File::open(&folder)?.sync_all()?;
        Ok(code)
    }

    /// Gives back a package that is not wanted after all.
    pub(crate) fn discard(&self, name: &str, code: &Code) {
        let folder = self.of(name);
        let _ = fs::remove_dir_all(folder.join(&code.folder));
        let _ = fs::remove_dir(&folder);
    }

    /// Keeps what is said of a function from now on: it outlives a crash when this answers.
    ///
    /// The code of before stays until the next change, since calls may still run on it.
    pub(crate) fn keep(&self, deployment: &Deployment, before: Option<&Code>) -> Result<(), DeployError> {
        let folder = self.of(&deployment.name);
        let text = serde_json::to_vec_pretty(deployment).map_err(io::Error::other)?;
        let fresh = folder.join(".function.json");
        let mut file = File::create(&fresh)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&fresh, folder.join(RECORD))?;
        File::open(&folder)?.sync_all()?;
        let mut kept = vec![deployment.code.folder.as_str()];
        kept.extend(before.map(|code| code.folder.as_str()));
        remove_other_code(&folder, &kept);
        Ok(())
    }

    /// Forgets a function: it does not come back after a crash when this answers.
    pub(crate) fn forget(&self, name: &str) -> Result<(), DeployError> {
        let gone = self
            .folder
            .join(format!("{GONE}{}", uuid::Uuid::new_v4().simple()));
        fs::rename(self.of(name), &gone)?;
        File::open(&self.folder)?.sync_all()?;
        remove(&gone);
        Ok(())
    }

    /// How the registry of functions is told of it, checked.
    pub(crate) fn config(&self, deployment: &Deployment) -> Result<FunctionConfig, ConfigError> {
        let table = FunctionTable {
            runtime: Some(deployment.runtime.clone()),
            code: Some(PathBuf::from(&deployment.code.folder)),
            handler: Some(deployment.handler.clone()).filter(|handler| !handler.is_empty()),
            env: deployment.environment.clone(),
            timeout_seconds: Some(f64::from(deployment.timeout_seconds)),
            memory_mb: Some(deployment.memory_mb),
            ..FunctionTable::default()
        };
        table.into_config(&deployment.name, &self.of(&deployment.name))
    }

    fn of(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Deployments {
    fn drop(&mut self) {
        if self.is_temporary {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// What is kept of the function in a folder; nothing when none was ever finished there.
fn read_record(folder: &Path) -> io::Result<Option<Deployment>> {
    let is_gone = folder
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(GONE));
    if is_gone {
        return Ok(None);
    }
    match fs::read(folder.join(RECORD)) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).map_err(io::Error::other)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_other_code(folder: &Path, kept: &[&str]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("code-") && !kept.contains(&&*name) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path) {
        tracing::warn!(path = %path.display(), %error, "old code was not removed");
    }
}

/// Creates a folder that only its owner can read.
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::archive::tests::zipped;

    pub(crate) fn deployment(name: &str, code: Code) -> Deployment {
        Deployment {
            name: name.into(),
            runtime: "python3.13".into(),
            handler: "app.handler".into(),
            role: "arn:aws:iam::000000000000:role/r".into(),
            description: String::new(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: BTreeMap::new(),
            architectures: vec!["x86_64".into()],
            tags: BTreeMap::new(),
            revision_id: "1".into(),
            last_modified: "2026-11-22T09:00:00.000+0000".into(),
            code,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_kept_is_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_folder(folder.path().join("functions"));
        assert_eq!(deployments.load().unwrap(), []);
        let code = deployments.unpack("greet", &zipped(&[("app.py", b"x")])).unwrap();
        let greet = deployment("greet", code);
        deployments.keep(&greet, None).unwrap();
        assert_eq!(deployments.load().unwrap(), std::slice::from_ref(&greet));
        let config = deployments.config(&greet).unwrap();
        assert!(config.code.join("app.py").exists());
        deployments.forget("greet").unwrap();
        assert_eq!(deployments.load().unwrap(), []);
        assert_eq!(names(&folder.path().join("functions")), [""; 0]);
    }

    #[test]
    fn code_of_before_stays_for_calls_that_run_and_goes_with_the_next_change() {
        let folder = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_folder(folder.path().to_owned());
        let package = || zipped(&[("app.py", b"x")]);
        let codes: Vec<Code> = (0..3)
            .map(|_| deployments.unpack("f", &package()).unwrap())
            .collect();
        deployments
            .keep(&deployment("f", codes[1].clone()), Some(&codes[0]))
            .unwrap();
        let mut expected = vec![codes[0].folder.clone(), codes[1].folder.clone(), RECORD.into()];
        expected.sort();
        assert_eq!(names(&folder.path().join("f")), expected);
        deployments.load().unwrap();
        assert_eq!(
            names(&folder.path().join("f")),
            [codes[1].folder.clone(), RECORD.into()]
        );
    }

    #[test]
    fn what_a_crash_left_half_done_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_folder(folder.path().to_owned());
        deployments.unpack("half", &zipped(&[("app.py", b"x")])).unwrap();
        fs::create_dir(folder.path().join(".gone-1")).unwrap();
        assert_eq!(deployments.load().unwrap(), []);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_bad_package_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_folder(folder.path().to_owned());
        assert!(deployments.unpack("f", b"no zip").is_err());
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn temporary_deployments_end_with_their_owner() {
        let deployments = Deployments::temporary();
        let folder = deployments.folder.clone();
        deployments.unpack("f", &zipped(&[("app.py", b"x")])).unwrap();
        assert!(folder.exists());
        drop(deployments);
        assert!(!folder.exists());
    }
}
