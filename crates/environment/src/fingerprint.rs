//! Short names for long texts.

/// A short name for a text: FNV-1a with 128 bits (draft-eastlake-fnv, section 2). Nobody gains by making
/// two texts collide here, and a mark holds the whole text, so a cryptographic hash is not needed.
pub(crate) fn fingerprint(text: &str) -> String {
    const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mix = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(PRIME);
    format!("{:032x}", text.bytes().fold(OFFSET_BASIS, mix))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn fingerprints_as_published() {
        assert_eq!(fingerprint(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(fingerprint("foobar"), "343e1662793c64bf6f0d3597ba446f18");
    }
}
