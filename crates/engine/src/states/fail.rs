//! Fail: ends the execution, or the branch, with an error.

use asl::{Fail, FailText, Failure};

use crate::event::BranchId;
use crate::probe::Stage;
use crate::states;
use crate::step::Stepper;
use crate::view::View;

pub(crate) fn begin(step: &mut Stepper<'_>, branch: BranchId, fail: &Fail) {
    match failure(step, branch, fail) {
        Ok(failure) => step.fail(branch, failure.into()),
        Err(failure) => step.fail_evaluating(branch, failure),
    }
}

fn failure(step: &Stepper<'_>, branch: BranchId, fail: &Fail) -> Result<Failure, Failure> {
    let input = states::input(step, branch);
    step.saw(Stage::InputPath, input.value());
    let view = View::new(step, branch);
    let env = view.env(input.value());
    let resolve = |text: &Option<FailText>, field| {
        let text = text.as_ref();
        text.map(|text| text.resolve(field, env)).transpose()
    };
    Ok(Failure {
        error: resolve(&fail.error, "ErrorPath")?,
        cause: resolve(&fail.cause, "CausePath")?,
        location: None,
    })
}
