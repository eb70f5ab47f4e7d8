//! What a job prints, shown while it runs.
//!
//! The job itself prints into files, so that it goes on when its launcher is gone; here they are read as they grow.

use crate::job::{STDERR, STDOUT};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// What has been shown of a job's output.
pub(super) struct Echo {
    files: [Followed; 2],
}

struct Followed {
    path: PathBuf,
    from: u64,
}

impl Echo {
    /// From where the files end now: what an earlier attempt printed has been seen.
    pub(super) fn new(run_dir: &Path) -> Self {
        let followed = |name| {
            let path = run_dir.join(name);
            let from = path.metadata().map_or(0, |file| file.len());
            Followed { path, from }
        };
        Self { files: [STDOUT, STDERR].map(followed) }
    }

    /// Shows what is printed until `over` is set, and then the rest. Whoever sets it unparks this thread.
    pub(super) fn follow(mut self, over: &AtomicBool) {
        loop {
            let last = over.load(Ordering::Acquire);
            let [out, err] = &mut self.files;
            // Nobody may be reading; the files have it all.
            let _ = out.copy(&mut io::stdout());
            let _ = err.copy(&mut io::stderr());
            if last {
                return;
            }
            std::thread::park_timeout(PAUSE);
        }
    }
}

impl Followed {
    fn copy(&mut self, to: &mut impl Write) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(_) => return Ok(()),
        };
        file.seek(SeekFrom::Start(self.from))?;
        let mut bytes = [0; 8192];
        loop {
            let read = file.read(&mut bytes)?;
            if read == 0 {
                return to.flush();
            }
            self.from += read as u64;
            to.write_all(&bytes[..read])?;
        }
    }
}
