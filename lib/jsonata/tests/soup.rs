//! Soup, broken expressions and hostile ones: nothing panics, nothing hangs, nothing takes the memory.
//!
//! `JSONATA_SOUP_CASES` and `JSONATA_SOUP_SEED` make another run than the short one of every day.

mod generator;
mod outcome;

use std::time::{Duration, Instant};

use generator::{Chance, broken, generate, soup};
use jsonata::{Budget, Dialect, Env, Expression};
use outcome::{Case, Outcome, data, read, say};

const CASES: u64 = 4000;
const SEED: u64 = 42;

/// Far more than a case needs in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn soup_and_broken_expressions_neither_panic_nor_hang() {
    let (seed, count) = (
        setting("JSONATA_SOUP_SEED", SEED),
        setting("JSONATA_SOUP_CASES", CASES),
    );
    let recorded = recorded();
    let mut chance = Chance::new(seed);
    let mut slowest = (Duration::ZERO, String::new());
    for index in 0..count {
        let generated = generate(seed, index);
        let expr = match chance.below(4) {
            0 => soup(&mut chance),
            1 => broken(&recorded[chance.below(recorded.len())], &mut chance),
            2 => broken(&generated.expr, &mut chance),
            _ => recorded[chance.below(recorded.len())].clone(),
        };
        let case = Case {
            expr,
            input: generated.input,
            ..Case::default()
        };
        let start = Instant::now();
        for dialect in [Dialect::V2_0_6, Dialect::Newest] {
            if let Outcome::Crash(panic) = bounded(&case, dialect) {
                panic!("{} on {:?}: {panic}", case.expr, case.input);
            }
        }
        let taken = start.elapsed();
        if taken > slowest.0 {
            slowest = (taken, case.expr);
        }
    }
    say(&format!(
        "jsonata soup, seed {seed}: {count} expressions, the slowest took {:?}: {}",
        slowest.0, slowest.1
    ));
    assert!(slowest.0 < PATIENCE);
}

