//! Fail: ends the execution, or the branch, with an error.

use asl::{Fail, Failure};

use crate::event::BranchId;
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
    let view = View::new(step.execution, &step.chance, branch);
    let env = view.env(input.value());
    Ok(Failure {
        error: fail
            .error
            .as_ref()
            .map(|text| text.resolve("ErrorPath", env))
            .transpose()?,
        cause: fail
            .cause
            .as_ref()
            .map(|text| text.resolve("CausePath", env))
            .transpose()?,
    })
}
