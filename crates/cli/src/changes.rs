//! Notices when the user changes a file of the project.
//!
//! What programs write by themselves does not count: hidden files, compiled Python, packages, and
//! the temporary files of editors.

use std::path::{Component, Path};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::Error;

/// Editors and checkouts change several files at once: that much silence ends a change.
const SETTLED: Duration = Duration::from_millis(100);

/// The changes of some folders.
pub(crate) struct Changes {
    happened: Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Watches folders with all that lies in them; `on_change` is called from another thread.
    pub(crate) fn watch(
        folders: &[&Path],
        on_change: impl Fn() + Send + 'static,
    ) -> Result<Self, Error> {
        let failed = |error: notify::Error| Error::Internal(format!("cannot watch files: {error}"));
        let (tell, happened) = channel();
        let roots: Vec<_> =
            folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        let known_roots = roots.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                if event.is_ok_and(|event| is_wanted(&event, &known_roots)) {
                    // Nobody listens any more at the end of the command.
                    let _ = tell.send(());
                    on_change();
                }
            })
            .map_err(failed)?;
        for root in &roots {
            watcher.watch(root, RecursiveMode::Recursive).map_err(failed)?;
        }
        Ok(Self { happened, _watcher: watcher })
    }

    /// Whether there was a change, waiting at most `limit` for one, and for the end of it.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        if self.happened.recv_timeout(limit).is_err() {
            return false;
        }
        while self.happened.recv_timeout(SETTLED) != Err(RecvTimeoutError::Timeout) {}
        true
    }
}

fn is_wanted(event: &notify::Event, roots: &[std::path::PathBuf]) -> bool {
    let kind = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any
    );
    kind && event.paths.iter().any(|path| {
        let inside = roots.iter().find_map(|root| path.strip_prefix(root).ok());
        inside.is_some_and(is_users_own)
    })
}

/// Whether a file below a root is one that users write.
fn is_users_own(path: &Path) -> bool {
    let folders = ["__pycache__", "node_modules", "target"];
    let is_foreign = |name: &str| name.starts_with('.') || folders.contains(&name);
    let mut names = path.components().filter_map(|component| match component {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let ending = path.extension().and_then(|ending| ending.to_str());
    !names.any(is_foreign)
        && !matches!(ending, Some("pyc" | "swp" | "swx" | "tmp"))
        && !path.to_string_lossy().ends_with('~')
        && path.file_name().is_none_or(|name| name != "4913")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_write_is_no_change() {
        let check =
            |path: &str, expected| assert_eq!(is_users_own(Path::new(path)), expected, "{path}");
        check("functions/check/app.py", true);
        check("template.yaml", true);
        check("", true);
        check("functions/__pycache__/app.cpython-312.pyc", false);
        check(".git/index", false);
        check("functions/.app.py.swp", false);
        check("template.yaml~", false);
    }

    #[test]
    fn a_written_file_is_a_change_and_silence_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let changes = Changes::watch(&[folder.path()], || {}).unwrap();
        std::fs::write(folder.path().join(".hidden"), "x").unwrap();
        std::fs::write(folder.path().join("app.py"), "x").unwrap();
        assert!(changes.wait(Duration::from_secs(60)));
        assert!(!changes.wait(Duration::ZERO));
    }
}
