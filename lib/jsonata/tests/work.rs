//! What a builtin does counts as steps by its work: a loop of the dearest calls ends soon after its budget.
//!
//! Each call works on much text or many elements, so that one that counted as a single step would make
//! a loop of hours out of these. `JSONATA_WORK_STEPS` makes another run than CI's: with 4,000,000 steps and
//! `--release`, none takes more than about a second.

mod outcome;

use std::time::{Duration, Instant};

use jsonata::{Budget, Dialect, Env, Expression, Functions, Options};
use outcome::say;

const STEPS: u64 = 100_000;

/// For the steps of CI's run in a debug build on a busy machine; a call that is not counted takes far longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What calls work on, and the calls.
const LOOPS: &[(&str, &[&str])] = &[
    (
        "$t := $pad('', 600000, 'ab'); $u := $t & ''",
        &[
            "$length($t)",
            "$substring($t, 1, 2)",
            "$substringBefore($t, 'zz')",
            "$substringAfter($t, 'zz')",
            "$contains($t, 'zz')",
            "$t = $u",
            "$t < $u",
            "$t in [$u]",
            "$uppercase($t)",
            "$trim($t)",
            "$split($t, 'a')",
            "$split($t, '')",
            "$replace($t, 'a', '')",
            "$replace($t, /a/, '')",
            "$match($t, /a/)",
            "$replace($t, /ab/, function($m) { '' })",
            "$base64encode($t)",
            "$base64decode($t)",
            "$encodeUrl($t)",
            "$decodeUrlComponent($t)",
            "$hash($t, 'SHA-512')",
            "$parse($t)",
            "$string([$t])",
            "$string([$t], true)",
            "$t & 'x'",
            "$number($t)",
            "$pad($t, 10)",
            "$pad('', 600000)",
            "$join([$t, $t])",
            "$distinct([$t, $u])",
            "{$t: 1}",
            "$lookup({'a': 1}, $t)",
            "$merge([{$t: 1}])",
            "$sort([$t, $u, $t])",
            "$toMillis($t)",
            "$parseInteger($t, 'w')",
            "$fromMillis(1, $t)",
            "$formatInteger(1, $t)",
            "$formatNumber(1, $t)",
        ],
    ),
    (
        "$t := $pad('', 300000, 'é'); $m := /é/",
        &[
            "$length($t)",
            "$substring($t, 1, 2)",
            "$uppercase($t)",
            "$replace($t, /é/, '')",
            "$match($t, /é/)",
            "$split($t, /é/)",
            "$replace($t, /é/, function($m) { '' })",
            "$encodeUrlComponent($t)",
            "$m($t).next()",
        ],
    ),
    (
        "$b := [1..80000]; $c := $map($b, function($x) { $x }); $f := $map($b, function($x) { false })",
        &[
            "$not($f)",
            "$f ? 1 : 2",
            "$boolean($f)",
            "1e300 in $b",
            "$b = $c",
            "$sum($b)",
            "$max($b)",
            "$average($b)",
            "$reverse($b)",
            "$append($b, $b)",
            "$zip($b, $b)",
            "$shuffle($b)",
            "$distinct($b)",
            "$sort($b)",
            "$sort($b, function($l, $r) { $l < $r })",
            "$string($b)",
            "$partition($b, 1)",
            "$spread($b)",
            "$keys($b)",
            "$b[$c]",
            "$b[]",
            "$b{}",
            "[$b]",
            "$b.x",
            "$lookup($b, 'x')",
            "$b.*",
            "$b.**",
            "$b.[]",
            "$b ~> |$|{}|",
            "[1..1000].$b",
            "$count([1..1000].($b))",
            "[1..100000]{'a': $b}",
            "$join($b.('x'))",
            "$b^(>$)",
        ],
    ),
    (
        "$w := $merge([1..20000].{$string($): $})",
        &[
            "$keys($w)",
            "$w.*",
            "$w.**",
            "$spread($w)",
            "$merge([$w, $w])",
            "$each($w, function($v) { $v })",
            "$sift($w, function($v) { true })",
            "$w = $merge([$w, {}])",
            "$w ~> |$|{'a': 1}|",
            "$string($w)",
        ],
    ),
    (
        "$b := [1..20000].{'a': $}",
        &[
            "$b.a",
            "$b[a = 1]",
            "$b{$string(a): a}",
            "$b ~> |$|{'b': 1}|",
            "$distinct($b)",
            "$clone($b)",
            "$spread($b)",
            "$merge($b)",
            "$b^(a)",
            "$keys($b)",
            "$sort($b, function($l, $r) { $l.a < $r.a })",
        ],
    ),
    (
        "$p := $pad('', 100000, '#,') & '0'; $d := $pad('', 100000, '[Y]x'); $n := '[Y' & $pad('', 100000, '#') & '0]'",
        &[
            "$formatNumber(1e300, $p)",
            "$formatInteger(1e300, $p)",
            "$parseInteger('1', $p)",
            "$fromMillis(1, $d)",
            "$toMillis($d, $d)",
            "$fromMillis(1, $n)",
            "$toMillis('1', $n)",
            "$formatInteger(1e300, 'A')",
            "$formatInteger(9e15, 'I')",
            "$formatInteger(1e300, 'w')",
            "$formatBase(1e308, 2)",
        ],
    ),
    (
        "$r := $pad('', 1000000, '$1'); $a := $pad('', 100000, 'a')",
        &[
            "$replace($a, /a(b)?/, $r)",
            "$replace($a, /(a+)/, $r)",
            "$match($a, /(a*)*b/)",
            "$match($a, /(a*)\\1\\1b/)",
        ],
    ),
];

