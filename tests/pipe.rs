//! `swath pipe`: steps without files between them give what the same steps give from file to file.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn swath(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swath")).args(args).output().expect("swath runs")
}

fn done(args: &[&str]) {
    let output = swath(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Returns what a command that is refused as wrongly used says.
fn refused(args: &[&str]) -> String {
    let output = swath(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn scene() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/landsat.tif");
    path.to_str().expect("a path in UTF-8").to_owned()
}

struct Dir(tempfile::TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).to_str().expect("a path in UTF-8").to_owned()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }
}

/// Steps of which each next one needs what lies around its pixels.
const STEPS: [&str; 5] = [
    "convert --bands 2,1 --window 3,5,700,600 --type float32",
    "warp --to EPSG:4326 --resample cubic",
    "calc '[focal(A[1], mean, 3), A[2] - A[1], A[1].at(2, -1)]'",
    "resize --percent 70 --resample average",
    "terrain slope --band 2 --edges",
];
const WRITE: &str = "--format gtiff --overviews none --compress zstd --predictor float --tile 128";

#[test]
fn a_pipe_gives_the_bytes_of_the_same_steps_through_files() {
    let dir = Dir::new();
    let pipe =
        format!("read {} ! {} ! write {} {WRITE}", scene(), STEPS.join(" ! "), dir.at("fused.tif"));
    done(&["pipe", &pipe, "-q"]);
    let mut input = scene();
    for (number, step) in STEPS.iter().enumerate() {
        let output = dir.at(&format!("{number}.tif"));
        let mut words: Vec<&str> = Vec::new();
        // The expression is the only word with spaces.
        for (at, part) in step.split('\'').enumerate() {
            if at == 1 { words.push(part) } else { words.extend(part.split_whitespace()) }
        }
        let named = format!("A={input}");
        match words[0] {
            "calc" => words.extend([&output, "--in", &named]),
            _ => words.extend([&*input, &*output]),
        }
        words.extend(WRITE.split_whitespace());
        done(&words);
        input = output;
    }
    assert_eq!(dir.bytes("fused.tif"), dir.bytes("4.tif"));
}

#[test]
fn a_pipe_gives_the_same_bytes_for_all_threads_memory_and_work() {
    let dir = Dir::new();
    let run = |name: &str, how: &[&str]| {
        let pipe = format!("read {} ! {} ! write {}", scene(), STEPS.join(" ! "), dir.at(name));
        done(&[&["pipe", &pipe, "-q"], how].concat());
        dir.bytes(name)
    };
    let first = run("a.tif", &["--threads", "1"]);
    for (name, how) in [
        ("b.tif", &["--threads", "7", "--memory", "64MiB"][..]),
        ("c.tif", &["--threads", "2", "--work", "96,40"]),
        ("d.tif", &["--memory", "2GiB", "--work", "1024,1024"]),
    ] {
        assert!(run(name, how) == first, "{how:?}");
    }
}

#[test]
fn job_files_say_what_pipes_say() {
    let dir = Dir::new();
    let pipe = format!(
        "read {0} ! convert --bounds 740000,-2800000,750000,-2790000 --bands 1,3 ! \
         calc 'where(A > B, A, -1)' --in A={{input}} --in B={0}@2 --type int16 ! write {1} --compress deflate --stats",
        scene(),
        dir.at("text.tif")
    );
    done(&["pipe", &pipe, "-q"]);
    let toml = format!(
        r#"
        [[steps]]
        verb = "read"
        file = '{0}'
        [[steps]]
        verb = "convert"
        bounds = [740000, -2800000, 750000, -2790000]
        bands = [1, 3]
        [[steps]]
        verb = "calc"
        expression = "where(A > B, A, -1)"
        in = ["A={{input}}", 'B={0}@2']
        type = "int16"
        [[steps]]
        verb = "write"
        file = '{1}'
        compress = "deflate"
        stats = true
        sparse = false
        "#,
        scene(),
        dir.at("toml.tif")
    );
    let json = json!({ "steps": [
        { "file": scene(), "verb": "read" },
        { "verb": "convert", "bounds": "740000,-2800000,750000,-2790000", "bands": "1,3" },
        { "verb": "calc", "in": ["A={input}", format!("B={}@2", scene())], "type": "int16",
          "expression": "where(A > B, A, -1)" },
        { "verb": "write", "file": dir.at("json.tif"), "compress": "deflate", "stats": true },
    ]});
    for (name, text) in [("job.toml", toml), ("job.json", json.to_string())] {
        std::fs::write(dir.path(name), text).expect("writes");
        done(&["pipe", "--job", &dir.at(name), "-q"]);
    }
    assert_eq!(dir.bytes("toml.tif"), dir.bytes("text.tif"));
    assert_eq!(dir.bytes("json.tif"), dir.bytes("text.tif"));
}

#[test]
fn a_plan_of_a_pipe_reads_no_more_than_its_window_needs() {
    let dir = Dir::new();
    let pipe = format!(
        "read {} ! convert --window 0,0,200,200 --bands 1 ! terrain slope ! write {}",
        scene(),
        dir.at("out.tif")
    );
    let told = swath(&["plan", "--json", "pipe", &pipe]);
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(told["read"]["chunks"], 1);
    assert_eq!(told["size"], json!([200, 200]));
    assert!(!dir.path("out.tif").exists());
}

#[test]
fn a_batch_of_a_pipe_does_with_each_file_what_the_pipe_does() {
    let dir = Dir::new();
    for (name, window) in [("a.tif", "0,0,300,200"), ("b.tif", "100,50,90,80")] {
        done(&["convert", &scene(), &dir.at(name), "--window", window, "-q"]);
    }
    let steps = "read --io map ! terrain roughness ! calc 'A / 2' ! write --compress lzw";
    let template = dir.at("out/{stem}.tif");
    done(&["batch", "pipe", &dir.at("a.tif"), &dir.at("b.tif"), "-o", &template, "--", steps]);
    for name in ["a.tif", "b.tif"] {
        let pipe = format!(
            "read {} ! terrain roughness ! calc 'A / 2' ! write {} --compress lzw",
            dir.at(name),
            dir.at("alone.tif")
        );
        done(&["pipe", &format!("{pipe} --overwrite"), "-q"]);
        assert_eq!(dir.bytes("alone.tif"), dir.bytes(&format!("out/{name}")));
    }
    let named = "read other.tif ! write";
    let said = refused(&["batch", "pipe", &dir.at("a.tif"), "-o", &template, "--", named]);
    assert!(said.contains("other.tif") && said.contains("before --"), "{said}");
}

#[test]
fn what_is_wrong_is_pointed_at_and_nothing_is_written() {
    let dir = Dir::new();
    let (input, output) = (scene(), dir.at("out.tif"));
    for (pipe, expected) in [
        ("read IN ! warp --tp EPSG:3857 ! write OUT", "unexpected argument '--tp'"),
        ("read IN ! wrap --to EPSG:3857 ! write OUT", "'warp'"),
        ("read IN ! warp -t_srs EPSG:3857 ! write OUT", "write --to CRS"),
        ("read IN ! terrain ! write OUT", "<WHAT>"),
        ("read IN ! calc 'A +' ! write OUT", "expression, line 1, column 4"),
        ("read IN ! calc 'A + B' ! write OUT", "B"),
        ("terrain slope ! write OUT", "without read FILE"),
        ("read IN ! terrain slope", "without write FILE"),
        ("read IN ! write OUT ! terrain slope", "nothing follows write"),
        ("terrain slope ! read IN ! write OUT", "read is the first step"),
        ("read IN ! read IN ! write OUT", "read is the first step"),
        ("read IN ! ! write OUT", "no step before it"),
        ("read IN ! terrain slope --overwrite ! write OUT", "said to the step write"),
        ("read IN ! terrain slope --threads 2 ! write OUT", "said to pipe itself"),
        ("read IN ! terrain slope ! write OUT --page 2", "said to the step read"),
        ("read IN ! terrain slope --kind plan ! write OUT", "it is for curvature"),
        ("read IN ! convert --bands 1 ! calc 'A <> 1' ! write OUT", "step 2: expression"),
        ("read IN ! terrain slope ! write OUT --compress zip", "zip"),
        ("read IN ! terrain slope ! write OUT --level 99", "99"),
    ] {
        let text = pipe.replace("IN", &input).replace("OUT", &output);
        let said = refused(&["pipe", &text]);
        assert!(said.contains(expected), "{pipe}: {said}");
        assert!(!dir.path("out.tif").exists(), "{pipe}");
    }
    for (job, expected) in [
        ("", "steps"),
        ("[[steps]]\nverb = 'read'\nfile = 1 2", "line 3"),
        ("{\"steps\": [}", "line 1 column 12"),
        ("steps = 'read'", "steps"),
        ("other = 1", "other"),
        ("steps = [1]", "step 1"),
        ("steps = [{file = 'x'}]", "verb"),
        ("steps = [{verb = 'fly'}]", "fly"),
        ("steps = [{verb = 'read', flie = 'x'}]", "flie"),
        ("steps = [{verb = 'read', file = true}]", "true or false"),
        ("steps = [{verb = 'read', file = 'x', no-sidecars = 'yes'}]", "no-sidecars"),
        (
            "steps = [{verb = 'read', file = 'x'}, {verb = 'write', file = 'y', tile = 'z'}]",
            "step 2",
        ),
        (
            "steps = [{verb = 'read', file = '--overwrite'}, {verb = 'write', file = 'OUT'}]",
            "--overwrite",
        ),
    ] {
        let path = dir.at("job");
        std::fs::write(&path, job).expect("writes");
        let output = swath(&["pipe", "--job", &path]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(expected), "{job}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn the_schema_knows_every_step_and_what_its_keys_hold() {
    let said = swath(&["schema"]);
    let schema: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let steps = schema["properties"]["steps"]["items"]["oneOf"].as_array().expect("a list");
    let step = |verb: &str| {
        let found = steps.iter().find(|step| step["properties"]["verb"]["const"] == verb);
        found.unwrap_or_else(|| panic!("no {verb}"))
    };
    for verb in ["read", "convert", "warp", "resize", "calc", "terrain", "write"] {
        assert_eq!(step(verb)["additionalProperties"], false);
    }
    assert_eq!(step("calc")["required"], json!(["verb", "expression"]));
    assert_eq!(step("warp")["properties"]["align"]["type"], "boolean");
    assert_eq!(step("write")["properties"]["tile"]["default"], "512");
    let codecs = step("write")["properties"]["compress"]["enum"].as_array().expect("a list");
    assert!(codecs.contains(&json!("zstd")));
    // Files are no option's: a step has none but those of read and write.
    assert!(step("terrain")["properties"].get("input").is_none());
    assert!(step("terrain")["properties"].get("overwrite").is_none());
}

#[test]
fn the_guide_shows_the_job_that_it_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("is there");
    assert!(read("docs/pipelines.md").contains(&read("fixtures/job.toml")));
}

#[test]
fn a_job_may_come_from_standard_input_but_no_raster() {
    use std::io::Write;
    use std::process::Stdio;
    let dir = Dir::new();
    let job = format!(
        "steps = [{{verb = 'read', file = '{}'}}, {{verb = 'write', file = '{}'}}]",
        scene(),
        dir.at("out.tif")
    );
    let mut swath = Command::new(env!("CARGO_BIN_EXE_swath"))
        .args(["pipe", "--job", "-", "-q"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("swath runs");
    swath.stdin.take().expect("is piped").write_all(job.as_bytes()).expect("takes it");
    assert!(swath.wait().expect("ends").success());
    done(&["convert", &scene(), &dir.at("alone.tif"), "-q"]);
    assert_eq!(dir.bytes("out.tif"), dir.bytes("alone.tif"));
    for words in [["convert", "-", "x.tif"], ["convert", "x.tif", "-"]] {
        assert!(refused(&words).contains("any order"));
    }
}

#[test]
fn whatever_the_memory_a_file_is_the_same_or_refused() {
    let dir = Dir::new();
    // Noise, of which the usual predictor is not the best.
    done(&[
        "calc",
        "(A * 7919 + x() * 31) % 251",
        &dir.at("noise.tif"),
        "--in",
        &format!("A={}@1", scene()),
        "--type",
        "uint8",
        "-q",
    ]);
    let (mut made, mut refused) = (None, 0);
    for mebibytes in 16..44 {
        let memory = format!("{mebibytes}MiB");
        let (input, output) = (dir.at("noise.tif"), dir.at("max.tif"));
        let words = ["focal", &input, &output, "--stat", "max", "--size", "401", "--tile", "256"];
        let output = swath(&[&words[..], &["--memory", &memory, "--overwrite", "-q"]].concat());
        if output.status.success() {
            let bytes = dir.bytes("max.tif");
            assert!(*made.get_or_insert_with(|| bytes.clone()) == bytes, "{memory}");
        } else {
            refused += 1;
            assert!(made.is_none(), "{memory} is more than sufficed");
        }
    }
    assert!(made.is_some() && refused > 0, "{refused} refused");
}

#[test]
fn overviews_of_the_input_do_not_reach_a_later_step() {
    let dir = Dir::new();
    done(&[
        "convert",
        &scene(),
        &dir.at("cog.tif"),
        "--tile",
        "128",
        "--overview-resampling",
        "nearest",
        "-q",
    ]);
    let resize = "--percent 20 --resample average";
    let pipe = format!(
        "read {} ! convert --bands 1 ! resize {resize} ! write {}",
        dir.at("cog.tif"),
        dir.at("pipe.tif")
    );
    done(&["pipe", &pipe, "-q"]);
    done(&[
        "convert",
        &dir.at("cog.tif"),
        &dir.at("one.tif"),
        "--bands",
        "1",
        "--overviews",
        "none",
        "-q",
    ]);
    done(&[
        "resize",
        &dir.at("one.tif"),
        &dir.at("two.tif"),
        "--percent",
        "20",
        "--resample",
        "average",
        "-q",
    ]);
    assert_eq!(dir.bytes("pipe.tif"), dir.bytes("two.tif"));
}
