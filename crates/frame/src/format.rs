//! The format of a frame: exactly one value.
//!
//! All integers are little endian. A value is a tag and what follows it:
//!
//! | tag | value | follows |
//! | --- | --- | --- |
//! | `00` | null | |
//! | `01`, `02` | false, true | |
//! | `03` | integer | i64 |
//! | `04` | float, always finite | f64 |
//! | `05` | any other number | u32 length, the number as JSON writes it |
//! | `06` | string | u32 length, UTF-8 |
//! | `07` | array | u32 count, the elements |
//! | `08` | object | u32 count, as often a key and a value |
//! | `09` | array of floats, all finite | u32 count, as many f64 |
//! | `40`–`7f` | string of 0 to 63 bytes | UTF-8 |
//! | `80`–`ff` | integer from 0 to 127 | |
//!
//! A key is a u8 length and so many bytes of UTF-8; the length 255 means that a u32 with the real
//! one follows. A key may be there twice: as in JSON text, its last value counts, at its first place.
//! No value is nested deeper than [`MAX_DEPTH`].
//!
//! A writer may choose any of several forms of the same value (`03` or `85` for 5).

/// Null.
pub const NULL: u8 = 0x00;
/// False.
pub const FALSE: u8 = 0x01;
/// True.
pub const TRUE: u8 = 0x02;
/// An i64.
pub const INT: u8 = 0x03;
/// A finite f64.
pub const FLOAT: u8 = 0x04;
/// A number as text.
pub const NUMBER: u8 = 0x05;
/// A string of any length.
pub const STRING: u8 = 0x06;
/// An array.
pub const ARRAY: u8 = 0x07;
/// An object.
pub const OBJECT: u8 = 0x08;
/// An array of floats.
pub const FLOATS: u8 = 0x09;
/// The tag of the empty string; up to 63 bytes are added to it.
pub const SHORT_STRING: u8 = 0x40;
/// The tag of zero; up to 127 is added to it.
pub const SMALL_INT: u8 = 0x80;

/// Longest string with a [`SHORT_STRING`] tag, in bytes.
pub const LONGEST_SHORT: usize = 63;
/// Largest integer with a [`SMALL_INT`] tag.
pub const LARGEST_SMALL: i64 = 127;
/// The first byte of a key whose length does not fit into it.
pub const LONG_KEY: u8 = 255;
/// How deep arrays and objects may be nested.
pub const MAX_DEPTH: usize = 512;