#[test]
fn hostile_expressions_end_within_their_budget() {
    let deep = |open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(20_000), close.repeat(20_000))
    };
    let hostile = [
        deep("(", "1", ")"),
        deep("[", "1", "]"),
        deep("{\"a\":", "1", "}"),
        deep("-", "1", ""),
        deep("1+", "1", ""),
        deep("a.", "a", ""),
        deep("a[", "1", "]"),
        deep("1?", "1", ":2"),
        deep("function(){", "1", "}"),
        deep("$f(", "1", ")"),
        deep("$x:=", "1", ""),
        deep("a~>", "$f", ""),
        deep("|a|", "{}", "|"),
        deep("a^(", "b", ")"),
        deep("%.", "a", ""),
        deep("(", "", ""),
        deep("[", "", ""),
        deep("function($x)<a<", "n", ">>"),
        deep("1=", "1", ""),
        deep("/*", "", "*/"),
        "\"".to_owned() + &"\\".repeat(100_001),
        "$pad(\"x\", 3e9)".to_owned(),
        "$pad(\"x\", -3e9)".to_owned(),
        "$pad(\"\", 1e300, \"ab\")".to_owned(),
        "[1..1e7]".to_owned(),
        "[1..1e6].[1..1e6]".to_owned(),
        "$string([1..1e6])".to_owned(),
        "$map([1..1e6], function($x){[1..1e6]})".to_owned(),
        "($f := function($s){$f($s & $s)}; $f(\"xx\"))".to_owned(),
        "($f := function($s){$f([$s, $s])}; $f(1))".to_owned(),
        "($f := function($s){$f({\"a\": $s})}; $f(1))".to_owned(),
        "($f := function($s){$f($append($s, $s))}; $f([1]))".to_owned(),
        "($f := function(){$f()}; $f())".to_owned(),
        "($f := function(){1 + $f()}; $f())".to_owned(),
        "($f := function($g){$g($g)}; $f($f))".to_owned(),
        "($f := function($n){$map([1..10], $f)}; $f(1))".to_owned(),
        "($g := function($n, $h){$n = 0 ? $h : $g($n - 1, function($x){$h($x)})}; $g(100000, $string)(1))".to_owned(),
        "($g := function($n, $h){$n = 0 ? $h : $g($n - 1, $h(?))}; $g(100000, $string)(1))".to_owned(),
        "$match(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\", /^(a+)+$/)".to_owned(),
        "$replace(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\", /(a|a)*c/, \"\")".to_owned(),
        "$contains($pad(\"\", 100000, \"a\"), /(a*)*b/)".to_owned(),
        "$split($pad(\"\", 1000000, \"a\"), \"\")".to_owned(),
        "$replace($pad(\"\", 1000000, \"a\"), \"a\", \"bbbbbbbbbb\")".to_owned(),
        "$replace($pad(\"\", 100000, \"a\"), /a/, function($m){$pad(\"\", 100000)})".to_owned(),
        "$join($map([1..100000], function(){$pad(\"x\", 1000)}))".to_owned(),
        "$sort([1..100000], function($a, $b){$a < $b})[0]".to_owned(),
        "$sort([1..1000], function($a, $b){true})".to_owned(),
        "$distinct([1..100000].{\"a\": $})".to_owned(),
        "$reduce([1..100000], $append)".to_owned(),
        "$reduce([1..1000], function($a, $b){$a & $a})".to_owned(),
        "$zip([1..100000], [1..100000], [1..100000])[0]".to_owned(),
        "$merge([1..100000].{$string($): $})[0]".to_owned(),
        "[1..100000]{$string($): $}".to_owned(),
        "$spread($merge([1..10000].{$string($): $}))".to_owned(),
        "[1..1000].([1..1000].([1..1000]))".to_owned(),
        "$formatNumber(0, \"0e0\")".to_owned(),
        "$formatNumber(1, $pad(\"\", 1000000, \"0\"))".to_owned(),
        "$formatNumber(1e308, $pad(\"\", 10000, \"#,\"))".to_owned(),
        "$formatInteger(1e308, \"w\")".to_owned(),
        "$formatInteger(1e15, \"I\")".to_owned(),
        "$formatInteger(9e15, \"I\")".to_owned(),
        "$formatInteger(1e300, \"A\")".to_owned(),
        "$formatInteger(1, $pad(\"\", 1000000, \"0\"))".to_owned(),
        "$formatBase(1e308, 2)".to_owned(),
        "$parseInteger($pad(\"\", 1000000, \"one million \"), \"w\")".to_owned(),
        "$parseInteger($pad(\"\", 1000000, \"M\"), \"I\")".to_owned(),
        "$toMillis($pad(\"\", 1000000, \"1\"), $pad(\"\", 1000000, \"[Y]\"))".to_owned(),
        "$fromMillis(1e300)".to_owned(),
        "$fromMillis(-1e300, \"[Y]\")".to_owned(),
        "$fromMillis(8.64e15, \"[Y,1000000-1000000]\")".to_owned(),
        "$fromMillis(0, $pad(\"\", 1000000, \"[Yw]\"))".to_owned(),
        "$eval($pad(\"\", 1000000, \"(\"))".to_owned(),
        "($e := \"$eval($e)\"; $eval($e))".to_owned(),
        "$substring(\"abc\", -1e300, 1e300)".to_owned(),
        "$round(1.5, 1e9)".to_owned(),
        "$round(1e300, -1e9)".to_owned(),
        "$power(1e300, 1e300)".to_owned(),
        "$ ~> |$|{\"a\": $$}|".to_owned(),
        "$ ~> |$|{\"a\": $}|".to_owned(),
        "$ ~> |**|{\"a\": $}| ~> |**|{\"b\": $}| ~> |**|{\"c\": $}|".to_owned(),
        "$ ~> |$m := $|{\"a\": $m}|".to_owned(),
        "($f := function($o){$f($o ~> |$|{\"a\": $, \"b\": $}|)}; $f({}))".to_owned(),
        "($x := {\"a\": 1}; $f := function($n, $o){$n = 0 ? $o : $f($n - 1, $o ~> |$|{\"a\": $o}|)}; $f(1000, $x))".to_owned(),
        "**.**.**.**.**.**".to_owned(),
        "$base64encode($pad(\"\", 10000000, \"x\"))".to_owned(),
        "$encodeUrlComponent($pad(\"\", 2000000, \"é\"))".to_owned(),
        "$lookup($map([1..100000], function($x){{\"a\": $x}}), \"a\")".to_owned(),
        "[1..1000]@$a.[1..1000]@$b.($a + $b)".to_owned(),
        "$shuffle([1..1000000])[0]".to_owned(),
        "[[1..1000000], [1..1000000]] = [[1..1000000], [1..1000000]]".to_owned(),
        "1e300 in [1..1000000]".to_owned(),
        "$filter([1..100000], function($v, $i, $a){$count($a) > 0})[0]".to_owned(),
        "$single([1..1000000], function($v){$v = 1})".to_owned(),
        "$string(1 / 3) & $string([1..300000])".to_owned(),
        "($f := $string; $g := function($n, $h){$n = 0 ? $h : $g($n - 1, $h ~> $h)}; $g(100, $f)(1))".to_owned(),
    ];
    let input = json::json!({"a": [{"a": [{"a": [1, 2, {"a": 3}]}, {"b": {"c": [[1], [2]]}}]}, {"a": {"a": {"a": []}}}]});
    for expr in hostile {
        let case = Case {
            expr,
            input: Some(input.clone()),
            ..Case::default()
        };
        let start = Instant::now();
        let outcome = bounded(&case, Dialect::V2_0_6);
        let shown = outcome::clip(&case.expr);
        if start.elapsed() > PATIENCE / 10 {
            say(&format!(
                "jsonata soup: {shown} took {:?}: {outcome:?}",
                start.elapsed()
            ));
        }
        assert!(!matches!(outcome, Outcome::Crash(_)), "{shown}: {outcome:?}");
        assert!(
            start.elapsed() < PATIENCE,
            "{shown} took {:?}: {outcome:?}",
            start.elapsed()
        );
    }
}

