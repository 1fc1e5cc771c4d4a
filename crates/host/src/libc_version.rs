//! Which C library this process runs on.

/// The version of glibc, as `2.36`; none where the C library is another one.
#[must_use]
pub fn glibc_version() -> Option<&'static str> {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: the function takes nothing and reads nothing that changes.
        let version = unsafe { libc::gnu_get_libc_version() };
        // SAFETY: it returns a constant text that ends with a zero byte (gnu_get_libc_version(3)).
        unsafe { std::ffi::CStr::from_ptr(version) }.to_str().ok()
    }
    #[cfg(not(target_env = "gnu"))]
    None
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_env = "gnu")]
    fn it_is_a_number() {
        let version = super::glibc_version().unwrap();
        assert!(version.starts_with("2."), "{version}");
    }
}
