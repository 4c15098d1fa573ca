//! Pass: gives its input, or a fixed result, on.

use asl::{Failure, Pass, State};

use crate::event::BranchId;
use crate::states;
use crate::step::Stepper;
use crate::view::View;

pub(crate) fn begin(
    step: &mut Stepper<'_>,
    branch: BranchId,
    state: &State,
    pass: &Pass,
) -> Result<(), Failure> {
    let input = states::input(step, branch);
    let view = View::new(step, branch);
    let effective = state.input_path.select(view.env(input.value()))?;
    let result = match (&pass.result, &pass.parameters) {
        (Some(result), _) => result.clone(),
        (None, Some(parameters)) => parameters.evaluate(view.env(&effective))?,
        (None, None) => effective,
    };
    let assigned = state.assign.evaluate(view.env(&result))?;
    let data = pass.result_path.place(input.value(), result)?;
    let output = states::output(step, branch, state, &input, data)?;
    states::leave(step, branch, output, assigned, pass.transition);
    Ok(())
}
