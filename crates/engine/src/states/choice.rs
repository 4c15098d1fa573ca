//! Choice: goes where its first true rule points.

use asl::{Choice, Failure, State, Transition};

use crate::event::BranchId;
use crate::probe::Stage;
use crate::states;
use crate::step::Stepper;
use crate::view::View;

/// What AWS says when no rule holds and there is no Default.
const NO_CHOICE: &str = "Failed to transition out of the state. The state does not point to a next state.";

pub(crate) fn begin(
    step: &mut Stepper<'_>,
    branch: BranchId,
    state: &State,
    choice: &Choice,
) -> Result<(), Failure> {
    let input = states::input(step, branch);
    let view = View::new(step, branch);
    let effective = state.input_path.select(view.env(input.value()))?;
    step.saw(Stage::InputPath, &effective);
    let env = view.env(&effective);
    let (output, assign, next) = match choice.choose(env)?.map(|index| &choice.branches[index]) {
        Some(branch) => (&branch.output, &branch.assign, Some(branch.next)),
        None => (&state.output, &state.assign, choice.default),
    };
    let Some(next) = next else {
        return Err(Failure::new("States.NoChoiceMatched", NO_CHOICE));
    };
    let assigned = assign.evaluate(env)?;
    let output = match output {
        Some(output) => output.evaluate(env)?,
        None => state.output_path.select(env)?,
    };
    let output = states::payload(step, &state.name, &input, output)?;
    states::leave(step, branch, output, assigned, Transition::Next(next));
    Ok(())
}