#[test]
fn calls_in_a_loop_count_by_their_work() {
    for (setup, calls) in LOOPS {
        for call in *calls {
            let text = format!(
                "({setup}; $loop := function($n) {{ $n = 0 ? 0 : ({call}; $loop($n - 1)) }}; $loop(1000000))"
            );
            ends_soon(&text, call);
        }
    }
}

#[test]
fn small_values_of_very_many_parts_count_by_their_parts() {
    let doubled = |first: &str, next: &str, last: &str| {
        let rounds = (0..60).map(|round| {
            let value = next.replace("LAST", &format!("$v{round}"));
            format!("$v{} := {value}", round + 1)
        });
        let rounds: Vec<String> = rounds.collect();
        format!(
            "($v0 := {first}; {}; {})",
            rounds.join("; "),
            last.replace("LAST", "$v60")
        )
    };
    let objects = |last| doubled("{'x': [1]}", "{'x': LAST, 'y': LAST}", last);
    for last in [
        "LAST",
        "$string(LAST)",
        "LAST.**",
        "$clone(LAST)",
        "LAST ~> |$|{'b': 1}|",
        "LAST = LAST",
        "1",
    ] {
        ends_soon(&objects(last), last);
    }
    let functions = doubled("{'x': $sum}", "{'x': LAST, 'y': LAST}", "1");
    ends_soon(&functions, "functions in objects");
    let arrays = |last| doubled("{'x': false}", "[[LAST], [LAST]]", last);
    for last in [
        "LAST.x",
        "LAST.*",
        "$lookup(LAST, 'x')",
        "$keys(LAST)",
        "$spread(LAST)",
        "$boolean(LAST.[x])",
        "LAST[x = 1]",
    ] {
        ends_soon(&arrays(last), last);
    }
    let twins = "$v0 := {'x': [1]}; $w0 := {'x': [1]}; ".to_owned()
        + &(0..60)
            .map(|round| {
                let next = round + 1;
                format!("$v{next} := {{'a': $v{round}, 'b': $v{round}}}; $w{next} := {{'a': $w{round}, 'b': $w{round}}}; ")
            })
            .collect::<String>();
    ends_soon(&format!("({twins} $v60 = $w60)"), "twins");
}

#[test]
fn hostile_patterns_signatures_and_names_count_by_their_work() {
    let many = |piece: &str| piece.repeat(5000);
    let class: String = (0..10_000)
        .filter_map(|place| char::from_u32(0x4e00 + 2 * place))
        .collect();
    let names: Vec<String> = (0..20_000).map(|place| format!("$a{place}")).collect();
    let binds: Vec<String> = names.iter().map(|name| format!("{name} := 1")).collect();
    let parameters = names[..41].join(",");
    let texts = ["'x'"; 40].join(",");
    for (text, shown) in [
        (
            format!("$match($pad('', 1000000, 'a'), /{}b/)", many("(x)?")),
            "groups",
        ),
        (
            format!("$count($match($pad('', 1000000, 'a'), /a|{}/))", many("()")),
            "groups of each match",
        ),
        (
            format!("$match($pad('', 1000000, 'a'), /(?:{})*b/)", many("(x)?")),
            "groups of each round",
        ),
        (format!("$match($pad('', 1000000, 'é'), /[{class}]/i)"), "a class"),
        (
            format!("$match($pad('', 1000000, 'é'), /[{class}]{{40000}}/)"),
            "a class again and again",
        ),
        (
            format!("({}; $map([1..100000], function() {{ $a1 }}))", binds.join(";")),
            "variables",
        ),
        (
            format!("$map([1..100000], function({}) {{ 1 }})", names.join(",")),
            "parameters",
        ),
        (
            format!(
                "($f := function({parameters})<{}n:n>{{1}}; $f({texts}))",
                "s?".repeat(40)
            ),
            "optional parameters",
        ),
        (
            format!(
                "($f := function({parameters})<{}n:n>{{1}}; $f({texts}))",
                "s+".repeat(20)
            ),
            "repeated parameters",
        ),
    ] {
        ends_soon(&text, shown);
    }
}

/// The expression comes to an end, whatever it is.
fn ends_soon(text: &str, shown: &str) {
    let steps_max = std::env::var("JSONATA_WORK_STEPS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(STEPS);
    let options = Options {
        dialect: Dialect::V2_0_6,
        functions: Functions::StepFunctions,
    };
    let start = Instant::now();
    let expression = Expression::compile(text, options).expect("a valid expression");
    let env = Env {
        variables: &|_| None,
        now_millis: 0,
        random: &mut || 4,
        budget: Budget {
            steps_max,
            ..Budget::AWS
        },
    };
    let outcome = expression.evaluate(Some(&json::json!({"a": 1})), env);
    let taken = start.elapsed();
    if taken > Duration::from_secs(1) {
        let came_to = outcome.map_or_else(|error| error.to_string(), |_| "a value".to_owned());
        say(&format!("jsonata work: {shown} took {taken:?}: {came_to}"));
    }
    assert!(taken < PATIENCE, "{shown} took {taken:?}");
}
