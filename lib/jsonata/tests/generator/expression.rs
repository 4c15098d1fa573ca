//! Expressions: a walk through the grammar that knows the type it wants.

use crate::generator::Chance;
use crate::generator::input::{NAMES, TEXTS};

/// The type that an expression should have.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    Any,
    Number,
    Text,
    Bool,
    Array,
    Object,
    Function,
}

const WANTS: [Want; 7] = [
    Want::Any,
    Want::Number,
    Want::Text,
    Want::Bool,
    Want::Array,
    Want::Object,
    Want::Function,
];

/// How often, in percent, a wrong type stands where another is wanted.
const WRONG: usize = 4;

/// A whole expression.
pub(crate) fn expression(chance: &mut Chance) -> String {
    let want = WANTS[chance.below(6)];
    let depth = 1 + chance.below(4);
    let mut writer = Writer {
        chance,
        scope: Vec::new(),
        next_variable: 0,
    };
    writer.write(want, depth)
}

struct Writer<'a> {
    chance: &'a mut Chance,
    /// Variables that are bound here.
    scope: Vec<String>,
    next_variable: usize,
}

impl Writer<'_> {
    fn write(&mut self, want: Want, depth: usize) -> String {
        let want = if self.chance.percent(WRONG) {
            WANTS[self.chance.below(7)]
        } else {
            want
        };
        if depth > 0 && self.chance.percent(8) {
            return self.frame(want, depth - 1);
        }
        if !self.scope.is_empty() && self.chance.percent(15) {
            return self.scope[self.chance.below(self.scope.len())].clone();
        }
        match want {
            Want::Any => match self.chance.below(9) {
                0 => self.number(depth),
                1 => self.text(depth),
                2 => self.bool(depth),
                3 => self.array(depth),
                4 => self.object(depth),
                _ => self.path(depth),
            },
            Want::Number => self.number(depth),
            Want::Text => self.text(depth),
            Want::Bool => self.bool(depth),
            Want::Array => self.array(depth),
            Want::Object => self.object(depth),
            Want::Function => self.function(depth, 1),
        }
    }

    /// What may stand round an expression of any type.
    fn frame(&mut self, want: Want, depth: usize) -> String {
        match self.chance.below(6) {
            0 => {
                let (test, yes) = (self.write(Want::Bool, depth), self.write(want, depth));
                if self.chance.percent(20) {
                    return format!("({test} ? {yes})");
                }
                let no = self.write(want, depth);
                format!("({test} ? {yes} : {no})")
            }
            1 | 2 => {
                let bound = WANTS[self.chance.below(7)];
                let value = self.write(bound, depth);
                let name = self.fresh();
                self.scope.push(name.clone());
                let body = self.write(want, depth);
                self.scope.pop();
                format!("({name} := {value}; {body})")
            }
            3 => {
                let value = self.write(Want::Any, depth);
                let function = self.lambda(want, depth, 1);
                format!("{value} ~> {function}")
            }
            4 => {
                let value = self.write(Want::Any, depth);
                let function = self.lambda(want, depth, 1);
                format!("{function}({value})")
            }
            _ => format!("({})", self.write(want, depth)),
        }
    }

    fn fresh(&mut self) -> String {
        self.next_variable += 1;
        format!("$v{}", self.next_variable)
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.chance.below(10) {
                0 => "0".to_owned(),
                1 => "-1".to_owned(),
                2 => "2.5".to_owned(),
                3 => "1e3".to_owned(),
                4 => "price".to_owned(),
                5 => "qty".to_owned(),
                6 => "items[0].price".to_owned(),
                _ => self.chance.below(12).to_string(),
            };
        }
        let depth = depth - 1;
        match self.chance.below(20) {
            0..=5 => {
                let operator = self.chance.one(&["+", "-", "*", "/", "%", "+"]);
                let (a, b) = (self.write(Want::Number, depth), self.write(Want::Number, depth));
                format!("({a} {operator} {b})")
            }
            6 => format!("-{}", self.write(Want::Number, 0)),
            7 | 8 => {
                let name = self.chance.one(&["sum", "max", "min", "average", "count"]);
                let array = self.write(Want::Array, depth);
                format!("${name}({array})")
            }
            9 => format!("$length({})", self.write(Want::Text, depth)),
            10 => format!("$number({})", self.write(Want::Text, depth)),
            11 => {
                let name = self
                    .chance
                    .one(&["abs", "floor", "ceil", "round", "sqrt", "number"]);
                format!("${name}({})", self.write(Want::Number, depth))
            }
            12 => format!(
                "$round({}, {})",
                self.write(Want::Number, depth),
                self.write(Want::Number, 0)
            ),
            13 => format!(
                "$power({}, {})",
                self.write(Want::Number, depth),
                self.write(Want::Number, 0)
            ),
            14 => format!(
                "$reduce({}, {})",
                self.write(Want::Array, depth),
                self.lambda(Want::Number, depth, 2)
            ),
            15 => {
                let picture = self.chance.one(&["0", "#,##0", "w", "I", "A", "0;o", "w;o"]);
                format!("$parseInteger({}, \"{picture}\")", self.write(Want::Text, depth))
            }
            16 => {
                let text = self.chance.one(&[
                    "2024-02-29",
                    "2020-01-31T10:20:30Z",
                    "1999",
                    "2001-02-03T04:05:06.789+01:00",
                    "x",
                ]);
                format!("$toMillis(\"{text}\")")
            }
            17 => format!("{}[{}]", self.array(depth), self.number(0)),
            18 => format!("$count({})", self.write(Want::Any, depth)),
            _ => self.path(depth),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.chance.below(6) {
                0 => "name".to_owned(),
                1 => "tags[0]".to_owned(),
                2 => "items.name".to_owned(),
                _ => format!("{:?}", TEXTS[self.chance.below(TEXTS.len())]).replace("\\u{301}", "\\u0301"),
            };
        }
        let depth = depth - 1;
        match self.chance.below(24) {
            0..=3 => format!(
                "{} & {}",
                self.write(Want::Text, depth),
                self.write(Want::Any, depth)
            ),
            4..=5 => format!("$string({})", self.write(Want::Any, depth)),
            6 => format!(
                "$string({}, {})",
                self.write(Want::Any, depth),
                self.chance.one(&["true", "false", "on"])
            ),
            7 => format!(
                "$substring({}, {})",
                self.write(Want::Text, depth),
                self.write(Want::Number, 0)
            ),
            8 => {
                let (a, b) = (self.write(Want::Number, 0), self.write(Want::Number, 0));
                format!("$substring({}, {a}, {b})", self.write(Want::Text, depth))
            }
            9 => {
                let name = self.chance.one(&["substringBefore", "substringAfter"]);
                format!(
                    "${name}({}, {})",
                    self.write(Want::Text, depth),
                    self.write(Want::Text, 0)
                )
            }
            10 | 11 => {
                let name = self.chance.one(&[
                    "uppercase",
                    "lowercase",
                    "trim",
                    "base64encode",
                    "encodeUrlComponent",
                    "encodeUrl",
                    "decodeUrlComponent",
                    "base64decode",
                ]);
                // Bytes that are no UTF-8 are Latin-1 to Node, so only what was encoded is decoded.
                if name == "base64decode" {
                    return format!(
                        "$base64decode($base64encode({:?}))",
                        self.chance.one(&["", "a", "abc", "Hello World"])
                    );
                }
                format!("${name}({})", self.write(Want::Text, depth))
            }
            12 => {
                let width = self.chance.below(12) as i64 - 6;
                format!(
                    "$pad({}, {width}, {})",
                    self.write(Want::Text, depth),
                    self.text(0)
                )
            }
            13 | 14 => format!("$join({}, {})", self.write(Want::Array, depth), self.text(0)),
            15 | 16 => {
                let pattern = self.pattern();
                let by = match self.chance.below(3) {
                    0 => "function($m){$uppercase($m.match)}".to_owned(),
                    1 => self
                        .chance
                        .one(&["\"-\"", "\"$0\"", "\"<$1>\"", "\"$$\"", "\"$12\""])
                        .to_owned(),
                    _ => self.write(Want::Text, 0),
                };
                format!("$replace({}, {pattern}, {by})", self.write(Want::Text, depth))
            }
            17 => {
                let picture = self.chance.one(&[
                    "0",
                    "#,##0.00",
                    "#.##",
                    "0.0%",
                    "000",
                    "#0.00;(#0.00)",
                    "##,##,##0.0",
                    "a0b",
                    "0‰",
                    "",
                    "#",
                    "0.###",
                    "1.0",
                ]);
                format!(
                    "$formatNumber({}, \"{picture}\")",
                    self.write(Want::Number, depth)
                )
            }
            18 => format!(
                "$formatBase({}, {})",
                self.write(Want::Number, depth),
                self.chance.one(&["2", "16", "36", "8", "1"])
            ),
            19 => {
                let picture = self.chance.one(&[
                    "0", "#,##0", "w", "W", "Ww", "I", "i", "A", "a", "1;o", "w;o", "000",
                ]);
                let number = (self.chance.below(5000) as i64 - 500).to_string();
                format!(
                    "$formatInteger({}, \"{picture}\")",
                    if self.chance.percent(50) {
                        number
                    } else {
                        "qty".to_owned()
                    }
                )
            }
            20 => {
                let picture = self.chance.one(&[
                    "[Y0001]-[M01]-[D01]",
                    "[H01]:[m01]:[s01].[f001]",
                    "[FNn] [D1o] [MNn] [Y]",
                    "[h#1][P] [Z]",
                    "[X]-W[W01]-[F1]",
                    "[d] [w] [YI] [Dwo]",
                    "[MN,3-3] [z] [E]",
                    "[Yw]",
                    "[[x]] [Y,2-2]",
                    "[Y",
                ]);
                let millis = (self.chance.next() % 8_000_000_000_000) as i64 - 4_000_000_000_000;
                format!("$fromMillis({millis}, \"{picture}\")")
            }
            21 => format!("$type({})", self.write(Want::Any, depth)),
            22 => {
                let name = self.chance.one(&["lookup", "lookup"]);
                format!("${name}({}, \"name\")", self.write(Want::Object, depth))
            }
            _ => self.path(depth),
        }
    }

    fn pattern(&mut self) -> String {
        let regex = self.chance.one(&[
            "/a/",
            "/[a-z]+/",
            "/(\\w)(\\d)?/",
            "/l+/i",
            "/\\s/",
            "/^./",
            "/b|c/",
            "/(?:x)?y/",
            "/[^a]$/",
            "/(a)(b)?(c)?/",
            "/o(?= )/",
            "/(.)\\1/",
        ]);
        if self.chance.percent(70) {
            regex.to_owned()
        } else {
            self.text(0)
        }
    }

    fn bool(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .chance
                .one(&["true", "false", "on", "a", "note", "items.on"])
                .to_owned();
        }
        let depth = depth - 1;
        match self.chance.below(12) {
            0..=2 => {
                let operator = self.chance.one(&["<", "<=", ">", ">="]);
                let want = if self.chance.percent(60) {
                    Want::Number
                } else {
                    Want::Text
                };
                format!(
                    "({} {operator} {})",
                    self.write(want, depth),
                    self.write(want, depth)
                )
            }
            3 | 4 => {
                let operator = self.chance.one(&["=", "!="]);
                format!(
                    "({} {operator} {})",
                    self.write(Want::Any, depth),
                    self.write(Want::Any, depth)
                )
            }
            5 | 6 => {
                let operator = self.chance.one(&["and", "or"]);
                format!(
                    "({} {operator} {})",
                    self.write(Want::Bool, depth),
                    self.write(Want::Bool, depth)
                )
            }
            7 => format!(
                "({} in {})",
                self.write(Want::Any, depth),
                self.write(Want::Array, depth)
            ),
            8 => format!("$exists({})", self.write(Want::Any, depth)),
            9 => {
                let pattern = self.pattern();
                format!("$contains({}, {pattern})", self.write(Want::Text, depth))
            }
            10 => format!("$boolean({})", self.write(Want::Any, depth)),
            _ => format!("$not({})", self.write(Want::Any, depth)),
        }
    }

    fn array(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .chance
                .one(&[
                    "[]",
                    "[1, 2, 3]",
                    "[\"b\", \"a\"]",
                    "items",
                    "tags",
                    "items.price",
                    "[3, 1, 2]",
                    "items.tags",
                ])
                .to_owned();
        }
        let depth = depth - 1;
        match self.chance.below(26) {
            0..=2 => {
                let want = WANTS[self.chance.below(6)];
                let members: Vec<String> = (0..self.chance.below(4))
                    .map(|_| self.write(want, depth))
                    .collect();
                format!("[{}]", members.join(", "))
            }
            3 => {
                let (from, to) = (self.chance.below(8) as i64 - 3, self.chance.below(9) as i64 - 2);
                format!("[{from}..{to}]")
            }
            4 => format!("[{}..{}]", self.write(Want::Number, 0), self.chance.below(9)),
            5 | 6 => {
                let parameters = 1 + self.chance.below(3);
                let array = self.write(Want::Array, depth);
                format!("$map({array}, {})", self.function(depth, parameters))
            }
            7 | 8 => format!(
                "$filter({}, {})",
                self.write(Want::Array, depth),
                self.lambda(Want::Bool, depth, 1)
            ),
            9 => format!("$sort({})", self.write(Want::Array, depth)),
            10 => {
                let key = self.chance.one(&["price", "qty", "name"]);
                format!("$sort(items, function($l, $r){{$l.{key} > $r.{key}}})")
            }
            11 => format!(
                "$append({}, {})",
                self.write(Want::Array, depth),
                self.write(Want::Any, depth)
            ),
            12 => {
                let name = self.chance.one(&["reverse", "distinct", "distinct", "shuffle"]);
                format!("${name}({})", self.write(Want::Array, depth))
            }
            13 => format!(
                "$zip({}, {})",
                self.write(Want::Array, depth),
                self.write(Want::Array, depth)
            ),
            14 => {
                let pattern = self.pattern();
                let limit = if self.chance.percent(30) {
                    format!(", {}", self.number(0))
                } else {
                    String::new()
                };
                format!("$split({}, {pattern}{limit})", self.write(Want::Text, depth))
            }
            15 => {
                let pattern = self.pattern();
                format!("$match({}, {pattern})", self.write(Want::Text, depth))
            }
            16 => format!("$keys({})", self.write(Want::Object, depth)),
            17 => format!("$spread({})", self.write(Want::Object, depth)),
            18 => format!(
                "$each({}, {})",
                self.write(Want::Object, depth),
                self.function(depth, 2)
            ),
            19 => format!("{}[{}]", self.array(depth), self.write(Want::Bool, depth)),
            20 => {
                let terms = self.order();
                format!("items^({terms})")
            }
            21 => format!("{}^($)", self.write(Want::Array, depth)),
            _ => self.path(depth),
        }
    }

    fn order(&mut self) -> String {
        let term = |writer: &mut Self| {
            let direction = writer.chance.one(&["", "<", ">"]);
            let key = writer
                .chance
                .one(&["price", "qty", "name", "a", "deep.price", "$count(tags)"]);
            format!("{direction}{key}")
        };
        let first = term(self);
        if self.chance.percent(40) {
            format!("{first}, {}", term(self))
        } else {
            first
        }
    }

    fn object(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .chance
                .one(&[
                    "{}",
                    "{\"a\": 1}",
                    "deep",
                    "items[0]",
                    "$",
                    "{\"a\": {\"b\": [1, 2]}}",
                ])
                .to_owned();
        }
        let depth = depth - 1;
        match self.chance.below(14) {
            0..=3 => {
                let count = self.chance.below(4);
                let members: Vec<String> = (0..count)
                    .map(|place| {
                        let name = if self.chance.percent(85) {
                            format!("\"{}\"", NAMES[(place + self.chance.below(3) * 3) % NAMES.len()])
                        } else {
                            self.write(Want::Text, depth)
                        };
                        format!("{name}: {}", self.write(Want::Any, depth))
                    })
                    .collect();
                format!("{{{}}}", members.join(", "))
            }
            4 | 5 => {
                let key = self.chance.one(&[
                    "name",
                    "$string(price)",
                    "$string(on)",
                    "a",
                    "tags[0]",
                    "$type(b)",
                ]);
                format!("items{{{key}: {}}}", self.write(Want::Any, depth))
            }
            6 => format!("$merge({})", self.write(Want::Array, depth)),
            7 => format!(
                "$merge([{}, {}])",
                self.write(Want::Object, depth),
                self.write(Want::Object, depth)
            ),
            8 => format!(
                "$sift({}, {})",
                self.write(Want::Object, depth),
                self.lambda(Want::Bool, depth, 2)
            ),
            9 | 10 => {
                let place = self
                    .chance
                    .one(&["items", "deep", "$", "items[price > 2]", "**", "deep.items"]);
                let delete = self
                    .chance
                    .one(&["", "", ", \"name\"", ", [\"a\", \"tags\"]", ", name"]);
                let update = self.write(Want::Object, depth);
                format!(
                    "({} ~> |{place}|{update}{delete}|)",
                    self.chance.one(&["$", "deep", "items[0]", "items"])
                )
            }
            11 => format!(
                "$reduce({}, {})",
                self.write(Want::Array, depth),
                self.lambda(Want::Object, depth, 2)
            ),
            _ => self.path(depth),
        }
    }

    fn function(&mut self, depth: usize, parameters: usize) -> String {
        match self.chance.below(10) {
            0 => {
                let name = self.chance.one(&[
                    "string",
                    "uppercase",
                    "sum",
                    "count",
                    "length",
                    "number",
                    "boolean",
                    "type",
                    "keys",
                    "reverse",
                    "exists",
                ]);
                format!("${name}")
            }
            1 => self
                .chance
                .one(&[
                    "$substring(?, 1)",
                    "$join(?, \"-\")",
                    "$append(?, 1)",
                    "$contains(\"abc\", ?)",
                    "$power(2, ?)",
                ])
                .to_owned(),
            2 => self
                .chance
                .one(&[
                    "$string ~> $length",
                    "$uppercase ~> $trim",
                    "$sum ~> $string",
                    "$keys ~> $count",
                ])
                .to_owned(),
            _ => {
                let want = WANTS[self.chance.below(6)];
                self.lambda(want, depth, parameters)
            }
        }
    }

    fn lambda(&mut self, want: Want, depth: usize, parameters: usize) -> String {
        let names: Vec<String> = (0..parameters).map(|_| self.fresh()).collect();
        self.scope.extend(names.iter().cloned());
        let body = self.write(want, depth.saturating_sub(1));
        self.scope.truncate(self.scope.len() - names.len());
        let signature = match (names.len(), self.chance.below(25)) {
            (1, 0) => "<x-:x>",
            (1, 1) => "<n:n>",
            (1, 2) => "<s-:s>",
            (1, 3) => "<a<n>:n>",
            (1, 4) => "<(so)?:x>",
            (2, 5) => "<nn:n>",
            (2, 6) => "<x-s?:x>",
            _ => "",
        };
        format!("function({}){signature}{{{body}}}", names.join(", "))
    }

    /// Steps, with whatever may follow one.
    fn path(&mut self, depth: usize) -> String {
        let mut path = match self.chance.below(12) {
            0 => "$".to_owned(),
            1 => "$$".to_owned(),
            2 if depth > 0 => format!("({})", self.write(Want::Any, depth - 1)),
            3 => "items".to_owned(),
            4 => "*".to_owned(),
            5 if self.chance.percent(30) => "**".to_owned(),
            _ => self.name(),
        };
        let bound = self.scope.len();
        for _ in 0..self.chance.below(4) {
            self.suffix(&mut path, depth);
            path.push('.');
            let step = self.step(depth);
            path.push_str(&step);
        }
        self.suffix(&mut path, depth);
        self.scope.truncate(bound);
        path
    }

    fn name(&mut self) -> String {
        match NAMES[self.chance.below(NAMES.len())] {
            "x y" => "`x y`".to_owned(),
            name => name.to_owned(),
        }
    }

    fn step(&mut self, depth: usize) -> String {
        match self.chance.below(20) {
            0 => "*".to_owned(),
            1 if self.chance.percent(30) => "**".to_owned(),
            2 | 3 => "%".to_owned(),
            4 => "$".to_owned(),
            5 if depth > 0 => format!("({})", self.write(Want::Any, depth - 1)),
            6 if depth > 0 => format!("[{}, {}]", self.name(), self.write(Want::Any, depth - 1)),
            7 if depth > 0 => format!("{{\"k\": {}}}", self.write(Want::Any, depth - 1)),
            8 => self
                .chance
                .one(&[
                    "$string()",
                    "$type($)",
                    "$count($)",
                    "$keys()",
                    "$length()",
                    "$exists(a)",
                    "$sum(price)",
                ])
                .to_owned(),
            9 if !self.scope.is_empty() => self.scope[self.chance.below(self.scope.len())].clone(),
            _ => self.name(),
        }
    }

    fn suffix(&mut self, path: &mut String, depth: usize) {
        if self.chance.percent(6) {
            let (mark, name) = (self.chance.one(&["@", "#"]), self.fresh());
            path.push_str(&format!("{mark}{name}"));
            self.scope.push(name);
        }
        if self.chance.percent(25) {
            let predicate = match self.chance.below(10) {
                0..=3 => (self.chance.below(5) as i64 - 2).to_string(),
                4 => String::new(),
                5 => "[0, 2]".to_owned(),
                _ => self.write(Want::Bool, depth.saturating_sub(1)),
            };
            path.push_str(&format!("[{predicate}]"));
        }
        if self.chance.percent(5) {
            let terms = self.order();
            path.push_str(&format!("^({terms})"));
        }
        if depth > 0 && self.chance.percent(4) {
            let value = self.write(Want::Any, depth - 1);
            path.push_str(&format!("{{$type($): {value}}}"));
        }
    }
}
