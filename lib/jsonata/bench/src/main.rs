//! Prints how many evaluations a CPU second jsonata-js, jsonata-core and this JSONata make of ten
//! expressions: `cargo run --release -- JSONATA_JS_FOLDER [SECONDS]`.
//!
//! The input (112 KB of JSON) is parsed beforehand and bound to `$d`, as the engine binds `$states`;
//! expressions are compiled beforehand. Conversion of the input is left out for all three. All
//! three must yield the same.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jsonata::{Budget, Dialect, Env, Expression};
use jsonata_core::evaluator::{Context, Evaluator};
use jsonata_core::value::JValue;
use serde_json::{Value, json};

const ROUNDS: u32 = 3;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .expect("the folder where npm put jsonata (tools/fetch.sh)");
    let seconds: f64 = arguments
        .next()
        .map_or(3.0, |text| text.parse().expect("seconds"));

    let input = input();
    let file = std::env::temp_dir().join(format!("jsonata-bench-{}.json", std::process::id()));
    std::fs::write(&file, input.to_string()).expect("a file");
    let expressions = read_expressions();
    let node = run_node(Path::new(&folder), &file, seconds);
    std::fs::remove_file(&file).expect("our own file");

    println!("| expression | jsonata-js /s | jsonata-core | ours | ours : core |");
    println!("|---|---:|---:|---:|---:|");
    let mut logarithms = [0.0; 3];
    for ((name, text), (js, expected)) in expressions.iter().zip(&node) {
        let core = measure_core(text, &input, expected, seconds);
        let ours = measure_ours(text, &input, expected, seconds);
        let ratios = [core / js, ours / js, ours / core];
        for (sum, ratio) in logarithms.iter_mut().zip(ratios) {
            *sum += ratio.ln();
        }
        println!(
            "| {name} | {js:.0} | {:.1}× | {:.1}× | {:.2} |",
            ratios[0], ratios[1], ratios[2]
        );
    }
    let mean = logarithms.map(|sum| (sum / expressions.len() as f64).exp());
    println!(
        "| geometric mean | | {:.1}× | {:.1}× | {:.2} |",
        mean[0], mean[1], mean[2]
    );
}

fn measure_ours(text: &str, input: &Value, expected: &Value, seconds: f64) -> f64 {
    let d = json::parse(&input.to_string()).expect("JSON");
    let expression = Expression::compile(text, Dialect::V2_0_6).expect("a valid expression");
    let evaluate = || {
        let mut random = || 0;
        let env = Env {
            variables: &|name| (name == "d").then(|| d.clone()),
            now_millis: 0,
            random: &mut random,
            budget: Budget::default(),
        };
        expression.evaluate(None, env).expect("a result")
    };
    let jsonata::Outcome::Value(value) = evaluate() else {
        panic!("{text} yields a value")
    };
    check(text, &value.to_string(), expected);
    measure(seconds, || drop(std::hint::black_box(evaluate())))
}

fn measure_core(text: &str, input: &Value, expected: &Value, seconds: f64) -> f64 {
    let d = JValue::from_json_str(&input.to_string()).expect("JSON");
    let ast = jsonata_core::parser::parse(text).expect("a valid expression");
    let evaluate = || {
        let mut context = Context::new();
        context.bind("d".to_owned(), d.clone());
        Evaluator::with_context(context)
            .evaluate(&ast, &JValue::Undefined)
            .expect("a result")
    };
    check(text, &evaluate().to_json_string().expect("JSON"), expected);
    measure(seconds, || drop(std::hint::black_box(evaluate())))
}

/// Evaluations a CPU second, the best of some rounds.
fn measure(seconds: f64, mut evaluate: impl FnMut()) -> f64 {
    let round = Duration::from_secs_f64(seconds / f64::from(ROUNDS));
    let mut best: f64 = 0.0;
    for _ in 0..ROUNDS {
        let start = cpu_time();
        let (mut count, mut batch) = (0u32, 1);
        let used = loop {
            (0..batch).for_each(|_| evaluate());
            count += batch;
            batch = (batch * 2).min(1000);
            let used = cpu_time() - start;
            if used >= round {
                break used;
            }
        };
        best = best.max(f64::from(count) / used.as_secs_f64());
    }
    best
}

/// What this process has used of the processors.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn check(text: &str, result: &str, expected: &Value) {
    let result: Value = serde_json::from_str(result).expect("JSON");
    assert!(
        alike(&result, expected),
        "{text} yields {result:.200}, not {expected:.200}"
    );
}

fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
        }
        (a, b) => a == b,
    }
}

fn run_node(folder: &Path, input: &Path, seconds: f64) -> Vec<(f64, Value)> {
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("node.mjs"))
        .args([folder, input])
        .arg(seconds.to_string())
        .output()
        .expect("node");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rows: Vec<(f64, String)> = serde_json::from_slice(&output.stdout).expect("rows");
    let parse = |(speed, result): (f64, String)| (speed, serde_json::from_str(&result).expect("JSON"));
    rows.into_iter().map(parse).collect()
}

fn read_expressions() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("expressions.json");
    serde_json::from_str(&std::fs::read_to_string(file).expect("a file")).expect("pairs")
}

/// An order and 1,000 items: 112 KB of JSON.
fn input() -> Value {
    let items: Vec<Value> = (0..1000)
        .map(|index: u64| {
            json!({
                "sku": format!("SKU-{index:05}"),
                "price": (index * 7919 % 10000) as f64 / 100.0,
                "qty": index % 9 + 1,
                "active": index % 3 != 0,
                "category": format!("category-{}", index % 10),
                "label": format!("item {index}"),
            })
        })
        .collect();
    json!({
        "order": {
            "id": "o-1",
            "total": 129.5,
            "customer": {
                "name": "Ada Lovelace",
                "email": "ada@example.org",
                "address": { "street": "1 Engine Lane", "city": "London", "zip": "W1" },
            },
        },
        "items": items,
    })
}
