//! Pass: gives its input, or a fixed result, on.

use asl::{Failure, Pass, State};

use crate::event::BranchId;
use crate::probe::Stage;
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
    let result = match &pass.result {
        Some(result) => {
            step.saw(Stage::Result, result);
            result.clone()
        }
        None => {
            step.saw(Stage::InputPath, &effective);
            let given = match &pass.parameters {
                Some(parameters) => parameters.evaluate(view.env(&effective))?,
                None => effective,
            };
            step.saw(Stage::Parameters, &given);
            given
        }
    };
    step.saw(Stage::ResultSelector, &result);
    let assigned = state.assign.evaluate(view.env(&result))?;
    let data = pass.result_path.place(input.value(), result)?;
    step.saw(Stage::ResultPath, &data);
    let output = states::output(step, branch, state, &input, data)?;
    states::leave(step, branch, output, assigned, pass.transition);
    Ok(())
}
