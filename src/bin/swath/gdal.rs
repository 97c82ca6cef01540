//! What GDAL's options are called here: typed out of habit, they are refused with their name in
//! swath. Before clap looks, as it would take `-of` for `-o f` and write a file called "f".

use std::ffi::OsString;

use clap::{Command, CommandFactory};
use swath::{Error, Result};

use crate::cli::Cli;

/// An option of GDAL's commands, what it is here (the verb's own comes first), and its value.
type Entry = (&'static str, &'static [&'static str], &'static str);

const OPTIONS: [Entry; 74] = [
    ("-A", &["in"], "A=FILE"),
    ("-a_nodata", &["nodata", "dst-nodata"], "VALUE"),
    ("-a_srs", &["crs"], "CRS"),
    ("-a_ullr", &["bounds"], "LEFT,BOTTOM,RIGHT,TOP"),
    ("-alg", &["algorithm"], "NAME"),
    ("-alpha", &["alpha"], ""),
    ("-alt", &["altitude"], "DEGREES"),
    ("-az", &["azimuth"], "DEGREES"),
    ("-b", &["bands", "band"], "N"),
    ("-cblend", &["feather"], "PIXELS"),
    ("-checksum", &["checksum"], ""),
    ("-clean", &["clean"], ""),
    ("-co", &[], ""),
    ("-compute_edges", &["edges"], ""),
    ("-crop_to_cutline", &["crop-to-cutline"], ""),
    ("-csql", &[], "the polygons of --cutline are taken all"),
    ("-ct", &["operation"], "N"),
    ("-cutline", &["cutline"], "FILE"),
    ("-cutline_srs", &["cutline-crs"], "CRS"),
    ("-cwhere", &[], "the polygons of --cutline are taken all"),
    ("-dstalpha", &["dst-alpha"], ""),
    ("-dstnodata", &["dst-nodata", "nodata"], "VALUE"),
    ("-distunits", &["units"], "pixel|geo"),
    ("-et", &["max-error"], "PIXELS"),
    ("-exact_color_entry", &["mode"], "exact"),
    ("-expand", &["expand"], "rgb|gray"),
    ("-geoloc", &[], "swath warps from georeferenced grids alone"),
    ("-hist", &["bins"], "N"),
    ("-input_file_list", &[], "write @FILE, an input that lists others"),
    ("-json", &["json"], ""),
    ("-mask", &["mask"], "HOW"),
    ("-maxdist", &["max-distance"], "DISTANCE"),
    ("-md", &["distance"], "PIXELS"),
    ("-mm", &["stats"], ""),
    ("-mo", &["tag"], "NAME=TEXT"),
    ("-multi", &["threads"], "N"),
    ("-nearest_color_entry", &["mode"], "nearest"),
    ("-of", &["format"], "cog|gtiff"),
    ("-oo", &[], "drivers have no options here"),
    ("-order", &["gcp-order"], "DEGREE"),
    ("-ot", &["type"], "TYPE"),
    ("-outsize", &["size"], "W,H"),
    ("-overwrite", &["overwrite"], ""),
    ("-ovr", &["overview"], "WHICH"),
    ("-p", &["percent"], ""),
    ("-projwin", &["bounds"], "LEFT,BOTTOM,RIGHT,TOP"),
    ("-ps", &["resolution"], "X,Y"),
    ("-quiet", &["quiet"], ""),
    ("-r", &["resample", "resampling"], "METHOD"),
    ("-rpc", &["place-by"], "rpc"),
    ("-s", &["scale"], "X,Y"),
    ("-s_srs", &["from", "crs"], "CRS"),
    ("-scale", &["scale"], "A,B,C,D"),
    ("-si", &["smooth"], "TIMES"),
    ("-srcnodata", &["src-nodata"], "VALUE"),
    ("-srcwin", &["window"], "COLUMN,ROW,WIDTH,HEIGHT"),
    ("-stats", &["stats"], ""),
    ("-t_srs", &["to"], "CRS"),
    ("-tap", &["align"], ""),
    ("-te", &["bounds"], "LEFT,BOTTOM,RIGHT,TOP"),
    ("-te_srs", &["bounds-crs"], "CRS"),
    (
        "-to",
        &[],
        "write --dem FILE for RPC_DEM, --height METRES for RPC_HEIGHT, --place-by HOW for METHOD",
    ),
    ("-tps", &["place-by"], "tps"),
    ("-tr", &["resolution"], "X,Y"),
    ("-ts", &["size"], "WIDTH,HEIGHT"),
    ("-ul_lr", &["bounds"], "LEFT,BOTTOM,RIGHT,TOP"),
    ("-use_input_nodata", &["keep-missing"], ""),
    ("-values", &["target"], "VALUES"),
    ("-vrtnodata", &["dst-nodata"], "VALUE"),
    ("-wm", &["memory"], "256MiB"),
    ("-wo", &[], "write --threads N for NUM_THREADS; --unified-nodata WHEN for UNIFIED_SRC_NODATA"),
    ("-wt", &[], "swath computes in 64-bit floats"),
    ("-z", &["z-factor"], "FACTOR"),
    ("--config", &[], "write --threads N for GDAL_NUM_THREADS, --memory BYTES for GDAL_CACHEMAX"),
];

/// The creation options, of `-co NAME=VALUE`.
const CREATION: [Entry; 22] = [
    ("ADD_ALPHA", &["mask"], "alpha"),
    ("BIGTIFF", &["bigtiff"], "auto|yes|no"),
    ("BLOCKSIZE", &["tile"], "PIXELS"),
    ("BLOCKXSIZE", &["tile"], "PIXELS"),
    ("BLOCKYSIZE", &["tile", "strips"], "PIXELS"),
    ("COMPRESS", &["compress"], "CODEC"),
    ("INTERLEAVE", &["interleave"], "pixel|band"),
    ("JPEG_QUALITY", &["quality"], "N"),
    ("LEVEL", &["level"], "N"),
    ("LZMA_PRESET", &["level"], "N"),
    ("MAX_Z_ERROR", &["max-z-error"], "ERROR"),
    ("NUM_THREADS", &["threads"], "N"),
    ("OVERVIEWS", &["overviews"], "auto|none|LIST"),
    ("OVERVIEW_RESAMPLING", &["overview-resampling"], "METHOD"),
    ("PREDICTOR", &["predictor"], "auto|none|horizontal|float"),
    ("QUALITY", &["quality"], "N"),
    ("RESAMPLING", &["overview-resampling"], "METHOD"),
    ("SPARSE_OK", &["sparse"], ""),
    ("TILED", &["format"], "gtiff, with --strips ROWS for no tiles"),
    ("TILING_SCHEME", &["tms"], "WebMercatorQuad"),
    ("ZLEVEL", &["level"], "N"),
    ("ZSTD_LEVEL", &["level"], "N"),
];

/// Refuses a command line that holds an option of GDAL's.
///
/// # Errors
/// [`Error::Usage`] with the option's name in swath as its hint.
pub(crate) fn refuse(args: impl Iterator<Item = OsString>) -> Result<()> {
    let words: Vec<_> = args.skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    // Names of files may stand behind `--`; in a batch the verb's options do, and then names.
    let batch = words.first().is_some_and(|word| word == "batch");
    let parts = words.split(|word| word == "--").take(if batch { 2 } else { 1 });
    let typed: Vec<_> = parts.flatten().map(String::as_str).collect();
    let Some((at, entry)) = typed.iter().enumerate().find_map(|(i, word)| {
        OPTIONS.iter().find(|entry| entry.0 == *word).map(|entry| (i, entry))
    }) else {
        return Ok(());
    };
    let cli = Cli::command();
    let named = typed.iter().skip(usize::from(batch)).find_map(|word| cli.find_subcommand(word));
    let verb = named.unwrap_or(&cli);
    let (mut name, mut entry) = (entry.0.to_owned(), *entry);
    if entry.0 == "-co" {
        let value = typed.get(at + 1).copied().unwrap_or_default();
        let key = value.split('=').next().unwrap_or_default().to_ascii_uppercase();
        let known = CREATION.iter().find(|entry| entry.0 == key);
        entry = known.copied().unwrap_or((
            "-co",
            &[],
            "options of creation are options of their own here: see --help",
        ));
        name = format!("-co {value}");
    }
    Err(Error::usage(format!("{}: an option of GDAL's commands", name.trim_end()))
        .hint(hint(&entry, verb)))
}

/// Whether a command has an option.
fn has(command: &Command, long: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_long() == Some(long))
}

fn hint(&(_, ours, value): &Entry, verb: &Command) -> String {
    let Some(first) = ours.first() else { return value.to_owned() };
    let option = |long: &str| format!("--{long} {value}").trim_end().to_owned();
    if let Some(own) = ours.iter().find(|long| has(verb, long)) {
        return format!("write {}", option(own));
    }
    let cli = Cli::command();
    let verbs = cli.get_subcommands().filter(|verb| has(verb, first));
    let names: Vec<_> = verbs.map(Command::get_name).collect();
    format!("that is {}, of swath {}", option(first), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tables_say_exists() {
        let cli = Cli::command();
        for (gdal, ours, value) in OPTIONS.iter().chain(&CREATION) {
            assert!(!ours.is_empty() || !value.is_empty() || *gdal == "-co", "{gdal}");
            for long in *ours {
                assert!(cli.get_subcommands().any(|verb| has(verb, long)), "{gdal}: --{long}");
            }
        }
        for table in [&OPTIONS[..], &CREATION] {
            let mut names: Vec<_> = table.iter().map(|entry| entry.0).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.len());
        }
    }
}
