//! Errors: jsonata-js's codes, the texts it makes of them, and where in the expression they arose.

use std::fmt::{self, Write};

use json::{Str, Value};

/// Why an expression could not be compiled or evaluated.
#[derive(Clone, PartialEq)]
pub struct Error(Box<Details>);

#[derive(Clone, Default, PartialEq)]
struct Details {
    kind: Kind,
    code: &'static str,
    position: Option<usize>,
    token: Option<Value>,
    value: Option<Value>,
    value2: Option<Value>,
    index: Option<usize>,
    subtype: Option<&'static str>,
    text: Option<Str>,
}

/// What sort of failure it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The expression or its data is wrong; the code says how.
    #[default]
    Coded,
    /// The evaluation nested too deep.
    Depth,
    /// The evaluation would have taken too much memory.
    Memory,
    /// The evaluation took too long.
    Time,
}

impl Error {
    /// An error of this code, without details.
    pub fn new(code: &'static str) -> Self {
        Self(Box::new(Details {
            code,
            ..Details::default()
        }))
    }

    /// A limit was passed. Its code is jsonata-js's U1001 where it has one.
    pub fn limit(kind: Kind) -> Self {
        let mut error = Self::new("U1001");
        error.0.kind = kind;
        error
    }

    /// The same error at a position in the expression.
    pub fn at(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    /// The same error at a position, if there is one.
    pub(crate) fn maybe_at(mut self, position: Option<usize>) -> Self {
        self.0.position = position;
        self
    }

    /// The same error about a token.
    pub fn token(mut self, token: impl Into<Value>) -> Self {
        self.0.token = Some(token.into());
        self
    }

    /// The same error about a value.
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.0.value = Some(value.into());
        self
    }

    /// The same error about a second value as well (an exponent, the other side of an operator).
    pub fn value2(mut self, value: impl Into<Value>) -> Self {
        self.0.value2 = Some(value.into());
        self
    }

    /// The same error about an argument, counted from one.
    pub fn index(mut self, index: usize) -> Self {
        self.0.index = Some(index);
        self
    }

    /// The same error about the type that elements of an argument should have had, in words.
    pub fn subtype(mut self, subtype: &'static str) -> Self {
        self.0.subtype = Some(subtype);
        self
    }

    /// The same error with a text of its own: the message of `$error` and `$assert`, a function's name.
    pub fn text(mut self, text: impl Into<Str>) -> Self {
        self.0.text = Some(text.into());
        self
    }

    /// Gives the error a token unless it has one.
    pub(crate) fn or_token(mut self, token: Option<&Value>) -> Self {
        if self.0.token.is_none() && self.0.kind == Kind::Coded {
            self.0.token = token.cloned();
        }
        self
    }

    /// Gives the error a position unless it has one that is not zero, as jsonata-js does.
    pub(crate) fn or_at(mut self, position: usize) -> Self {
        if self.0.position.is_none_or(|known| known == 0) {
            self.0.position = Some(position);
        }
        self
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The code, such as `T2001`; `U1001` for a limit.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// Where in the expression, in UTF-16 units from its start, as jsonata-js counts.
    pub fn position(&self) -> Option<usize> {
        self.0.position
    }

    /// The token it is about.
    pub fn about_token(&self) -> Option<&Value> {
        self.0.token.as_ref()
    }

    /// The value it is about.
    pub fn about_value(&self) -> Option<&Value> {
        self.0.value.as_ref()
    }

    /// The text jsonata-js gives, without the code.
    pub fn message(&self) -> String {
        match self.0.kind {
            Kind::Coded => self.fill(template(self.0.code)),
            Kind::Depth => "Stack overflow error: Check for non-terminating recursive function. Consider \
                            rewriting as tail-recursive."
                .to_owned(),
            Kind::Memory => {
                "Expression evaluation memory limit exceeded: Check for excessive memory usage".to_owned()
            }
            Kind::Time => "Expression evaluation timeout: Check for infinite loop".to_owned(),
        }
    }

    fn fill(&self, template: &str) -> String {
        let mut out = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some(start) = rest.find("{{") {
            out.push_str(&rest[..start]);
            rest = &rest[start + 2..];
            let raw = rest.starts_with('{');
            let Some(end) = rest.find("}}") else { break };
            let name = rest[..end].trim_start_matches('{');
            self.insert(name, raw, &mut out);
            rest = rest[end + 2..]
                .strip_prefix('}')
                .filter(|_| raw)
                .unwrap_or(&rest[end + 2..]);
        }
        out.push_str(rest);
        out
    }

    fn insert(&self, name: &str, raw: bool, out: &mut String) {
        let details = &*self.0;
        let value = match name {
            "token" => details.token.clone(),
            "value" => details.value.clone(),
            "value2" | "exp" => details.value2.clone(),
            "index" => details.index.map(Value::from),
            "type" => details.subtype.map(Value::from),
            _ => details.text.clone().map(Value::String),
        };
        match value {
            None => out.push_str("undefined"),
            Some(Value::String(text)) if raw => out.push_str(&text),
            Some(value) => match value.text_within(VALUE_BYTES_MAX) {
                Ok(_) => out.push_str(&crate::number::to_json(&value)),
                Err(_) => out.push('…'),
            },
        }
    }
}

/// A value with more text than this is left out of a message.
const VALUE_BYTES_MAX: usize = 100_000;

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.kind == Kind::Coded {
            out.write_str(self.0.code)?;
            out.write_str(": ")?;
        }
        out.write_str(&self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")?;
        if let Some(position) = self.0.position {
            write!(out, " (at {position})")?;
        }
        out.write_char('.')
    }
}

