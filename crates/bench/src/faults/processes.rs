//! The processes of a run, found in /proc.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rustix::process::Pid;

use super::fault::Role;

/// A process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) pid: Pid,
    pub(crate) role: Role,
    /// Its command line, shortened, and how it is.
    pub(crate) about: String,
}

/// One line of /proc/PID/stat.
struct Line {
    parent: i32,
    state: char,
}

/// All that descend from `root`, those that have ended excluded.
pub(crate) fn below(root: Pid) -> Vec<Process> {
    let lines = lines();
    let mut found = Vec::new();
    let mut at = vec![(root.as_raw_nonzero().get(), Role::Command)];
    while let Some((parent, parents_role)) = at.pop() {
        for (pid, line) in lines.iter().filter(|(_, line)| line.parent == parent) {
            let command = command(*pid);
            let role = role(&command, parents_role);
            at.push((*pid, role));
            if let Some(pid) = Pid::from_raw(*pid)
                && !matches!(line.state, 'Z' | 'X')
            {
                let about = format!("{pid} {} {role:?} {}", line.state, command.join(" "));
                found.push(Process { pid, role, about });
            }
        }
    }
    found
}

/// Whether a process has not ended.
pub(crate) fn runs(pid: Pid) -> bool {
    line(pid.as_raw_nonzero().get()).is_some_and(|line| !matches!(line.state, 'Z' | 'X'))
}

/// Bytes of address space that it has.
pub(crate) fn address_space(pid: Pid) -> Option<u64> {
    let status = fs::read_to_string(folder(pid.as_raw_nonzero().get()).join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn role(command: &[String], parent: Role) -> Role {
    let first = command.get(1).map(String::as_str);
    // As the command starts containers, and containers what holds lanes.
    let is_ours =
        matches!(command.first().map(String::as_str), Some("faastlane" | "/proc/self/exe"));
    match (first, parent) {
        (Some("container"), Role::Command) if is_ours => Role::Container,
        (Some("host" | "container"), Role::Template | Role::Host) if is_ours => Role::Host,
        // It was forked, and has not been executed again.
        (Some("run"), Role::Command) => Role::Command,
        (Some("host"), _) if is_ours => Role::Template,
        (Some(script), _) if script.starts_with("services/") => Role::Service,
        _ => Role::Other,
    }
}

fn lines() -> BTreeMap<i32, Line> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, line(pid)?))).collect()
}

/// None if it has ended meanwhile.
fn line(pid: i32) -> Option<Line> {
    let text = fs::read_to_string(folder(pid).join("stat")).ok()?;
    // A name may hold anything, parentheses too.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some(Line { state: fields.next()?.chars().next()?, parent: fields.next()?.parse().ok()? })
}

fn command(pid: i32) -> Vec<String> {
    let text = fs::read(folder(pid).join("cmdline")).unwrap_or_default();
    let words = text.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).chars().take(60).collect()).collect()
}

fn folder(pid: i32) -> PathBuf {
    format!("/proc/{pid}").into()
}
