//! `swath convert`: rewrites a file as COG or plain tiled GeoTIFF.

use swath::Result;

use crate::args::ConvertArgs;
use crate::job::Job;

pub(crate) fn run(args: &ConvertArgs) -> Result<()> {
    let job = Job::open(&args.job)?;
    job.write(&job.input).map(|_| ())
}
