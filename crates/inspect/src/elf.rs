//! The executable memory that an ELF file becomes, and what is found in it.
//!
//! The kernel maps whole pages: the bytes of a file that share a page with an executable segment are
//! executable too, though no header says so. They are searched with it.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use object::elf::{EM_X86_64, ET_CORE, ET_REL, FileHeader64, PF_X, PT_LOAD, ProgramHeader64};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _};

use crate::disassembly::{self, Line};
use crate::gadget::{self, Gadget, Place};

/// The page size of x86-64.
const PAGE: u64 = 4096;

/// How far before a find reading begins at most, in bytes: by then x86 code has found its rhythm.
const LEAD: usize = 64 << 10;

/// Why a file could not be searched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system would not let us read it.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is no ELF file.
    #[error("{}: no ELF file (a program or a library, as `file` tells)", path.display())]
    NotElf {
        /// The file.
        path: PathBuf,
    },
    /// It is one, but not one that this machine would load.
    #[error("{}: no program or library for x86-64: {reason}", path.display())]
    NotLoadable {
        /// The file.
        path: PathBuf,
        /// What it is instead, or what is wrong with it.
        reason: String,
    },
}

/// A gadget in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub gadget: Gadget,
    /// Offset of its first byte in the file.
    pub offset: u64,
    /// Its address, counted from where the file is loaded.
    pub address: u64,
    /// Whether the program means to run it. Offsets in it count from the start of the file.
    pub place: Place,
    /// The section it is in, where the file has sections.
    pub section: Option<String>,
    /// The function it is in and the distance from its beginning in bytes, where the file tells.
    pub symbol: Option<(String, u64)>,
    /// The instructions around it.
    pub disassembly: Vec<Line>,
}

/// Searches the file `path`.
///
/// # Errors
///
/// If it cannot be read, or is no program or library for x86-64.
pub fn scan(path: &Path) -> Result<Vec<Finding>, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    if !bytes.starts_with(&object::elf::ELFMAG) {
        return Err(Error::NotElf { path: path.to_owned() });
    }
    let unusable =
        |reason: &str| Error::NotLoadable { path: path.to_owned(), reason: reason.into() };
    let header =
        FileHeader64::<Endianness>::parse(&*bytes).map_err(|_| unusable("not a 64-bit file"))?;
    let endian = header.endian().map_err(|_| unusable("no byte order"))?;
    if header.e_machine(endian) != EM_X86_64 {
        return Err(unusable("made for another processor"));
    }
    if matches!(header.e_type(endian), ET_REL | ET_CORE) {
        return Err(unusable("an object file or a core dump"));
    }
    let segments = header
        .program_headers(endian, &*bytes)
        .map_err(|_| unusable("its program headers lie outside of it"))?;
    let ranges = executable(segments, endian, bytes.len() as u64);
    // The loader does not look at sections, so a file with broken ones is searched all the same.
    let names = ElfFile64::parse(&*bytes).ok();
    Ok(ranges.iter().flat_map(|range| findings(names.as_ref(), &bytes, range)).collect())
}

/// A part of the file that becomes executable memory.
struct Executable {
    /// Offsets in the file, whole pages except at its end.
    range: Range<usize>,
    /// The address of the first of them.
    address: u64,
}

fn executable(
    segments: &[ProgramHeader64<Endianness>],
    endian: Endianness,
    file_size: u64,
) -> Vec<Executable> {
    let mut ranges: Vec<Executable> = segments
        .iter()
        .filter(|segment| segment.p_type(endian) == PT_LOAD)
        .filter(|segment| segment.p_flags(endian).contains(PF_X))
        .filter_map(|segment| {
            let offset = segment.p_offset(endian);
            let before = offset % PAGE;
            let end =
                offset.checked_add(segment.p_filesz(endian))?.checked_next_multiple_of(PAGE)?;
            let start = offset - before;
            let range = usize::try_from(start).ok()?..usize::try_from(end.min(file_size)).ok()?;
            let address = segment.p_vaddr(endian).wrapping_sub(before);
            (!range.is_empty()).then_some(Executable { range, address })
        })
        .collect();
    ranges.sort_by_key(|executable| executable.range.start);
    // Neighbours in the file that are neighbours in memory: a gadget may lie across the border.
    ranges.dedup_by(|next, first| {
        let distance = (next.range.start - first.range.start) as u64;
        let joined = next.range.start <= first.range.end
            && next.address == first.address.wrapping_add(distance);
        if joined {
            first.range.end = first.range.end.max(next.range.end);
        }
        joined
    });
    ranges
}

fn findings(file: Option<&ElfFile64<'_>>, bytes: &[u8], executable: &Executable) -> Vec<Finding> {
    let code = &bytes[executable.range.clone()];
    let found = gadget::find(code);
    found.into_iter().map(|(at, gadget)| finding(file, code, executable, at, gadget)).collect()
}

fn finding(
    file: Option<&ElfFile64<'_>>,
    code: &[u8],
    executable: &Executable,
    at: usize,
    gadget: Gadget,
) -> Finding {
    let address = executable.address.wrapping_add(at as u64);
    let section = file.into_iter().flat_map(|file| file.sections()).find(|section| {
        section.address() != 0 && within(address, section.address(), section.size())
    });
    let symbol = file
        .into_iter()
        .flat_map(|file| file.symbols().chain(file.dynamic_symbols()))
        .find(|symbol| symbol.is_definition() && within(address, symbol.address(), symbol.size()));
    // Where reading begins: the function, else the section, else the segment.
    let begin = symbol.as_ref().map(|symbol| symbol.address());
    let begin = begin.or_else(|| section.as_ref().map(|section| section.address()));
    let from = begin
        .and_then(|begin| usize::try_from(begin.checked_sub(executable.address)?).ok())
        .unwrap_or(0)
        .max(at.saturating_sub(LEAD));
    let place = gadget::place(code, from, at, gadget);
    let in_file = |offset: usize| offset + executable.range.start;
    let marked = at - from..at - from + Gadget::LENGTH;
    Finding {
        gadget,
        offset: in_file(at) as u64,
        address,
        place: match place {
            Place::Instruction { start, length } => {
                Place::Instruction { start: in_file(start), length }
            }
            Place::Hidden => Place::Hidden,
        },
        section: section.and_then(|section| Some(section.name().ok()?.to_owned())),
        symbol: symbol
            .and_then(|symbol| Some((symbol.name().ok()?.to_owned(), address - symbol.address()))),
        disassembly: disassembly::around(
            &code[from..],
            executable.address.wrapping_add(from as u64),
            marked,
        ),
    }
}

fn within(address: u64, start: u64, size: u64) -> bool {
    address.checked_sub(start).is_some_and(|distance| distance < size)
}
