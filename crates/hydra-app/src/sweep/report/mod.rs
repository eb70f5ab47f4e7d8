//! `sweep report`: a sweep as one page that needs nothing else, and as a table for the terminal.
//!
//! ```text
//! sweep directory -> what each job is and did -> what differs -> page, table
//! ```
//!
//! - `compare`: the parts of it that other drawings of runs share
//! - `write`: the subcommand: reads, prints the table, writes the page
//! - `gather`: the sweep's directory as plain data
//! - `settings`: a job's frozen configuration, as dotted keys and values
//! - `metrics`, `lenient`: a job's `metrics.jsonl`, as series of numbers
//! - `samples`: the last picture of each job
//! - `differences`: which keys differ between the jobs
//! - `curves`: series, thinned to what a screen can show
//! - `ranking`: which metric is compared, and which job did best
//! - `data`: all of it as JSON, for the page
//! - `page`: the HTML, with its style and its script
//! - `terminal`: the table
//! - `text`, `links`: what stands in a configuration, made harmless; paths as links
//!
//! Whatever comes from a configuration or from a job is untrusted: a page is opened by somebody else, later.

pub mod compare;
mod curves;
mod data;
mod differences;
mod gather;
mod lenient;
mod links;
mod metrics;
mod page;
mod ranking;
mod samples;
mod settings;
mod terminal;
mod text;
mod write;

pub(super) use write::write;
