//! The first process of the machine: finds the files of the machine outside, runs the jobs, tells the
//! exit code and switches off.

use std::ffi::CStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use rustix::mount::{MountFlags, mount, mount_move};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, SendFlags, SocketType};
use rustix::process::{Pid, WaitOptions};
use rustix::system::RebootCommand;
use rustix::termios::{OptionalActions, tcdrain, tcgetattr, tcsetattr};

use super::{Job, image};

/// Whether this process is that one.
pub(crate) fn is_init() -> bool {
    std::process::id() == 1 && Path::new("/").join(image::JOBS).exists()
}

/// Ends the machine, whatever happens.
pub(crate) fn main() -> Result<()> {
    let ended = work();
    if let Err(error) = &ended {
        // The console of the kernel: there is nothing else to tell it to.
        eprintln!("the machine cannot be set up: {error:#}");
    }
    rustix::fs::sync();
    rustix::system::reboot(RebootCommand::PowerOff)?;
    ended
}

fn work() -> Result<()> {
    let jobs: Vec<Job> = serde_json::from_slice(&fs::read(Path::new("/").join(image::JOBS))?)?;
    load_modules()?;
    enter_files()?;
    ensure!(super::has_keys(), "the emulated processor has no protection keys");
    // Functions are not root there, and must be able to reach what is installed for root.
    fs::set_permissions("/root", Permissions::from_mode(0o755))?;
    raise_loopback().context("cannot raise the loopback interface")?;
    let output = serial_line("/dev/ttyS1")?;
    let mut code = serial_line("/dev/ttyS2")?;
    let mut last = 0;
    for job in &jobs {
        last = run(job, &output)?;
        if last != 0 {
            break;
        }
    }
    tcdrain(&output)?;
    writeln!(code, "{last}")?;
    tcdrain(&code)?;
    Ok(())
}

fn load_modules() -> Result<()> {
    let folder = Path::new("/").join(image::MODULES);
    for number in 0..fs::read_dir(&folder)?.count() {
        let file = File::open(folder.join(number.to_string()))?;
        rustix::system::finit_module(&file, c"", 0)
            .with_context(|| format!("the kernel refuses module {number}"))?;
    }
    Ok(())
}

/// Makes the file tree of the machine outside the root, with a layer in memory above it for what is
/// written.
fn enter_files() -> Result<()> {
    let plain = |kind: &'static str, folder: &'static str| {
        mount(kind, folder, kind, MountFlags::empty(), None::<&CStr>)
            .with_context(|| format!("cannot mount {kind} at {folder}"))
    };
    mount("host", "/host", "virtiofs", MountFlags::RDONLY, None::<&CStr>)
        .context("cannot mount the files of the machine outside")?;
    plain("tmpfs", "/memory")?;
    fs::create_dir("/memory/written")?;
    fs::create_dir("/memory/work")?;
    let layers = c"lowerdir=/host,upperdir=/memory/written,workdir=/memory/work";
    mount("overlay", "/files", "overlay", MountFlags::empty(), Some(layers))
        .context("cannot mount the layer in memory")?;
    plain("proc", "/files/proc")?;
    plain("sysfs", "/files/sys")?;
    plain("devtmpfs", "/files/dev")?;
    fs::create_dir_all("/files/dev/shm")?;
    plain("tmpfs", "/files/dev/shm")?;
    std::env::set_current_dir("/files")?;
    mount_move(".", "/")?;
    rustix::process::chroot(".")?;
    std::env::set_current_dir("/")?;
    Ok(())
}

/// Asks the kernel over netlink to raise interface 1: `RTM_NEWLINK` with a `struct ifinfomsg`.
fn raise_loopback() -> Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const NLM_F_REQUEST: u16 = 1;
    const IFF_UP: u32 = 1;
    let mut message = Vec::new();
    message.extend(32_u32.to_ne_bytes()); // length of it all
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    message.extend([0; 8]); // sequence number and port
    message.extend([0; 4]); // family and device type
    message.extend(1_i32.to_ne_bytes()); // the loopback interface
    message.extend(IFF_UP.to_ne_bytes()); // flags
    message.extend(IFF_UP.to_ne_bytes()); // which of them change
    let socket = rustix::net::socket(AddressFamily::NETLINK, SocketType::RAW, None)?; // protocol 0 is NETLINK_ROUTE
    rustix::net::sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    Ok(())
}

/// A line that passes bytes on as they are.
fn serial_line(path: &str) -> Result<File> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.with_context(|| format!("cannot open {path}"))?;
    let mut settings = tcgetattr(&file)?;
    settings.make_raw();
    tcsetattr(&file, OptionalActions::Now, &settings)?;
    Ok(file)
}

/// Runs a job to its end and reaps all that becomes an orphan meanwhile, as a first process must.
fn run(job: &Job, output: &File) -> Result<u8> {
    let mut command = Command::new(&job.command[0]);
    command.args(&job.command[1..]).current_dir(&job.folder).env_clear();
    command.envs(job.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
    let child = match command.process_group(0).spawn() {
        Ok(child) => child,
        Err(error) => {
            writeln!(&*output, "cannot start {}: {error}", job.command[0])?;
            return Ok(127);
        }
    };
    let child = Pid::from_child(&child);
    loop {
        let ended = rustix::process::wait(WaitOptions::empty())?;
        let Some((_, status)) = ended.filter(|(pid, _)| *pid == child) else { continue };
        let code = status.exit_status().or(status.terminating_signal().map(|signal| 128 + signal));
        return Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX));
    }
}