/// The outcome within AWS's limits and a bound of time.
fn bounded(case: &Case, dialect: Dialect) -> Outcome {
    let evaluate = || {
        let expression = match Expression::compile(&case.expr, dialect) {
            Ok(expression) => expression,
            Err(error) => return error.into(),
        };
        let mut random = || 1 << 40;
        let env = Env {
            variables: &|name| (name == "x").then(|| json::Value::from("x")),
            now_millis: outcome::NOW_MILLIS,
            random: &mut random,
            budget: Budget {
                steps_max: 500_000,
                ..Budget::AWS
            },
        };
        match expression.evaluate(case.input.as_ref(), env) {
            Ok(jsonata::Outcome::Undefined) => Outcome::Undefined,
            Ok(jsonata::Outcome::Function) => Outcome::Function,
            Ok(jsonata::Outcome::Value(value)) => Outcome::Value(value),
            Err(error) => error.into(),
        }
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(evaluate)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Outcome::Crash(
            text.or(panic.downcast_ref::<&str>().copied())
                .unwrap_or("panic")
                .to_owned(),
        )
    })
}

/// The expressions of our own cases and errors.
fn recorded() -> Vec<String> {
    let folder = data("../cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("a case in the folder").path())
        .collect();
    files.sort();
    let mut expressions = Vec::new();
    let mut take = |cases: &json::Value| {
        let cases = cases.as_array().expect("a list of cases").iter();
        expressions.extend(cases.map(|case| Case::read(case).expr));
    };
    files.iter().for_each(|file| take(&read(file)));
    read(&data("errors-2.0.6.json"))
        .as_object()
        .expect("topics")
        .values()
        .for_each(&mut take);
    expressions
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
