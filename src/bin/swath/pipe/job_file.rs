//! Job files: the steps of a pipe in TOML or JSON.
//!
//! ```toml
//! [[steps]]
//! verb = "read"
//! file = "in.tif"
//! ```
//!
//! The keys of a step are the names of its verb's options without dashes, and of what stands there
//! without an option (`file`, `expression`, `what`); `true` gives an option that takes no value.

use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value};
use swath::{Error, Result};

/// Reads a job file; returns the words of each step, as a pipe has them.
///
/// # Errors
/// [`Error::Usage`] for what is neither TOML nor JSON, or no list of steps, and for keys and
/// values that a step has not.
pub(super) fn parse(text: &str, steps: &Command) -> Result<Vec<Vec<String>>> {
    let file = value(text)?;
    let top = file.as_object().ok_or_else(|| wrong("job file", "a table", kind(&file)))?;
    if let Some(key) = top.keys().find(|key| *key != "steps") {
        return Err(wrong("job file", "steps and nothing else", key));
    }
    let list = top.get("steps").and_then(Value::as_array);
    let list = list.filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| {
        wrong("job file", "steps", "none").hint("swath schema says what a job file holds")
    })?;
    (1..).zip(list).map(|(number, step)| words(number, step, steps)).collect()
}

/// Reads JSON, which begins with a brace, or TOML.
fn value(text: &str) -> Result<Value> {
    let refuse = |name: &str, why: String| Error::usage(format!("job file in {name}:\n{why}"));
    match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).map_err(|e| refuse("JSON", e.to_string())),
        false => toml::from_str(text).map_err(|e| refuse("TOML", e.to_string())),
    }
}

/// Returns the words of a step.
fn words(number: usize, step: &Value, steps: &Command) -> Result<Vec<String>> {
    let at = format!("step {number} of the job");
    let step = step.as_object().ok_or_else(|| wrong(&at, "a table", kind(step)))?;
    let names = || steps.get_subcommands().map(Command::get_name).collect::<Vec<_>>().join(", ");
    let verb = step.get("verb").and_then(Value::as_str);
    let verb = verb.ok_or_else(|| wrong(&at, "a verb", "none").hint(names()))?;
    let command = steps.find_subcommand(verb);
    let command = command.ok_or_else(|| wrong(&at, &names(), verb))?;
    let at = format!("step {number} of the job ({verb})");
    let mut words = vec![verb.to_owned()];
    for (key, value) in step.iter().filter(|(key, _)| *key != "verb") {
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(key.as_str()));
        if let Some(arg) = arg {
            option(&at, key, value, arg, &mut words)?;
        } else if !command.get_positionals().any(|arg| arg.get_id() == key.as_str()) {
            return Err(wrong(&at, "a key that the verb has", key)
                .hint(format!("swath help {verb} lists its options, swath schema its keys")));
        }
    }
    // Behind all options, so that none is taken for one.
    words.push("--".into());
    words.extend(positional(&at, command, step)?);
    Ok(words)
}

/// Adds an option.
fn option(at: &str, key: &str, value: &Value, arg: &Arg, words: &mut Vec<String>) -> Result<()> {
    if !takes_value(arg) {
        match value {
            Value::Bool(true) => words.push(format!("--{key}")),
            Value::Bool(false) => {}
            other => return Err(wrong(&format!("{at}, {key}"), "true or false", kind(other))),
        }
        return Ok(());
    }
    let at = format!("{at}, {key}");
    match value {
        Value::Array(list) if matches!(arg.get_action(), ArgAction::Append) => {
            let each = list.iter().map(|value| Ok(format!("--{key}={}", scalar(&at, value)?)));
            words.extend(each.collect::<Result<Vec<_>>>()?);
        }
        Value::Array(list) => {
            let all: Vec<_> = list.iter().map(|value| scalar(&at, value)).collect::<Result<_>>()?;
            words.push(format!("--{key}={}", all.join(",")));
        }
        one => words.push(format!("--{key}={}", scalar(&at, one)?)),
    }
    Ok(())
}

/// Returns what stands without an option, in its order.
fn positional(at: &str, command: &Command, step: &Map<String, Value>) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for arg in command.get_positionals() {
        let key = arg.get_id().as_str();
        match step.get(key) {
            Some(Value::Array(list)) if matches!(arg.get_action(), ArgAction::Append) => {
                for value in list {
                    words.push(scalar(&format!("{at}, {key}"), value)?);
                }
            }
            Some(value) => words.push(scalar(&format!("{at}, {key}"), value)?),
            None => break,
        }
    }
    Ok(words)
}

/// Whether an option takes a value.
pub(super) fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// Returns a text or a number as it would be typed.
fn scalar(at: &str, value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(wrong(at, "a text or a number", kind(other))),
    }
}

fn wrong(what: &str, expected: &str, found: &str) -> Error {
    Error::usage(what.to_owned()).expected(expected).found(found)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
