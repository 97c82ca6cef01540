//! `swath validate`: judges whether files are valid cloud optimized GeoTIFFs.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};
use swath::geotiff;
use swath::geotiff::validate::{Severity, Verdict};

use crate::args::ValidateArgs;
use crate::report::{Exit, failure, say};

pub(crate) fn run(args: &ValidateArgs) -> Exit {
    let options = args.io.options();
    let (mut exit, mut array) = (Exit::Success, Vec::new());
    for file in &args.files {
        let judged = geotiff::validate(file, &options);
        let told = match &judged {
            Ok(verdict) => {
                let valid = verdict.is_valid(args.strict);
                // A file that could not be read weighs more.
                if !valid && exit == Exit::Success {
                    exit = Exit::Invalid;
                }
                if args.json {
                    array.push(machine(file, verdict, args.strict));
                    Ok(())
                } else if args.quiet && valid {
                    Ok(())
                } else {
                    say(&human(file, verdict, args.strict))
                }
            }
            Err(error) => {
                array.push(
                    json!({ "file": file.display().to_string(), "error": error.to_string() }),
                );
                exit = failure(error);
                Ok(())
            }
        };
        if let Err(error) = told {
            return failure(&error);
        }
    }
    let told = if args.json { say(&format!("{:#}\n", Value::Array(array))) } else { Ok(()) };
    told.map_or_else(|error| failure(&error), |()| exit)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn human(file: &Path, verdict: &Verdict, strict: bool) -> String {
    let mut text = String::new();
    let judged = match (verdict.is_valid(strict), verdict.findings.is_empty()) {
        (true, true) => "a valid COG",
        (true, false) => "a valid COG, with warnings",
        (false, _) if verdict.is_valid(false) => "no valid COG by the strict rules",
        (false, _) => "no valid COG",
    };
    // Writing to a string cannot fail.
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}");
    };
    line(format!("{}: {judged}", file.display()));
    for finding in &verdict.findings {
        let rule = finding.rule;
        line(format!(
            "  {} ({}), {}: {}",
            word(rule.severity()),
            rule.name(),
            finding.place,
            finding.found
        ));
        line(format!("    rule: {}", rule.what()));
        line(format!("    why:  {}", rule.why()));
        line(format!("    mend: {}", rule.mend()));
    }
    text
}

fn machine(file: &Path, verdict: &Verdict, strict: bool) -> Value {
    let ghost = verdict.ghost.iter().map(|(key, value)| (key.clone(), json!(value)));
    let findings = verdict.findings.iter().map(|finding| {
        let rule = finding.rule;
        json!({
            "severity": word(rule.severity()),
            "rule": rule.name(),
            "place": finding.place,
            "found": finding.found,
            "what": rule.what(),
            "why": rule.why(),
            "mend": rule.mend(),
            "heldBy": rule.holders(),
        })
    });
    json!({
        "file": file.display().to_string(),
        "valid": verdict.is_valid(strict),
        "strict": strict,
        "bigTiff": verdict.big,
        "overviews": verdict.overviews,
        "ghostArea": Value::Object(ghost.collect()),
        "findings": findings.collect::<Vec<_>>(),
    })
}
