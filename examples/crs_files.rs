//! Copies of one file, each with another reference system: what a test of other
//! software wants, in one process.
//!
//! `cargo run --release --example crs_files -- PLAIN.tif FOLDER < SYSTEMS`
//!
//! For each line of standard input prints a line of JSON: the system, the file's
//! path or why there is none, and the definition as WKT2.

use std::io::{BufRead, Write};
use std::path::Path;

use serde_json::json;
use swath::crs::Crs;
use swath::geotiff::edit;
use swath::geotiff::edit::{Change, EditOptions, Edits};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(plain), Some(folder)) = (args.next(), args.next()) else {
        return Err("usage: crs_files PLAIN.tif FOLDER < SYSTEMS".into());
    };
    let bytes = std::fs::read(plain)?;
    let mut out = std::io::stdout().lock();
    for (number, system) in std::io::stdin().lock().lines().enumerate() {
        let system = system?;
        let path = Path::new(&folder).join(format!("crs-{number}.tif"));
        let line = match Crs::parse(&system) {
            Err(error) => json!({ "system": system, "unknown": error.to_string() }),
            Ok(crs) => {
                std::fs::write(&path, &bytes)?;
                let edits = Edits { crs: Change::Set(crs.clone()), ..Edits::default() };
                match edit(&path, &edits, &EditOptions::default()) {
                    Ok(_) => json!({ "system": system, "file": path, "wkt2": crs.to_wkt2() }),
                    Err(error) => {
                        std::fs::remove_file(&path)?;
                        json!({ "system": system, "refused": error.to_string(), "wkt2": crs.to_wkt2() })
                    }
                }
            }
        };
        writeln!(out, "{line}")?;
    }
    Ok(())
}
