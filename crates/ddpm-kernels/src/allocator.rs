//! Memory that the C library keeps.

/// Sets glibc's allocator to keep what is freed, and to take memory from the system in large pieces. Other C libraries are left
/// as they are. What the user has set by glibc's own variables stays.
pub fn keep_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// Bytes taken from the system at once beyond what is needed.
        const AHEAD: i32 = 64 << 20;
        const NEVER: i32 = -1;
        let settings = [
            (libc::M_MMAP_MAX, "MALLOC_MMAP_MAX_", 0),
            (libc::M_TRIM_THRESHOLD, "MALLOC_TRIM_THRESHOLD_", NEVER),
            (libc::M_TOP_PAD, "MALLOC_TOP_PAD_", AHEAD),
        ];
        for (parameter, variable, value) in settings {
            if std::env::var_os(variable).is_none() {
                #[expect(unsafe_code, reason = "a setting of the C library")]
                // SAFETY: it takes two numbers; whether it heeds them is its own affair.
                unsafe {
                    libc::mallopt(parameter, value);
                }
            }
        }
    }
}
