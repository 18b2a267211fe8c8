//! The load tool: what the server costs, beside a floor that is measured in the same run.
//!
//! A run consists of several processes: this tool, the server under test, the [`floor`], and
//! [clients](mod@client) with thousands of members each. It measures CPU and memory of the server from
//! outside, latency from the time at which a message was meant to be sent, and it checks all that is
//! heard: a run that lost something has no result.
//!
//! Machines are shared and noisy. So what counts is CPU a unit of work and its ratio to the floor's
//! in the same round; times are shown beside it.

mod address;
mod arguments;
mod back_end;
mod bare_writer;
mod bench;
mod child;
mod client;
mod clock;
mod document;
mod failure;
mod figures;
mod fleet;
mod floor;
mod histogram;
mod http;
mod itself;
mod lanes;
mod large_store;
mod metrics;
mod noise;
mod people;
mod picture;
mod process;
mod report;
mod run;
mod scale;
mod server;
mod terminal;
mod token;
mod workload;
mod world;

pub use arguments::Arguments;
pub use failure::Failure;
pub use itself::Itself;
pub use run::run;
pub use scale::Scale;
