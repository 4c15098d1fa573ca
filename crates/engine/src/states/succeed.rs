//! Succeed: ends its flow with its input.

use asl::{Failure, State, Transition};

use crate::event::BranchId;
use crate::states;
use crate::step::Stepper;

pub(crate) fn begin(step: &mut Stepper<'_>, branch: BranchId, state: &State) -> Result<(), Failure> {
    let input = states::input(step, branch);
    let effective = states::effective_input(step, branch, state, &input)?;
    let output = states::output(step, branch, state, &input, effective)?;
    states::leave(step, branch, output, Vec::new(), Transition::End);
    Ok(())
}
