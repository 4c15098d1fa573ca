//! `stepwell validate`: findings about definitions, at their place in the source.

use std::path::PathBuf;
use std::process::ExitCode;

use asl::Severity;
use clap::Args;
use serde_json::json;

use super::{Output, definition};

/// Check definitions, and show every finding at its place in the source.
///
/// Exits with 0 when all definitions can be used, with 1 when there are errors, and with 2 when a file
/// cannot be read. Warnings alone are no failure.
#[derive(Args)]
pub(crate) struct Validate {
    /// Definition files, JSON or YAML (by their ending); `-` reads JSON from standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Check for an Express state machine, which may not wait for activities, jobs or callbacks.
    #[arg(long)]
    express: bool,

    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(crate) fn validate(arguments: &Validate) -> anyhow::Result<ExitCode> {
    let mut errors = 0;
    let mut listed = Vec::new();
    for path in &arguments.files {
        let definition = definition::read(path, arguments.express, asl::Limits::AWS)?;
        let findings = &definition.reading.diagnostics;
        errors += findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count();
        match arguments.output {
            Output::Text => {
                print!("{}", definition.findings(path));
                if definition.reading.machine.is_some() {
                    eprintln!("{}: ok", path.display());
                }
            }
            Output::Json => listed.extend(findings.iter().map(|finding| {
                json!({
                    "file": path.display().to_string(),
                    "line": finding.place.map(|place| place.line),
                    "column": finding.place.map(|place| place.column),
                    "severity": finding.severity.as_str(),
                    "code": finding.code.as_str(),
                    "message": finding.message,
                    "location": finding.location,
                })
            })),
        }
    }
    if arguments.output == Output::Json {
        println!("{}", serde_json::Value::from(listed));
    }
    Ok(ExitCode::from(u8::from(errors > 0)))
}
