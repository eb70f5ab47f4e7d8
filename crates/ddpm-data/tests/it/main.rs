//! The crate as its users see it: preparing from a server, from an archive, from nothing; and reading back.

mod archive;
mod batches;
mod download;
mod prepare;
mod sample;
mod server;
