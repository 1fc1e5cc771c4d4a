//! A virtual machine whose processor has protection keys, whatever this one has.
//!
//! It is emulated in software: slow, but exact in what keys allow and refuse. It sees the whole file
//! tree of this machine at the same places, so what runs here runs there, and what it writes stays in
//! its memory and is gone with it. Its first process is this program once more ([`init`]).

mod image;
pub(crate) mod init;
mod install;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

/// Memory of the machine, in MiB; files that it writes are in there too.
const MEMORY_MIB: u32 = 2560;

/// A command that runs in the machine.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Program and arguments. The program is looked up on PATH.
    pub(crate) command: Vec<String>,
    /// Where it runs.
    pub(crate) folder: PathBuf,
    /// Its whole environment.
    pub(crate) variables: Vec<(String, String)>,
}

impl Job {
    /// `command` in this folder, with what programs need of this process' environment.
    pub(crate) fn new(command: Vec<String>) -> Result<Self> {
        let folder = std::env::current_dir().context("the current folder is gone")?;
        let passed_on = |name: &str| {
            ["PATH", "HOME", "LANG", "TMPDIR"].contains(&name)
                || ["RUST_", "CARGO_", "FAASTLANE_"].iter().any(|prefix| name.starts_with(prefix))
        };
        let variables = std::env::vars().filter(|(name, _)| passed_on(name)).collect();
        Ok(Self { command, folder, variables })
    }
}

/// Whether this machine has keys, so that none has to be emulated.
pub(crate) fn has_keys() -> bool {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags"));
    flags.is_some_and(|flags| flags.split_whitespace().any(|flag| flag == "ospke"))
}

/// Runs the jobs one after another in a machine of their own, until one fails. Their output goes to
/// stdout as it comes. Returns the exit code of the last one, for a signal 128 and its number.
pub(crate) fn run(jobs: &[Job], time_limit: Duration) -> Result<u8> {
    ensure!(jobs.iter().all(|job| !job.command.is_empty()), "no command to run");
    let tools = install::tools()?;
    let kernel = install::kernel()?;
    let work = tempfile::Builder::new().prefix("faastlane-vm-").tempdir()?;
    let path = |name: &str| work.path().join(name);
    image::write(&path("initramfs"), &kernel.modules, &serde_json::to_vec(jobs)?)?;
    let until = Instant::now() + time_limit;
    let mut files =
        start_files(&tools.virtiofsd, &path("files.socket"), &path("files.log"), until)?;
    let started = start_machine(&tools.qemu, &kernel.image, work.path());
    let ended = started.and_then(|mut machine| wait(&mut machine, until));
    stop(&mut files);
    let code = fs::read_to_string(path("code")).unwrap_or_default();
    match (ended, code.trim().parse()) {
        (Ok(()), Ok(code)) => Ok(code),
        (ended, _) => {
            let console = fs::read(path("console")).unwrap_or_default();
            let files = fs::read(path("files.log")).unwrap_or_default();
            eprintln!("{}{}", String::from_utf8_lossy(&console), String::from_utf8_lossy(&files));
            ended.and_then(|()| bail!("the virtual machine ended early; above is its console"))
        }
    }
}

/// Shares the file tree of this machine; waits until a machine can ask for it.
fn start_files(virtiofsd: &Path, socket: &Path, log: &Path, until: Instant) -> Result<Child> {
    let log = File::create(log).context("cannot write to the temporary folder")?;
    let mut command = Command::new(virtiofsd);
    command.arg(format!("--socket-path={}", socket.display()));
    command.args(["-o", "source=/", "-o", "cache=always", "-o", "sandbox=chroot"]);
    let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
    let mut child = child.with_context(|| format!("cannot start {}", virtiofsd.display()))?;
    while !socket.exists() {
        if child.try_wait()?.is_some() || Instant::now() > until {
            stop(&mut child);
            bail!("{} does not share files; it must be started as root", virtiofsd.display());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(child)
}

/// Three serial lines: the kernel's console, the output, the exit code.
fn start_machine(qemu: &Path, kernel: &Path, work: &Path) -> Result<Child> {
    let path = |name: &str| work.join(name).display().to_string();
    let mut command = Command::new(qemu);
    command.args(["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-no-reboot"]);
    command.args(["-m", &MEMORY_MIB.to_string(), "-display", "none", "-monitor", "none"]);
    command.args(["-nodefaults", "-no-user-config"]);
    let memory = format!("memory-backend-memfd,id=memory,size={MEMORY_MIB}M,share=on");
    command.args(["-object", &memory, "-numa", "node,memdev=memory"]);
    command.args(["-chardev", &format!("socket,id=files,path={}", path("files.socket"))]);
    command.args(["-device", "vhost-user-fs-pci,queue-size=1024,chardev=files,tag=host"]);
    command.arg("-kernel").arg(kernel).args(["-initrd", &path("initramfs")]);
    command.args(["-append", "console=ttyS0 quiet panic=-1 mitigations=off"]);
    command.args(["-serial", &format!("file:{}", path("console")), "-serial", "stdio"]);
    command.args(["-serial", &format!("file:{}", path("code"))]);
    command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start {}", qemu.display()))
}

fn wait(machine: &mut Child, until: Instant) -> Result<()> {
    while machine.try_wait()?.is_none() {
        if Instant::now() > until {
            stop(machine);
            bail!("the virtual machine did not finish in time");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Ends a process that may have ended.
fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
