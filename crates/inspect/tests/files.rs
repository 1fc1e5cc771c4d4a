//! Small ELF files, made here, with gadgets where a search could miss them.

use std::fs;

use faastlane_inspect::{Error, Gadget, Place, scan, scan_tree};
use tempfile::TempDir;

const EXECUTABLE: u32 = 1 | 4;
const WRITABLE: u32 = 2 | 4;

/// A segment: its flags, its offset and size in the file, its address.
struct Segment(u32, u64, u64, u64);

/// A library with these segments and nothing else, 0x4000 bytes of NOP, and some bytes at some offsets.
fn elf(segments: &[Segment], bytes: &[(usize, &[u8])]) -> Vec<u8> {
    let mut file = vec![0x90; 0x4000];
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    header.extend([3, 0, 62, 0, 1, 0, 0, 0]); // ET_DYN, x86-64
    header.extend([0; 8]); // entry
    header.extend(64_u64.to_le_bytes()); // program headers follow
    header.extend([0; 12]); // no sections, no flags
    header.extend([64, 0, 56, 0, u8::try_from(segments.len()).unwrap(), 0, 64, 0, 0, 0, 0, 0]);
    for Segment(flags, offset, size, address) in segments {
        header.extend(1_u32.to_le_bytes()); // PT_LOAD
        header.extend(flags.to_le_bytes());
        for number in [*offset, *address, *address, *size, *size, 0x1000] {
            header.extend(number.to_le_bytes());
        }
    }
    file[..header.len()].copy_from_slice(&header);
    for (at, bytes) in bytes {
        file[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    file
}

const WRPKRU: &[u8] = b"\x0f\x01\xef";

#[track_caller]
fn check(segments: &[Segment], bytes: &[(usize, &[u8])], expected: &[(u64, u64)]) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("library.so");
    fs::write(&path, elf(segments, bytes)).unwrap();
    let found: Vec<_> = scan(&path).unwrap().iter().map(|f| (f.offset, f.address)).collect();
    assert_eq!(found, expected);
}

#[test]
fn executable_segments_are_searched_and_no_others() {
    let segments =
        [Segment(EXECUTABLE, 0x1000, 0x1000, 0x11000), Segment(WRITABLE, 0x2000, 0x1000, 0x12000)];
    check(&segments, &[(0x1234, WRPKRU), (0x2345, WRPKRU)], &[(0x1234, 0x11234)]);
}

#[test]
fn what_shares_a_page_with_code_is_code() {
    let segments = [Segment(EXECUTABLE, 0x1800, 0x10, 0x5800)];
    let bytes = [(0xffd, WRPKRU), (0x1000, WRPKRU), (0x1ffd, WRPKRU), (0x2000, WRPKRU)];
    check(&segments, &bytes, &[(0x1000, 0x5000), (0x1ffd, 0x5ffd)]);
}

#[test]
fn a_gadget_across_two_segments_is_found() {
    let segments =
        [Segment(EXECUTABLE, 0x1000, 0x1000, 0x1000), Segment(EXECUTABLE, 0x2000, 0x1000, 0x2000)];
    check(&segments, &[(0x1fff, WRPKRU)], &[(0x1fff, 0x1fff)]);
    // Neighbours in the file only.
    let apart =
        [Segment(EXECUTABLE, 0x1000, 0x1000, 0x1000), Segment(EXECUTABLE, 0x2000, 0x1000, 0x9000)];
    check(&apart, &[(0x1fff, WRPKRU)], &[]);
}

#[test]
fn headers_that_lie_do_no_harm() {
    let all: Vec<_> = [0, 0x3fff, 0x4000, u64::MAX - 1, u64::MAX]
        .into_iter()
        .flat_map(|offset| [0, 1, 0x4000, u64::MAX].map(|size| (offset, size)))
        .collect();
    for (offset, size) in all {
        for address in [0, 0x1234, u64::MAX] {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("library.so");
            let segments = [Segment(EXECUTABLE, offset, size, address)];
            fs::write(&path, elf(&segments, &[(0x3ffd, WRPKRU)])).unwrap();
            scan(&path).unwrap();
        }
    }
}

#[test]
fn disassembly_shows_what_is_around() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("library.so");
    let segments = [Segment(EXECUTABLE, 0x1000, 0x1000, 0x1000)];
    // mov eax, 0xef010f; wrpkru
    let code: &[u8] = b"\xb8\x0f\x01\xef\x00\x0f\x01\xef";
    fs::write(&path, elf(&segments, &[(0x1100, code)])).unwrap();
    let found = scan(&path).unwrap();
    let places: Vec<_> = found.iter().map(|finding| (finding.gadget, finding.place)).collect();
    let instruction = Place::Instruction { start: 0x1105, length: 3 };
    assert_eq!(places, [(Gadget::Wrpkru, Place::Hidden), (Gadget::Wrpkru, instruction)]);
    let shown: Vec<_> = found[0]
        .disassembly
        .iter()
        .map(|line| (line.address, line.text.as_str(), line.marked))
        .collect();
    assert_eq!(
        shown,
        [
            (0x10fd, "nop", false),
            (0x10fe, "nop", false),
            (0x10ff, "nop", false),
            (0x1100, "mov eax, 0xef010f", true),
            (0x1105, "wrpkru", false),
            (0x1108, "nop", false),
            (0x1109, "nop", false),
        ]
    );
}

#[test]
fn folders_are_searched_to_their_ends() {
    let folder = TempDir::new().unwrap();
    let segments = [Segment(EXECUTABLE, 0x1000, 0x1000, 0x1000)];
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("b/deep/er.so", &elf(&segments, &[(0x1000, WRPKRU)]));
    write("a.so", &elf(&segments, &[]));
    write("notes.txt", WRPKRU);
    write("empty", b"");
    let mut arm = elf(&segments, &[(0x1000, WRPKRU)]);
    arm[18] = 183;
    write("arm.so", &arm);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();

    let scanned = scan_tree(folder.path()).unwrap();
    assert!(scanned.errors.is_empty(), "{:?}", scanned.errors);
    let found: Vec<_> = scanned.findings.iter().map(|(path, _)| path.as_path()).collect();
    assert_eq!((scanned.files, found), (2, vec![folder.path().join("b/deep/er.so").as_path()]));

    let error = |name: &str| scan_tree(&folder.path().join(name)).unwrap_err();
    assert!(matches!(error("arm.so"), Error::NotLoadable { .. }));
    assert!(matches!(error("notes.txt"), Error::NotElf { .. }));
    assert!(matches!(error("missing"), Error::Read { .. }));
}

/// The C library has one in `pkey_set`, and tells the names of its functions.
#[test]
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
fn the_c_library_of_this_machine() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut mapped = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let libc = mapped.find(|path| path.contains("/libc.so")).expect("tests are linked to it");
    let found = scan(std::path::Path::new(libc)).unwrap();
    let names: Vec<_> = found.iter().filter_map(|f| Some(f.symbol.as_ref()?.0.as_str())).collect();
    assert!(names.contains(&"pkey_set"), "{found:?}");
}
