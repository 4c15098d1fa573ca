//! Evaluates expressions, a line of stdin each, over the JSON text of the first argument if there is one.
//! `--newest` before it takes the newest dialect, `--bounded` after that AWS's limits.

use std::io::BufRead;

use jsonata::{Budget, Dialect, Env, Expression, Outcome};

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let newest = arguments.next_if(|argument| argument == "--newest").is_some();
    let dialect = if newest { Dialect::Newest } else { Dialect::V2_0_6 };
    let bounded = arguments.next_if(|argument| argument == "--bounded").is_some();
    let budget = if bounded { Budget::AWS } else { Budget::default() };
    let input = arguments
        .next()
        .map(|text| json::parse(&text).expect("the argument is JSON"));
    for line in std::io::stdin().lock().lines() {
        let text = line.expect("UTF-8");
        match evaluate(&text, dialect, budget, input.as_ref()) {
            Ok(Outcome::Value(value)) => println!("{value}"),
            Ok(Outcome::Undefined) => println!("nothing"),
            Ok(Outcome::Function) => println!("a function"),
            Err(error) => println!("{error:?}"),
        }
    }
}

fn evaluate(
    text: &str,
    dialect: Dialect,
    budget: Budget<'_>,
    input: Option<&json::Value>,
) -> Result<Outcome, jsonata::Error> {
    let env = Env {
        variables: &|_| None,
        now_millis: 1_700_000_000_000,
        random: &mut || 1 << 63,
        budget,
    };
    Expression::compile(text, dialect)?.evaluate(input, env)
}
