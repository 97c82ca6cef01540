//! `swath schema`: what job files hold, as a JSON Schema, made of the options themselves.

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value, json};

use super::job_file::takes_value;

/// Returns the JSON Schema (draft 2020-12) of a job file.
pub(super) fn schema(steps: &Command) -> Value {
    let verbs: Vec<Value> = steps.get_subcommands().map(step).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "swath job",
        "description": "Steps from one raster file to another, in TOML or JSON: the first reads, the last writes.",
        "type": "object",
        "properties": {
            "steps": { "type": "array", "minItems": 2, "items": { "oneOf": verbs } },
        },
        "required": ["steps"],
        "additionalProperties": false,
    })
}

/// What a step of one verb holds.
fn step(verb: &Command) -> Value {
    let mut properties = Map::new();
    properties.insert("verb".into(), json!({ "const": verb.get_name() }));
    let mut required = vec![Value::from("verb")];
    for arg in verb.get_arguments().filter(|arg| is_key(arg)) {
        let key = arg.get_long().unwrap_or(arg.get_id().as_str());
        properties.insert(key.into(), property(arg));
        if arg.is_required_set() {
            required.push(key.into());
        }
    }
    json!({
        "type": "object",
        "description": verb.get_about().map(ToString::to_string),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Whether an argument says something of the work.
fn is_key(arg: &Arg) -> bool {
    !matches!(
        arg.get_action(),
        ArgAction::Help | ArgAction::HelpLong | ArgAction::HelpShort | ArgAction::Version
    )
}

/// What one key holds.
fn property(arg: &Arg) -> Value {
    let help = arg.get_help().map(ToString::to_string);
    let names: Vec<String> = match takes_value(arg) {
        true => {
            arg.get_possible_values().iter().map(PossibleValue::get_name).map(Into::into).collect()
        }
        false => return json!({ "type": "boolean", "description": help }),
    };
    let shown = arg.get_value_names().and_then(|names| names.first());
    let shown = shown.map_or(arg.get_id().as_str(), |name| name.as_str());
    let one = match names.as_slice() {
        [] if ["file", "FILE"].contains(&shown) => json!({ "type": "string" }),
        [] => json!({ "type": ["string", "number"] }),
        names => json!({ "enum": names }),
    };
    // What is typed with commas may be a list.
    let is_list = matches!(arg.get_action(), ArgAction::Append) || shown.contains(',');
    let mut property = match is_list || arg.get_value_delimiter().is_some() {
        true => json!({ "anyOf": [one, { "type": "array", "items": one }] }),
        false => one,
    };
    property["description"] = help.into();
    let default = arg.get_default_values().first().and_then(|value| value.to_str());
    if let Some(default) = default {
        property["default"] = default.into();
    }
    property
}
