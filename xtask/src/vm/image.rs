//! The first file tree of the machine: this program as its first process, the libraries that it is
//! linked to, kernel modules, and the jobs.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cpio::newc::{self, ModeFileType};

/// This program, also after `cargo test` has built it anew.
const THIS: &str = "/proc/self/exe";

/// Where the kernel looks for its first process, and where that finds its work.
pub(super) const INIT: &str = "init";
pub(super) const JOBS: &str = "jobs.json";
/// Folder of the modules; their names begin with a number, which is the order.
pub(super) const MODULES: &str = "modules";

/// Writes an archive that the kernel unpacks into memory.
pub(super) fn write(path: &Path, modules: &[PathBuf], jobs: &[u8]) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut archive = Archive { out: BufWriter::new(file), folders: BTreeSet::new() };
    archive.file(INIT, &read(Path::new(THIS))?)?;
    archive.file(JOBS, jobs)?;
    for (number, module) in modules.iter().enumerate() {
        archive.file(&format!("{MODULES}/{number}"), &read(module)?)?;
    }
    for library in libraries()? {
        let name = library.strip_prefix("/").unwrap_or(&library);
        archive.file(&name.display().to_string(), &read(&library)?)?;
    }
    for folder in ["dev", "files", "host", "memory"] {
        archive.folder(folder)?;
    }
    newc::trailer(archive.out)?.flush().context("the temporary folder is full")
}

/// What is mapped into this process from files, and the loader under the name that programs have it.
fn libraries() -> Result<BTreeSet<PathBuf>> {
    let maps = fs::read_to_string("/proc/self/maps").context("/proc is needed")?;
    let mapped = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let libraries = mapped.filter(|path| path.contains(".so")).map(PathBuf::from);
    Ok(libraries.chain([PathBuf::from("/lib64/ld-linux-x86-64.so.2")]).collect())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

struct Archive {
    out: BufWriter<File>,
    folders: BTreeSet<String>,
}

impl Archive {
    fn file(&mut self, name: &str, content: &[u8]) -> Result<()> {
        if let Some((folder, _)) = name.rsplit_once('/') {
            self.folder(folder)?;
        }
        self.entry(name, ModeFileType::Regular, content)
    }

    fn folder(&mut self, name: &str) -> Result<()> {
        if let Some((parent, _)) = name.rsplit_once('/') {
            self.folder(parent)?;
        }
        if self.folders.insert(name.to_owned()) {
            self.entry(name, ModeFileType::Directory, &[])?;
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, kind: ModeFileType, content: &[u8]) -> Result<()> {
        let entry = newc::Builder::new(name).mode(0o755).set_mode_file_type(kind);
        let size = u32::try_from(content.len()).with_context(|| format!("{name} is too large"))?;
        let mut writer = entry.write(&mut self.out, size);
        std::io::copy(&mut Cursor::new(content), &mut writer)?;
        writer.finish()?;
        Ok(())
    }
}
