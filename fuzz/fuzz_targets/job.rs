//! Any text as the steps of a pipe and as a job file: it ends well or in an error that says where.

#![no_main]

use std::sync::LazyLock;

use clap::{Arg, ArgAction, Command};
use libfuzzer_sys::fuzz_target;

#[path = "../../src/bin/swath/pipe/job_file.rs"]
mod job_file;
#[path = "../../src/bin/swath/pipe/text.rs"]
mod text;

/// Steps with an option of each kind.
static STEPS: LazyLock<Command> = LazyLock::new(|| {
    let option = |name: &'static str| Arg::new(name).long(name);
    let flag = |name| option(name).action(ArgAction::SetTrue);
    let mut steps = Command::new("pipe")
        .subcommand(Command::new("read").arg(Arg::new("file")).arg(option("page")))
        .subcommand(
            Command::new("calc")
                .arg(Arg::new("expression").required(true))
                .arg(option("in").action(ArgAction::Append))
                .arg(option("bands").value_delimiter(',')),
        )
        .subcommand(Command::new("write").arg(Arg::new("file")).arg(flag("overwrite")));
    steps.build();
    steps
});

fuzz_target!(|text: &str| {
    match text::split(text) {
        Ok(steps) => assert!(steps.iter().all(|step| {
            !step.words.is_empty() && text.get(step.span.clone()).is_some_and(|t| !t.is_empty())
        })),
        Err(error) => assert!(error.to_string().contains("line ")),
    }
    match job_file::parse(text, &STEPS) {
        Ok(steps) => {
            assert!(!steps.is_empty());
            for words in steps {
                // What was said by keys is no other step's, and no option that it is not.
                assert!(STEPS.find_subcommand(&words[0]).is_some());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
