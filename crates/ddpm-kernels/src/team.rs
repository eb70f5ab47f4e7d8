//! A loop on the threads that libtorch itself computes with.
//!
//! Threads of our own would be a second set beside OpenMP's, which keep spinning for a while after each operator; two
//! sets on as many cores slow each other down several times. So work is handed to OpenMP's team, through the entry
//! point that compilers call for `#pragma omp parallel`.

use libloading::os::unix::Library;
use std::ffi::{c_int, c_uint, c_void};
use std::ops::Range;
use std::sync::{LazyLock, Mutex};

type Outlined = unsafe extern "C" fn(*mut c_void);

/// GNU OpenMP's functions, of the copy that libtorch has loaded. (LLVM's OpenMP has them as well.)
struct OpenMp {
    parallel: unsafe extern "C" fn(Outlined, *mut c_void, c_uint, c_uint),
    thread: unsafe extern "C" fn() -> c_int,
    threads: unsafe extern "C" fn() -> c_int,
}

static OPEN_MP: LazyLock<Option<OpenMp>> = LazyLock::new(|| {
    let program = Library::this();
    #[expect(unsafe_code, reason = "functions are looked up by name")]
    // SAFETY: the types are those of libgomp's ABI, which has not changed since GCC 4.9. What libtorch links stays loaded.
    unsafe {
        Some(OpenMp {
            parallel: *program.get(b"GOMP_parallel\0").ok()?,
            thread: *program.get(b"omp_get_thread_num\0").ok()?,
            threads: *program.get(b"omp_get_num_threads\0").ok()?,
        })
    }
});

/// Whether loops run on several threads; if not they run all the same.
pub fn has_team() -> bool {
    OPEN_MP.is_some()
}

/// Calls `body` once with each of the items, on libtorch's threads. An item holds what its call writes to.
pub(super) fn for_each<I: Send>(items: impl Iterator<Item = I>, body: impl Fn(I) + Sync) {
    // Taken once each, so nobody ever waits for a lock.
    let items: Vec<Mutex<Option<I>>> = items.map(|item| Mutex::new(Some(item))).collect();
    in_parallel(items.len(), |range| {
        for item in &items[range] {
            if let Some(item) = item.lock().ok().and_then(|mut item| item.take()) {
                body(item);
            }
        }
    });
}

/// Calls `body` with ranges that together are `0..count`, each on a thread of libtorch's.
fn in_parallel(count: usize, body: impl Fn(Range<usize>) + Sync) {
    match &*OPEN_MP {
        Some(open_mp) if count > 1 && tch::get_num_threads() > 1 => run(open_mp, count, &body),
        _ => body(0..count),
    }
}

/// As many threads as libtorch has. A number of its own would have OpenMP end threads and start others whenever it changed.
const WHOLE_TEAM: c_uint = 0;

struct Work<'a, F> {
    open_mp: &'a OpenMp,
    count: usize,
    body: &'a F,
}

fn run<F: Fn(Range<usize>) + Sync>(open_mp: &OpenMp, count: usize, body: &F) {
    #[expect(unsafe_code, reason = "called by OpenMP, once on each thread")]
    unsafe extern "C" fn outlined<F: Fn(Range<usize>) + Sync>(work: *mut c_void) {
        // SAFETY: `run` passes a `Work<F>`, which lives until all threads are done, and of which they only read.
        let (work, thread, threads) = unsafe {
            let work = &*work.cast::<Work<'_, F>>();
            (work, (work.open_mp.thread)(), (work.open_mp.threads)())
        };
        // There may be more of them than there is to do.
        let (thread, threads) = (thread.max(0) as usize, threads.max(1) as usize);
        let part = |index: usize| index * work.count / threads;
        (work.body)(part(thread)..part(thread + 1));
    }
    let work = Work { open_mp, count, body };
    #[expect(unsafe_code, reason = "hands the loop to OpenMP")]
    // SAFETY: the call returns once every thread has left `outlined`; a panic there ends the process, as it has to in a
    // function called from C. `F` is Sync, so that threads may share it.
    unsafe {
        (open_mp.parallel)(outlined::<F>, (&raw const work).cast_mut().cast(), WHOLE_TEAM, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_index_comes_once() {
        for count in [0usize, 1, 2, 3, 17, 1000] {
            let seen: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            in_parallel(count, |range| {
                for index in range {
                    seen[index].fetch_add(1, Ordering::Relaxed);
                }
            });
            assert!(seen.iter().all(|times| times.load(Ordering::Relaxed) == 1), "{count}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn libtorch_brings_a_team() {
        assert!(has_team());
    }
}
