//! `swath completions` and `swath man`: what shells and `man` read.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use swath::io::{Overwrite, Staged};
use swath::{Error, Result};

use crate::cli::Cli;
use crate::report;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The directory to write swath.1, swath-warp.1 ... to, in place of those that lie there
    /// [default: swath.1 is printed].
    dir: Option<PathBuf>,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "swath", &mut script);
    report::say(&String::from_utf8_lossy(&script))
}

pub(crate) fn man(args: &ManArgs) -> Result<()> {
    let mut command = Cli::command();
    // Verbs learn their whole names, "swath warp".
    command.build();
    match &args.dir {
        None => report::say(&page(&command)?),
        Some(dir) => pages(&command, dir),
    }
}

/// Writes the page of a command and those of the verbs below it.
fn pages(command: &Command, dir: &Path) -> Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut staged = Staged::create(dir.join(format!("{name}.1")), Overwrite::Replace)?;
    staged.append(page(command)?.as_bytes())?;
    staged.commit()?;
    let verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help");
    verbs.into_iter().try_for_each(|verb| pages(verb, dir))
}

/// Returns the page of a command in roff, with the exit codes in a section of their own.
fn page(command: &Command) -> Result<String> {
    let mut roff = Vec::new();
    // What the root's help says after all is the exit codes.
    let root = command.get_name() == "swath";
    let command = if root { command.clone().after_help(None::<&str>) } else { command.clone() };
    let man = Man::new(command);
    man.render(&mut roff).map_err(|e| Error::io("make a manual page", e))?;
    let codes =
        report::EXITS.map(|(exit, meaning)| format!(".TP\n\\fB{}\\fR\n{meaning}\n", exit as u8));
    Ok(String::from_utf8_lossy(&roff).into_owned() + ".SH \"EXIT STATUS\"\n" + &codes.concat())
}
