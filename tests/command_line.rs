//! What the command says of itself, and to those who type GDAL's options.

use std::process::{Command, Output};

fn swath(args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.args(args).envs(env.iter().copied()).output().expect("swath runs")
}

fn stdout(args: &[&str]) -> String {
    let done = swath(args, &[]);
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

#[test]
fn the_version_lists_what_it_is_made_of() {
    let line = concat!("swath ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(stdout(&["--version"]), line);
    assert_eq!(stdout(&["-V"]), line);
    let all = stdout(&["--version", "--verbose"]);
    assert!(all.starts_with(line), "{all}");
    assert!(all.contains("\nfeatures: cli") && all.contains("\n  zstd 0.13."), "{all}");
    let defaults = all.lines().find_map(|line| line.strip_prefix("defaults here: "));
    let defaults: Vec<_> = defaults.expect("defaults").split(' ').collect();
    let [_, threads, _, memory] = defaults[..] else { panic!("{defaults:?}") };
    assert!(threads.parse::<usize>().is_ok_and(|n| n > 0), "{threads}");
    let range = (64 << 20)..=(512 << 20);
    assert!(memory.parse::<u64>().is_ok_and(|bytes| range.contains(&bytes)), "{memory}");
    assert_eq!(all.contains("JPEG XL"), cfg!(feature = "jxl"), "{all}");
    assert_eq!(swath(&["--verbose"], &[]).status.code(), Some(2));
}

#[test]
fn shells_take_the_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&["completions", shell]);
        assert!(script.contains("overview-resampling"), "{shell}");
    }
    let script = stdout(&["completions", "bash"])
        + "\nCOMP_WORDS=(swath warp --overview-r) COMP_CWORD=2\n_swath swath --overview-r warp\n\
           printf '%s\\n' \"${COMPREPLY[@]}\"";
    let done = Command::new("bash").args(["-c", &script]).output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "--overview-resampling\n");
}

#[test]
fn each_verb_has_a_manual_page() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().to_str().expect("UTF-8");
    let page = stdout(&["man"]);
    assert!(page.contains(".SH \"EXIT STATUS\"") && page.contains("\\fB130\\fR"), "{page}");
    // A second time they are replaced.
    for _ in 0..2 {
        assert_eq!(stdout(&["man", path]), "");
    }
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect("a page");
    assert_eq!(read("swath.1"), page);
    let help = stdout(&["--help"]);
    let verbs = help.split("Verbs:\n").nth(1).expect("verbs").split("\n\n").next().expect("verbs");
    let names = verbs.lines().filter(|line| !line.starts_with("   "));
    let names: Vec<_> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 14, "{names:?}");
    for name in names.iter().filter(|&&name| name != "help") {
        let page = read(&format!("swath-{name}.1"));
        assert!(page.contains("EXIT STATUS") && page.contains(".SH SYNOPSIS"), "{name}");
    }
    // What a verb's help says at its end stays.
    assert!(read("swath-batch.1").contains("Ctrl\\-C once"));
    let absent = swath(&["man", &format!("{path}/absent")], &[]);
    assert_eq!(absent.status.code(), Some(5));
}

#[test]
fn options_of_gdal_are_named_as_they_are_here() {
    let dir = tempfile::tempdir().expect("a directory");
    let cases: [(&[&str], &str); 14] = [
        (&["warp", "-t_srs", "EPSG:3857", "a", "b"], "write --to CRS"),
        (&["warp", "a", "b", "--to", "EPSG:3857", "-of", "GTiff"], "write --format cog|gtiff"),
        (&["warp", "a", "b", "--to", "EPSG:3857", "-overwrite"], "write --overwrite"),
        (&["warp", "a", "b", "-r", "cubic"], "write --resample METHOD"),
        (&["overviews", "a", "-r", "cubic"], "write --resampling METHOD"),
        (&["warp", "a", "b", "-ot", "Byte"], "that is --type TYPE, of swath convert"),
        (&["convert", "a", "b", "-co", "COMPRESS=LZW"], "write --compress CODEC"),
        (&["convert", "a", "b", "-co", "tiled=yes"], "write --format gtiff"),
        (&["convert", "a", "b", "-co", "PHOTOMETRIC=RGB"], "see --help"),
        (&["convert", "a", "b", "-a_nodata", "0"], "write --nodata VALUE"),
        (&["warp", "a", "b", "-dstnodata", "0"], "write --dst-nodata VALUE"),
        (&["warp", "a", "b", "-s_srs", "EPSG:4326"], "that is --from CRS, of swath transform"),
        (&["batch", "warp", "a", "--", "-tr", "30", "30"], "write --resolution X,Y"),
        (&["convert", "--config", "GDAL_CACHEMAX", "512", "a", "b"], "--memory"),
    ];
    for (args, hint) in cases {
        let done = Command::new(env!("CARGO_BIN_EXE_swath"))
            .args(args)
            .current_dir(dir.path())
            .output()
            .expect("swath runs");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("an option of GDAL's"), "{args:?}: {said}");
        assert!(
            said.lines().any(|l| l.starts_with("hint: ") && l.contains(hint)),
            "{args:?}: {said}"
        );
    }
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 0);
    // After `--` there are names of files alone.
    let done = swath(&["info", "--", "-r"], &[]);
    assert_eq!(done.status.code(), Some(5));
}

#[test]
fn colours_stay_away_where_they_are_not_wanted() {
    let coloured = |env: &[(&str, &str)]| {
        let done = swath(&["warp", "--nonsense"], env);
        done.stderr.contains(&0x1b)
    };
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&[]));
}

#[test]
fn help_lists_every_exit_code() {
    let help = stdout(&["--help"]);
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130] {
        assert!(help.contains(&format!("\n  {code:>3}  ")), "{code}: {help}");
    }
}