impl std::error::Error for Error {}

/// The text of a code, with `{{name}}` where a detail stands as JSON and `{{{name}}}` where it stands bare.
fn template(code: &str) -> &'static str {
    match code {
        "S0101" => "String literal must be terminated by a matching quote",
        "S0102" => "Number out of range: {{token}}",
        "S0103" => "Unsupported escape sequence: \\{{token}}",
        "S0104" => "The escape sequence \\u must be followed by 4 hex digits",
        "S0105" => "Quoted property name must be terminated with a backquote (`)",
        "S0106" => "Comment has no closing tag",
        "S0201" => "Syntax error: {{token}}",
        "S0202" => "Expected {{value}}, got {{token}}",
        "S0203" => "Expected {{value}} before end of expression",
        "S0204" => "Unknown operator: {{token}}",
        "S0205" => "Unexpected token: {{token}}",
        "S0206" => "Unknown expression type: {{token}}",
        "S0207" => "Unexpected end of expression",
        "S0208" => "Parameter {{value}} of function definition must be a variable name (start with $)",
        "S0209" => "A predicate cannot follow a grouping expression in a step",
        "S0210" => "Each step can only have one grouping expression",
        "S0211" => "The symbol {{token}} cannot be used as a unary operator",
        "S0212" => "The left side of := must be a variable name (start with $)",
        "S0213" => "The literal value {{value}} cannot be used as a step within a path expression",
        "S0214" => "The right side of {{token}} must be a variable name (start with $)",
        "S0215" => "A context variable binding must precede any predicates on a step",
        "S0216" => "A context variable binding must precede the 'order-by' clause on a step",
        "S0217" => "The object representing the 'parent' cannot be derived from this expression",
        "S0301" => "Empty regular expressions are not allowed",
        "S0302" => "No terminating / in regular expression",
        "S0402" => "Choice groups containing parameterized types are not supported",
        "S0401" => "Type parameters can only be applied to functions and arrays",
        "S0500" => "Attempted to evaluate an expression containing syntax error(s)",
        "T0410" => "Argument {{index}} of function {{token}} does not match function signature",
        "T0411" => "Context value is not a compatible type with argument {{index}} of function {{token}}",
        "T0412" => "Argument {{index}} of function {{token}} must be an array of {{type}}",
        "D1001" => "Number out of range: {{value}}",
        "D1002" => "Cannot negate a non-numeric value: {{value}}",
        "T1003" => "Key in object structure must evaluate to a string; got: {{value}}",
        "D1004" => "Regular expression matches zero length string",
        "T1005" => "Attempted to invoke a non-function. Did you mean ${{{token}}}?",
        "T1006" => "Attempted to invoke a non-function",
        "T1007" => "Attempted to partially apply a non-function. Did you mean ${{{token}}}?",
        "T1008" => "Attempted to partially apply a non-function",
        "D1009" => "Multiple key definitions evaluate to same key: {{value}}",
        "D1010" => "Attempted to access the Javascript object prototype",
        "T1010" => {
            "The matcher function argument passed to function {{token}} does not return the correct object structure"
        }
        "T2001" => "The left side of the {{token}} operator must evaluate to a number",
        "T2002" => "The right side of the {{token}} operator must evaluate to a number",
        "T2003" => "The left side of the range operator (..) must evaluate to an integer",
        "T2004" => "The right side of the range operator (..) must evaluate to an integer",
        "D2005" => "The left side of := must be a variable name (start with $)",
        "T2006" => "The right side of the function application operator ~> must be a function",
        "T2007" => "Type mismatch when comparing values {{value}} and {{value2}} in order-by clause",
        "T2008" => "The expressions within an order-by clause must evaluate to numeric or string values",
        "T2009" => {
            "The values {{value}} and {{value2}} either side of operator {{token}} must be of the same data type"
        }
        "T2010" => {
            "The expressions either side of operator {{token}} must evaluate to numeric or string values"
        }
        "T2011" => {
            "The insert/update clause of the transform expression must evaluate to an object: {{value}}"
        }
        "T2012" => {
            "The delete clause of the transform expression must evaluate to a string or array of strings: {{value}}"
        }
        "T2013" => {
            "The transform expression clones the input object using the $clone() function.  This has been overridden in the current scope by a non-function."
        }
        "D2014" => {
            "The size of the sequence allocated by the range operator (..) must not exceed 1e6.  Attempted to allocate {{value}}."
        }
        "D3001" => "Attempting to invoke string function on Infinity or NaN",
        "D3010" => "Second argument of replace function cannot be an empty string",
        "D3011" => "Fourth argument of replace function must evaluate to a positive number",
        "D3012" => "Attempted to replace a matched string with a non-string value",
        "D3020" => "Third argument of split function must evaluate to a positive number",
        "D3030" => "Unable to cast value to a number: {{value}}",
        "D3040" => "Third argument of match function must evaluate to a positive number",
        "D3050" => "The second argument of reduce function must be a function with at least two arguments",
        "D3060" => "The sqrt function cannot be applied to a negative number: {{value}}",
        "D3061" => {
            "The power function has resulted in a value that cannot be represented as a JSON number: base={{value}}, exponent={{exp}}"
        }
        "D3070" => {
            "The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function"
        }
        "D3080" => "The picture string must only contain a maximum of two sub-pictures",
        "D3081" => {
            "The sub-picture must not contain more than one instance of the 'decimal-separator' character"
        }
        "D3082" => "The sub-picture must not contain more than one instance of the 'percent' character",
        "D3083" => "The sub-picture must not contain more than one instance of the 'per-mille' character",
        "D3084" => "The sub-picture must not contain both a 'percent' and a 'per-mille' character",
        "D3085" => {
            "The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit character' or a member of the 'decimal digit family'"
        }
        "D3086" => {
            "The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character"
        }
        "D3087" => {
            "The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a 'decimal-separator' character"
        }
        "D3088" => "The sub-picture must not contain a 'grouping-separator' at the end of the integer part",
        "D3089" => {
            "The sub-picture must not contain two adjacent instances of the 'grouping-separator' character"
        }
        "D3090" => {
            "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is followed by an instance of the 'optional digit character'"
        }
        "D3091" => {
            "The fractional part of the sub-picture must not contain an instance of the 'optional digit character' that is followed by a member of the 'decimal digit family'"
        }
        "D3092" => {
            "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as an 'exponent-separator'"
        }
        "D3093" => {
            "The exponent part of the sub-picture must comprise only of one or more characters that are members of the 'decimal digit family'"
        }
        "D3100" => "The radix of the formatBase function must be between 2 and 36.  It was given {{value}}",
        "D3110" => {
            "The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given {{value}}"
        }
        "D3120" => "Syntax error in expression passed to function eval: {{value}}",
        "D3121" => "Dynamic error evaluating the expression passed to function eval: {{value}}",
        "D3130" => {
            "Formatting or parsing an integer as a sequence starting with {{value}} is not supported by this implementation"
        }
        "D3131" => "In a decimal digit pattern, all digits must be from the same decimal group",
        "D3132" => "Unknown component specifier {{value}} in date/time picture string",
        "D3133" => {
            "The 'name' modifier can only be applied to months and days in the date/time picture string, not {{value}}"
        }
        "D3134" => "The timezone integer format specifier cannot have more than four digits",
        "D3135" => "No matching closing bracket ']' in date/time picture string",
        "D3136" => "The date/time picture string is missing specifiers required to parse the timestamp",
        "D3137" => "{{{message}}}",
        "D3138" => "The $single() function expected exactly 1 matching result.  Instead it matched more.",
        "D3139" => "The $single() function expected exactly 1 matching result.  Instead it matched 0.",
        "D3140" => "Malformed URL passed to ${{{functionName}}}(): {{value}}",
        "D3141" => "{{{message}}}",
        _ => "{{{message}}}",
    }
}
