//! Gives the lane's protection key to the region and to the writable data of every object of the
//! namespace.
//!
//! Not to ld.so, and not to RELRO pages: when any thread is created, ld.so reads the images of
//! thread-local data of *all* namespaces, with the rights of whichever lane asked.

use super::host;
use super::loading::LOADED;
use super::lock::Lock;
use super::region;
use libc::{c_int, c_void, dl_phdr_info};
use std::ops::Range;
use std::slice;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

const PAGE: usize = 4096;
/// More objects than this are tagged again each time, which is slow and harmless.
const OBJECTS: usize = 2048;

/// The lane's key, -1 if it has none.
static KEY: AtomicI32 = AtomicI32::new(-1);
/// Where the segments begin that have the key.
static TAGGED: Lock<Tagged> = Lock::new(Tagged { count: 0, starts: [0; OBJECTS] });

struct Tagged {
    count: usize,
    starts: [usize; OBJECTS],
}

impl Tagged {
    fn is_new(&mut self, start: usize) -> bool {
        if self.starts[..self.count].contains(&start) {
            return false;
        }
        if self.count < OBJECTS {
            self.starts[self.count] = start;
            self.count += 1;
        }
        true
    }
}

pub(crate) fn set_key(key: c_int) -> c_int {
    KEY.store(key, Relaxed);
    let start = region::start().addr();
    let error = tag(start..start + region::SIZE);
    if error != 0 {
        return error;
    }
    LOADED.store(true, Relaxed);
    tag_new_objects()
}

pub(crate) fn tag_new_objects() -> c_int {
    if KEY.load(Relaxed) < 0 || !LOADED.swap(false, Relaxed) {
        return 0;
    }
    let mut error: c_int = 0;
    // SAFETY: the function has the signature of a visitor, and `error` outlives the visit.
    unsafe { libc::dl_iterate_phdr(Some(tag_object), (&raw mut error).cast()) };
    error
}

unsafe extern "C" fn tag_object(info: *mut dl_phdr_info, _: usize, error: *mut c_void) -> c_int {
    // SAFETY: ld.so gives a valid description, `tag_new_objects` its variable.
    let (info, error) = unsafe { (&*info, &mut *error.cast::<c_int>()) };
    let base = info.dlpi_addr as usize;
    // SAFETY: the call takes a number.
    if base == unsafe { libc::getauxval(libc::AT_BASE) } as usize {
        return 0;
    }
    // SAFETY: as many headers as ld.so says.
    let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let range = |header: &libc::Elf64_Phdr| {
        let start = base + header.p_vaddr as usize;
        start..start + header.p_memsz as usize
    };
    let down = |address: usize| address & !(PAGE - 1);
    let relro = headers.iter().find(|header| header.p_type == libc::PT_GNU_RELRO).map(range);
    // ld.so protects whole pages only: the last one, if only partly RELRO, stays writable.
    let relro = relro.map_or(0..0, |relro| down(relro.start)..down(relro.end));
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W == 0 {
            continue;
        }
        let data = range(header);
        let data = down(data.start)..data.end.next_multiple_of(PAGE);
        if !TAGGED.with(|tagged| tagged.is_new(data.start)) {
            continue;
        }
        let inside = relro.start >= data.start && relro.end <= data.end && !relro.is_empty();
        let relro = if inside { relro.clone() } else { data.start..data.start };
        for part in [data.start..relro.start, relro.end..data.end] {
            match tag(part) {
                0 => {}
                failed => *error = failed,
            }
        }
    }
    0
}

/// 0, or an `errno`.
fn tag(range: Range<usize>) -> c_int {
    if range.is_empty() {
        return 0;
    }
    let Some(calls) = host::calls() else { return libc::EPERM };
    let start = std::ptr::without_provenance_mut(range.start);
    // SAFETY: the range is data of this lane that was readable and writable before.
    unsafe { (calls.tag)(start, range.len(), KEY.load(Relaxed)) }
}
