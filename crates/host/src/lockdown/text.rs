//! Machine code of this process that writes the register of keys: overwritten where nobody needs it.
//!
//! The C library has such an instruction in `pkey_set`, the loader in the code that binds a function at
//! its first call, which never runs because lanes are bound when they are loaded. Each namespace has
//! its own copy of the first. What is found elsewhere is told and not touched: it is part of something
//! that a library needs.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use faastlane_inspect::{Finding, Gadget, Place, find, scan};

use super::{Error, last_error};

/// A gadget that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// What it is.
    pub gadget: Gadget,
    /// Where it is in this process.
    pub address: usize,
    /// The library or program, or what the kernel calls a mapping without a file.
    pub object: PathBuf,
}

/// `ud2`, which raises SIGILL, and a byte that is never reached.
const TRAP: [u8; Gadget::LENGTH] = [0x0f, 0x0b, 0x90];

const PAGE: usize = 4096;

/// A mapping of this process, as `/proc/self/maps` tells it.
struct Mapping {
    range: Range<usize>,
    /// Offset in the file of the first byte.
    offset: usize,
    object: PathBuf,
}

/// Overwrites all gadgets of the C library and the loader and those of the host that are `spent`, and
/// lets those of its `gate` be. Returns all others.
pub(super) fn overwrite(gate: &Range<usize>, spent: &Range<usize>) -> Result<Vec<Leftover>, Error> {
    let mut files = Files::default();
    let mut leftovers = Vec::new();
    for mapping in executable()? {
        // SAFETY: the mapping is readable, and no thread of this process unmaps code.
        let code = unsafe {
            std::slice::from_raw_parts(mapping.range.start as *const u8, mapping.range.len())
        };
        for (at, gadget) in find(code) {
            let address = mapping.range.start + at;
            if gate.contains(&address) {
                continue;
            }
            if spent.contains(&address)
                || is_base_library(&mapping.object) && files.is_instruction(&mapping, at)
            {
                trap(address)?;
            } else {
                let object = mapping.object.clone();
                leftovers.push(Leftover { gadget, address, object });
            }
        }
    }
    Ok(leftovers)
}

/// Executable memory that can be read: the kernel's `[vsyscall]` cannot, and has no such code.
fn executable() -> Result<Vec<Mapping>, Error> {
    let maps = fs::read_to_string("/proc/self/maps")
        .map_err(|source| Error::System { what: "reading /proc/self/maps".to_owned(), source })?;
    Ok(maps.lines().filter_map(mapping).collect())
}

/// `start-end rwxp offset device inode path`, in hexadecimal; a path may hold spaces.
fn mapping(line: &str) -> Option<Mapping> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let offset = usize::from_str_radix(fields.next()?, 16).ok()?;
    let object = fields.nth(2).unwrap_or("").trim_start();
    let number = |text| usize::from_str_radix(text, 16).ok();
    let wanted = rights.starts_with('r') && rights.contains('x');
    let range = number(start)?..number(end)?;
    wanted.then(|| Mapping { range, offset, object: PathBuf::from(object) })
}

fn is_base_library(object: &Path) -> bool {
    let name = object.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let is = |stem: &str| name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(['.', '-']));
    is("libc") || is("ld-linux-x86-64") || is("ld")
}

/// What is in files, each searched once: all namespaces have the same C library.
#[derive(Default)]
struct Files(HashMap<PathBuf, Vec<Finding>>);

impl Files {
    /// Whether the file says that the program means to run it. A file that is gone says nothing.
    fn is_instruction(&mut self, mapping: &Mapping, at: usize) -> bool {
        let offset = (mapping.offset + at) as u64;
        let search = || scan(&mapping.object).unwrap_or_default();
        let findings = self.0.entry(mapping.object.clone()).or_insert_with(search);
        findings.iter().any(|finding| {
            finding.offset == offset && matches!(finding.place, Place::Instruction { .. })
        })
    }
}

/// Writes into this process' own copy of the pages. They stay executable meanwhile: the code that
/// does this may lie in them.
fn trap(address: usize) -> Result<(), Error> {
    let first = address / PAGE * PAGE;
    let size = (address + TRAP.len()).next_multiple_of(PAGE) - first;
    let code = libc::PROT_READ | libc::PROT_EXEC;
    let protect = |rights| {
        // SAFETY: these are whole pages of a private mapping of code, which stay readable and
        // executable.
        let result = unsafe { libc::mprotect(first as *mut libc::c_void, size, rights) };
        let what = || format!("changing the code at {address:#x}");
        if result == 0 { Ok(()) } else { Err(last_error(what())) }
    };
    protect(code | libc::PROT_WRITE)?;
    // SAFETY: the pages are writable, and nobody runs these three bytes: that would be an attack.
    unsafe { std::ptr::copy_nonoverlapping(TRAP.as_ptr(), address as *mut u8, TRAP.len()) };
    protect(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_libraries_that_are_overwritten() {
        for name in ["libc.so.6", "libc-2.31.so", "ld-linux-x86-64.so.2", "ld-2.31.so"] {
            assert!(is_base_library(&Path::new("/lib").join(name)), "{name}");
        }
        for name in ["libcrypt.so.1", "libcrypto.so.3", "libldap.so.2", "ldd", ""] {
            assert!(!is_base_library(&Path::new("/lib").join(name)), "{name}");
        }
    }

    #[test]
    fn mappings_are_read() {
        let line = "7f00-7f10 r-xp 00001000 fe:00 12   /a folder/b.so";
        let read = mapping(line).unwrap();
        assert_eq!((read.range, read.offset), (0x7f00..0x7f10, 0x1000));
        assert_eq!(read.object, Path::new("/a folder/b.so"));
        assert!(mapping("7f00-7f10 r--p 00001000 fe:00 12   /b.so").is_none());
        assert!(
            mapping("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]").is_none()
        );
        assert_eq!(mapping("7f00-7f10 r-xp 00000000 00:00 0 ").unwrap().object, Path::new(""));
    }
}
