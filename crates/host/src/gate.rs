//! The gate: the only way into a lane and out of it.
//!
//! On the way in it clears the registers, loads the lane's stack and gives the thread the lane's
//! rights; on the way out it takes the host's rights and stack back and clears the registers again.
//! All of it happens on every machine but the two writes of the rights register, which need
//! protection keys.
//!
//! A lane can leave in three ways: it returns; it ends, which is a call of the host ([`leave`]); or a
//! handler of signals makes the thread leave. All of them go on at the same instruction, which takes
//! nothing from the lane's registers but one number, so it does not matter what state they are in.
//! The handler does not return to the kernel for that: nothing but its signal mask would have to be
//! restored, and that is empty.

pub(crate) mod constants;
pub(crate) mod slot;

use constants::{AVX, AVX512, CONSTANTS, KEYS};
use slot::Slot;
use std::arch::{asm, global_asm};
use std::ffi::c_void;
use std::ops::Range;

/// A function of the shim.
pub(crate) type Function = unsafe extern "C" fn(*mut c_void);

/// How a thread came out of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The function returned.
    Returned,
    /// It was made to leave; the lane's state says why.
    Left,
}

const RETURNED: u64 = 0;
const LEFT: u64 = 1;

unsafe extern "C" {
    fn faastlane_enter(
        slot: *const Slot,
        stack: *mut u8,
        rights: u64,
        function: Function,
        argument: *mut c_void,
    ) -> u64;
}

/// Calls `function(argument)` on `stack`, with `rights` as the value of the register of rights.
///
/// # Safety
/// `stack` is the upper end of a stack, aligned to 16 bytes, that nobody uses. The function belongs to
/// the lane whose rights these are and may be called with the argument. `slot` is this thread's.
pub(crate) unsafe fn enter(
    slot: &'static Slot,
    stack: *mut u8,
    rights: u32,
    function: Function,
    argument: *mut c_void,
) -> Exit {
    // SAFETY: the caller's promises; the assembly keeps the registers that the ABI wants kept.
    match unsafe { faastlane_enter(slot, stack, u64::from(rights), function, argument) } {
        RETURNED => Exit::Returned,
        _ => Exit::Left,
    }
}

/// Where the gate's code is: the only code that changes rights.
pub(crate) fn code() -> Range<usize> {
    unsafe extern "C" {
        static faastlane_gate_end: u8;
    }
    faastlane_enter as *const () as usize..(&raw const faastlane_gate_end).addr()
}

/// The slot of this thread while it is inside of a gate. Safe in handlers of signals.
pub(crate) fn current() -> Option<&'static Slot> {
    let slot: *const Slot;
    // SAFETY: reads a thread-local variable by its offset from the thread's address.
    unsafe {
        asm!(
            "mov {0}, qword ptr [rip + faastlane_gate@GOTTPOFF]",
            "mov {0}, qword ptr fs:[{0}]",
            out(reg) slot,
            options(nostack, readonly, preserves_flags),
        );
    }
    // SAFETY: null or one of the static slots.
    unsafe { slot.as_ref() }
}

/// Leaves the gate that this thread is in. What called this is never come back to.
///
/// # Safety
/// The thread is in a gate.
pub(crate) unsafe fn leave() -> ! {
    // SAFETY: the gate's exit needs nothing of what is on the stack or in the registers but `rax`.
    unsafe { asm!("jmp faastlane_leave", in("rax") LEFT, options(noreturn)) }
}

global_asm!(
    // The slot of a thread that is inside of a gate.
    ".section .tbss.faastlane_gate, \"awT\", @nobits",
    ".p2align 3",
    // For the other object files of this crate, too.
    ".hidden faastlane_gate",
    ".globl faastlane_gate",
    ".type faastlane_gate, @object",
    ".size faastlane_gate, 8",
    "faastlane_gate: .zero 8",

    // Floating point and vector registers, which may hold what was worked on last.
    ".macro faastlane_clear_vectors",
    "test byte ptr [rip + {constants}], {avx}",
    "jz 70f",
    "vzeroall",
    "test byte ptr [rip + {constants}], {avx512}",
    "jz 71f",
    ".irp n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "vpxord zmm\\n, zmm\\n, zmm\\n",
    ".endr",
    ".irp n, 0,1,2,3,4,5,6,7",
    "kxorw k\\n, k\\n, k\\n",
    ".endr",
    "jmp 71f",
    "70:",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "xorps xmm\\n, xmm\\n",
    ".endr",
    "71:",
    ".endm",

    // Writes eax to the register of rights and makes sure that it is there. Changes rcx and rdx.
    ".macro faastlane_write_rights",
    "mov r15d, eax",
    "xor ecx, ecx",
    "xor edx, edx",
    "wrpkru",
    "xor ecx, ecx",
    "rdpkru",
    "cmp eax, r15d",
    "je 72f",
    "ud2",
    "72:",
    ".endm",

    ".section .text.faastlane_gate, \"ax\", @progbits",
    ".p2align 4",
    ".hidden faastlane_enter",
    ".globl faastlane_enter",
    ".type faastlane_enter, @function",
    "faastlane_enter:", // rdi slot, rsi stack, rdx rights, rcx function, r8 argument
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "sub rsp, 8",
    "stmxcsr [rsp]",
    "fnstcw [rsp + 4]",
    "mov [rdi], rsp",
    "mov rax, [rip + faastlane_gate@GOTTPOFF]",
    "mov fs:[rax], rdi",
    "mov r12, rcx",
    "mov r13, r8",
    "mov rsp, rsi",
    "faastlane_clear_vectors",
    "test byte ptr [rip + {constants}], {keys}",
    "jz 2f",
    "mov eax, edx",
    "faastlane_write_rights",
    "2:",
    "mov rax, r12",
    "mov rdi, r13",
    "xor ecx, ecx",
    "xor edx, edx",
    "xor esi, esi",
    "xor ebx, ebx",
    "xor ebp, ebp",
    "xor r8d, r8d",
    "xor r9d, r9d",
    "xor r10d, r10d",
    "xor r11d, r11d",
    "xor r12d, r12d",
    "xor r13d, r13d",
    "xor r14d, r14d",
    "xor r15d, r15d",
    "cld",
    "call rax",
    "xor eax, eax",

    ".hidden faastlane_leave",
    ".globl faastlane_leave",
    "faastlane_leave:", // rax: what `faastlane_enter` returns
    "cld",
    "mov r12, rax",
    "test byte ptr [rip + {constants}], {keys}",
    "jz 3f",
    "xor eax, eax", // The host may touch everything.
    "faastlane_write_rights",
    "3:",
    "mov rax, [rip + faastlane_gate@GOTTPOFF]",
    "mov rdi, fs:[rax]",
    "mov rsp, [rdi]",
    "mov qword ptr fs:[rax], 0",
    "faastlane_clear_vectors",
    "ldmxcsr [rsp]",
    "fldcw [rsp + 4]",
    "mov rax, r12",
    "xor ecx, ecx",
    "xor edx, edx",
    "xor esi, esi",
    "xor edi, edi",
    "xor r8d, r8d",
    "xor r9d, r9d",
    "xor r10d, r10d",
    "xor r11d, r11d",
    "add rsp, 8",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".size faastlane_enter, . - faastlane_enter",
    ".hidden faastlane_gate_end",
    ".globl faastlane_gate_end",
    "faastlane_gate_end:",
    ".text",
    constants = sym CONSTANTS,
    keys = const KEYS,
    avx = const AVX,
    avx512 = const AVX512,
);
