//! Small archives, good and bad.

use ddpm_data::RECORD;
use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use tar::{Builder, EntryType, Header};

/// Pictures in each batch of the samples.
pub(crate) const COUNT: usize = 2;

/// The order in which the members stand in the real archive.
pub(crate) const MEMBERS: [&str; 6] =
    ["data_batch_1", "data_batch_3", "data_batch_4", "test_batch", "data_batch_5", "data_batch_2"];

pub(crate) fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The records of a member: labels from 0 to 9, and bytes that do not compress.
pub(crate) fn records(member: &str) -> Vec<u8> {
    let mut state = member.bytes().fold(1_u64, |state, byte| state * 31 + u64::from(byte));
    let mut bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(COUNT * RECORD)
    .collect();
    for label in bytes.iter_mut().step_by(RECORD) {
        *label %= 10;
    }
    bytes
}

/// The training records in order.
pub(crate) fn training() -> Vec<u8> {
    (1..=5).flat_map(|number| records(&format!("data_batch_{number}"))).collect()
}

/// An archive that differs from the real one in nothing but its size.
pub(crate) fn archive() -> Vec<u8> {
    Tarball::complete().finish()
}

/// An archive in the making.
pub(crate) struct Tarball(Builder<GzEncoder<Vec<u8>>>);

impl Tarball {
    pub(crate) fn new() -> Self {
        Self(Builder::new(GzEncoder::new(Vec::new(), Compression::fast())))
    }

    /// With all that belongs into it, and more to come.
    pub(crate) fn complete() -> Self {
        MEMBERS
            .iter()
            .fold(
                Self::new().entry(EntryType::Directory, "cifar-10-batches-bin/", "", &[]),
                |tarball, member| tarball.member(member, &records(member)),
            )
            .file("cifar-10-batches-bin/readme.html", b"<p>")
    }

    pub(crate) fn member(self, member: &str, bytes: &[u8]) -> Self {
        self.file(&format!("cifar-10-batches-bin/{member}.bin"), bytes)
    }

    pub(crate) fn file(self, path: &str, bytes: &[u8]) -> Self {
        self.entry(EntryType::Regular, path, "", bytes)
    }

    /// A member that announces more bytes than follow.
    pub(crate) fn boast(self, member: &str, size: u64) -> Self {
        let path = format!("cifar-10-batches-bin/{member}.bin");
        self.append(EntryType::Regular, &path, "", size, &[])
    }

    pub(crate) fn entry(self, kind: EntryType, path: &str, target: &str, bytes: &[u8]) -> Self {
        self.append(kind, path, target, bytes.len() as u64, bytes)
    }

    /// Writes the path as it is: `tar` itself would refuse the wicked ones.
    fn append(mut self, kind: EntryType, path: &str, target: &str, size: u64, bytes: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        header.set_cksum();
        self.0.append(&header, bytes).expect("memory");
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_inner().expect("memory").finish().expect("memory")
    }
}
