//! ValidateStateMachineDefinition: what is wrong with a definition, without creating anything.

use api::{
    ApiError, Caller, StateMachineType, Text, ValidateStateMachineDefinitionDiagnostic,
    ValidateStateMachineDefinitionInput, ValidateStateMachineDefinitionOutput,
    ValidateStateMachineDefinitionResultCode, ValidateStateMachineDefinitionSeverity,
};
use asl::{Diagnostic, Severity};
use store::MachineKind;

use crate::{Server, definition};

/// The findings that are shown unless the request says otherwise, and at most.
const FINDINGS_MAX: usize = 100;

/// Lists the errors of a definition, and its warnings when they are asked for.
pub(crate) async fn answer(
    server: &Server,
    _caller: &Caller,
    request: ValidateStateMachineDefinitionInput,
) -> Result<ValidateStateMachineDefinitionOutput, ApiError> {
    let kind = match request.r#type {
        Some(StateMachineType::Express) => MachineKind::Express,
        Some(StateMachineType::Standard) | None => MachineKind::Standard,
    };
    let rules = server.rules(kind);
    let reading = definition::off_the_loop(move || asl::read(&request.definition, rules)).await?;
    let shows_warnings = request.severity == Some(ValidateStateMachineDefinitionSeverity::Warning);
    let limit = match request
        .max_results
        .and_then(|wanted| usize::try_from(wanted).ok())
    {
        None | Some(0) => FINDINGS_MAX,
        Some(wanted) => wanted.min(FINDINGS_MAX),
    };
    let is_wanted = |finding: &&Diagnostic| shows_warnings || finding.severity == Severity::Error;
    let count = reading.diagnostics.iter().filter(is_wanted).count();
    let diagnostics = reading
        .diagnostics
        .iter()
        .filter(is_wanted)
        .take(limit)
        .map(shown)
        .collect();
    Ok(ValidateStateMachineDefinitionOutput {
        result: match reading.machine {
            Some(_) => ValidateStateMachineDefinitionResultCode::Ok,
            None => ValidateStateMachineDefinitionResultCode::Fail,
        },
        diagnostics,
        truncated: Some(count > limit),
    })
}

fn shown(finding: &Diagnostic) -> ValidateStateMachineDefinitionDiagnostic {
    ValidateStateMachineDefinitionDiagnostic {
        severity: match finding.severity {
            Severity::Error => ValidateStateMachineDefinitionSeverity::Error,
            Severity::Warning => ValidateStateMachineDefinitionSeverity::Warning,
        },
        code: Text::from(finding.code.as_str()),
        message: Text::from(finding.message.as_str()),
        location: finding.location.as_deref().map(Text::from),
    }
}
