//! What the fuzz targets share: evaluating within a budget.

use json::Value;
use std::time::Duration;

use jsonata::{Budget, Dialect, Env, Error, Expression, Functions, Options, Outcome};

/// An eighth of the steps that an expression of a state machine has.
const STEPS_MAX: u64 = 500_000;

/// What they may take of a processor, whatever is called: far more than the eighth of a second that is meant, since
/// here nothing is inlined across crates and every branch is counted. Giving out the largest result that memory
/// allows takes nearly two seconds here, and a twentieth of one in a release.
const PATIENCE: Duration = Duration::from_secs(4);

/// Evaluates a text in both dialects; the newest with JSONata's own functions, 2.0.6 with those of Step Functions.
pub fn evaluate_everywhere(text: &str, input: Option<&Value>, variables: &dyn Fn(&str) -> Option<Value>) {
    let everywhere = [
        (Dialect::V2_0_6, Functions::StepFunctions),
        (Dialect::Newest, Functions::Standard),
    ];
    for (dialect, functions) in everywhere {
        let start = cpu_time();
        let _ = evaluate(text, Options { dialect, functions }, input, variables);
        let taken = cpu_time() - start;
        assert!(taken < PATIENCE, "{text:.200} takes {taken:?} in {dialect:?}");
    }
}

/// What this thread has used of a processor: on a busy machine, time on the wall says nothing.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Evaluates a text. What comes of it can be shown, and a value is JSON that can be read again.
pub fn evaluate(
    text: &str,
    options: Options,
    input: Option<&Value>,
    variables: &dyn Fn(&str) -> Option<Value>,
) -> Result<Outcome, Error> {
    let expression = Expression::compile(text, options)?;
    expression.references();
    let mut bits = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = || {
        bits = bits.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits
    };
    let env = Env {
        variables,
        now_millis: 1_700_000_000_000,
        random: &mut random,
        budget: Budget {
            steps_max: STEPS_MAX,
            ..Budget::AWS
        },
    };
    let outcome = expression.evaluate(input, env);
    match &outcome {
        Ok(Outcome::Value(value)) => {
            json::parse(&value.to_string()).expect("a result is JSON");
        }
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    outcome
}
