//! The table of builtins: name, signature, how many arguments it can be given, and what runs it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{
    Builtin, Functions, Run, arrays, aws, encoding, evaluation, higher_order, matching, numbers, objects,
};
use super::{pictures, sorting, strings};
use crate::signature::Signature;

type Row = (&'static str, &'static str, usize, Run);

const STANDARD: &[Row] = &[
    ("sum", "<a<n>:n>", 1, numbers::sum),
    ("count", "<a:n>", 1, arrays::count),
    ("max", "<a<n>:n>", 1, numbers::max),
    ("min", "<a<n>:n>", 1, numbers::min),
    ("average", "<a<n>:n>", 1, numbers::average),
    ("string", "<x-b?:s>", 1, strings::string),
    ("substring", "<s-nn?:s>", 3, strings::substring),
    ("substringBefore", "<s-s:s>", 2, strings::substring_before),
    ("substringAfter", "<s-s:s>", 2, strings::substring_after),
    ("lowercase", "<s-:s>", 1, strings::lowercase),
    ("uppercase", "<s-:s>", 1, strings::uppercase),
    ("length", "<s-:n>", 1, strings::length),
    ("trim", "<s-:s>", 1, strings::trim),
    ("pad", "<s-ns?:s>", 3, strings::pad),
    ("match", "<s-f<s:o>n?:a<o>>", 3, matching::matches),
    ("contains", "<s-(sf):b>", 2, matching::contains),
    ("replace", "<s-(sf)(sf)n?:s>", 4, matching::replace),
    ("split", "<s-(sf)n?:a<s>>", 3, matching::split),
    ("join", "<a<s>s?:s>", 2, strings::join),
    ("formatNumber", "<n-so?:s>", 3, pictures::format_number),
    ("formatBase", "<n-n?:s>", 2, pictures::format_base),
    ("formatInteger", "<n-s:s>", 2, pictures::format_integer),
    ("parseInteger", "<s-s:n>", 2, pictures::parse_integer),
    ("number", "<(nsb)-:n>", 1, numbers::number),
    ("floor", "<n-:n>", 1, numbers::floor),
    ("ceil", "<n-:n>", 1, numbers::ceil),
    ("round", "<n-n?:n>", 2, numbers::round),
    ("abs", "<n-:n>", 1, numbers::abs),
    ("sqrt", "<n-:n>", 1, numbers::sqrt),
    ("power", "<n-n:n>", 2, numbers::power),
    ("random", "<:n>", 0, numbers::random),
    ("boolean", "<x-:b>", 1, evaluation::boolean),
    ("not", "<x-:b>", 1, evaluation::not),
    ("map", "<af>", 2, higher_order::map),
    ("zip", "<a+>", 0, arrays::zip),
    ("filter", "<af>", 2, higher_order::filter),
    ("single", "<af?>", 2, higher_order::single),
    ("reduce", "<afj?:j>", 3, higher_order::reduce),
    ("sift", "<o-f?:o>", 2, higher_order::sift),
    ("keys", "<x-:a<s>>", 1, objects::keys),
    ("lookup", "<x-s:x>", 2, objects::lookup),
    ("append", "<xx:a>", 2, arrays::append),
    ("exists", "<x:b>", 1, evaluation::exists),
    ("spread", "<x-:a<o>>", 1, objects::spread),
    ("merge", "<a<o>:o>", 1, objects::merge),
    ("reverse", "<a:a>", 1, arrays::reverse),
    ("each", "<o-f:a>", 2, higher_order::each),
    ("error", "<s?:x>", 1, evaluation::error),
    ("assert", "<bs?:x>", 2, evaluation::assert),
    ("type", "<x:s>", 1, evaluation::type_of),
    ("sort", "<af?:a>", 2, sorting::sort),
    ("shuffle", "<a:a>", 1, arrays::shuffle),
    ("distinct", "<x:x>", 1, arrays::distinct),
    ("base64encode", "<s-:s>", 1, encoding::base64_encode),
    ("base64decode", "<s-:s>", 1, encoding::base64_decode),
    ("encodeUrlComponent", "<s-:s>", 1, encoding::encode_url_component),
    ("encodeUrl", "<s-:s>", 1, encoding::encode_url),
    ("decodeUrlComponent", "<s-:s>", 1, encoding::decode_url_component),
    ("decodeUrl", "<s-:s>", 1, encoding::decode_url),
    ("eval", "<sx?:x>", 2, evaluation::eval),
    ("toMillis", "<s-s?:n>", 2, pictures::to_millis),
    ("fromMillis", "<n-s?s?:s>", 3, pictures::from_millis),
    ("clone", "<(oa)-:o>", 1, evaluation::clone),
    ("now", "<s?s?:s>", 2, pictures::now),
    ("millis", "<:n>", 0, pictures::millis),
];

const STEP_FUNCTIONS: &[Row] = &[
    ("partition", "<an:a>", 2, aws::partition),
    ("range", "<nnn:a>", 3, aws::range),
    ("hash", "<s-s:s>", 2, aws::hash),
    ("random", "<n?:n>", 1, aws::random),
    ("uuid", "<:s>", 0, aws::uuid),
    ("parse", "<s-:x>", 1, aws::parse),
];

static TABLE: LazyLock<HashMap<&'static str, Builtin>> =
    LazyLock::new(|| STANDARD.iter().map(entry).collect());

static TABLE_STEP_FUNCTIONS: LazyLock<HashMap<&'static str, Builtin>> =
    LazyLock::new(|| STEP_FUNCTIONS.iter().map(entry).collect());

fn entry(row: &Row) -> (&'static str, Builtin) {
    let (name, signature, arity, run) = *row;
    let builtin = Builtin {
        name,
        signature: Some(Signature::parse(signature).unwrap_or_else(|_| unreachable!("the table is right"))),
        arity,
        parameters: match name {
            "string" => 2,
            _ => arity.max(1),
        },
        run,
    };
    (name, builtin)
}

/// The builtin of a name, in a set of functions.
pub(crate) fn builtin(name: &str, functions: Functions) -> Option<&'static Builtin> {
    match functions {
        Functions::Standard => TABLE.get(name),
        Functions::StepFunctions if name == "eval" => None,
        Functions::StepFunctions => TABLE_STEP_FUNCTIONS.get(name).or_else(|| TABLE.get(name)),
    }
}
