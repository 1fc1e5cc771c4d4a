//! What a virtual machine needs and is installed when it is missing: the emulator, a server that
//! shares files, and a kernel, which is unpacked into the target folder and not installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Programs of the machine that emulates.
pub(super) struct Tools {
    pub(super) qemu: PathBuf,
    pub(super) virtiofsd: PathBuf,
}

/// A kernel, and the modules that it needs to see files, in the order in which they are loaded.
pub(super) struct Kernel {
    pub(super) image: PathBuf,
    pub(super) modules: Vec<PathBuf>,
}

/// Where Debian and its children put the two.
const QEMU: [&str; 1] = ["/usr/bin/qemu-system-x86_64"];
const VIRTIOFSD: [&str; 2] = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];

/// The meta-package of a kernel made for virtual machines; it has keys and is small.
const KERNEL: &str = "linux-image-cloud-amd64";

/// Below the folder of a kernel's modules.
const MODULES: [&str; 8] = [
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/virtio/virtio_pci.ko",
    "fs/fuse/fuse.ko",
    "fs/fuse/virtiofs.ko",
    "fs/overlayfs/overlay.ko",
];

pub(super) fn tools() -> Result<Tools> {
    let present = |paths: &[&str]| paths.iter().map(PathBuf::from).find(|path| path.exists());
    if present(&QEMU).is_none() {
        apt_get(&["install", "--yes", "--no-install-recommends", "qemu-system-x86"])?;
    }
    if present(&VIRTIOFSD).is_none() {
        apt_get(&["install", "--yes", "--no-install-recommends", "virtiofsd"])?;
    }
    let qemu = present(&QEMU).context("qemu-system-x86 has no qemu-system-x86_64")?;
    let virtiofsd = present(&VIRTIOFSD).context("no virtiofsd where Debian has it")?;
    Ok(Tools { qemu, virtiofsd })
}

/// Fetches a kernel the first time.
pub(super) fn kernel() -> Result<Kernel> {
    let folder = target_folder().join("vm");
    if let Some(kernel) = unpacked(&folder.join("kernel"))? {
        return Ok(kernel);
    }
    // Another of these may be at it: each unpacks for itself, the first to rename wins.
    let work = folder.join(format!("unpacking-{}", std::process::id()));
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let package = package()?;
    crate::run(
        &format!("apt-get download {package}"),
        Command::new("apt-get").args(["download", &package]).current_dir(&work),
    )?;
    let archive = entries(&work)?.into_iter().find(|path| path.extension() == Some("deb".as_ref()));
    let archive =
        archive.with_context(|| format!("apt-get left no package in {}", work.display()))?;
    let root = work.join("root");
    crate::run(
        &format!("dpkg-deb -x {} {}", archive.display(), root.display()),
        Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&root),
    )?;
    let renamed = fs::rename(&root, folder.join("kernel"));
    fs::remove_dir_all(&work).with_context(|| format!("cannot remove {}", work.display()))?;
    match (unpacked(&folder.join("kernel"))?, renamed) {
        (Some(kernel), _) => Ok(kernel),
        (None, Err(error)) => Err(error).context("cannot keep the kernel"),
        (None, Ok(())) => bail!("{package} has no kernel with its modules"),
    }
}

/// The package that the meta-package stands for today.
fn package() -> Result<String> {
    let depends = || -> Result<Option<String>> {
        let output = Command::new("apt-cache").args(["depends", KERNEL]).output();
        let output = output.context("apt-cache is missing: Debian or Ubuntu is needed")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut names = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        Ok(names.find(|name| name.starts_with("linux-image-")).map(str::to_owned))
    };
    if let Some(package) = depends()? {
        return Ok(package);
    }
    apt_get(&["update"])?;
    depends()?.with_context(|| format!("no package {KERNEL}: Debian is needed"))
}

fn unpacked(root: &Path) -> Result<Option<Kernel>> {
    if !root.exists() {
        return Ok(None);
    }
    let boot = entries(&root.join("boot"))?;
    let image = boot.iter().find_map(|path| {
        let version = path.file_name()?.to_str()?.strip_prefix("vmlinuz-")?;
        Some((path.clone(), version.to_owned()))
    });
    Ok(image.map(|(image, version)| {
        let folder = root.join("lib/modules").join(version).join("kernel");
        Kernel { image, modules: MODULES.map(|name| folder.join(name)).to_vec() }
    }))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// The first time on a fresh machine there are no lists of packages yet.
fn apt_get(arguments: &[&str]) -> Result<()> {
    let line = |arguments: &[&str]| format!("apt-get {}", arguments.join(" "));
    let once = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        crate::run(&line(arguments), &mut command)
    };
    let ended = once(arguments).or_else(|_| once(&["update"]).and_then(|()| once(arguments)));
    ended.with_context(|| format!("run as root: {}", line(arguments)))
}

/// Beside this program: `cargo` runs it from there.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    folder.to_owned()
}
