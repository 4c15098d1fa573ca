//! The forms in which AWS lets a caller name a function.

/// A function's name taken out of what a caller wrote, with the qualifier behind it.
#[derive(Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// The bare name: 1 to 64 letters, digits, hyphens and underscores.
    pub name: &'a str,
    /// The version or alias behind it.
    pub qualifier: Option<&'a str>,
    /// Whether the whole text was a function's full ARN.
    pub is_arn: bool,
}

/// Takes `NAME`, `ACCOUNT:function:NAME` or `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME` apart, each with an
/// optional `:QUALIFIER`. Region and account may be any: a definition written for another account finds the local
/// function of the same name.
pub fn parse(text: &str) -> Option<Named<'_>> {
    let parts: Vec<&str> = text.splitn(10, ':').collect();
    let (is_arn, tail) = match parts.as_slice() {
        [
            "arn",
            partition,
            "lambda",
            _region,
            account,
            "function",
            tail @ ..,
        ] if partition.starts_with("aws") && is_account(account) => (true, tail),
        [account, "function", tail @ ..] if is_account(account) => (false, tail),
        ["function", tail @ ..] if !tail.is_empty() => (false, tail),
        tail => (false, tail),
    };
    let (name, qualifier) = match tail {
        [name] => (*name, None),
        [name, qualifier] if is_qualifier(qualifier) => (*name, Some(*qualifier)),
        _ => return None,
    };
    is_name(name).then_some(Named {
        name,
        qualifier,
        is_arn,
    })
}

/// The end of what a caller wrote: the name and what qualifies it, whatever stands before them. Of what names no
/// function, it is what follows the last `function:`.
pub fn end_of(text: &str) -> &str {
    match parse(text) {
        Some(Named { name, qualifier, .. }) => {
            let length = name.len() + qualifier.map_or(0, |qualifier| 1 + qualifier.len());
            &text[text.len() - length..]
        }
        None => text.rsplit_once("function:").map_or(text, |(_, end)| end),
    }
}

/// Whether AWS takes this as a function's name: 1 to 64 letters, digits, hyphens and underscores.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(is_name_byte)
}

fn is_qualifier(text: &str) -> bool {
    text == "$LATEST" || ((1..=128).contains(&text.len()) && text.bytes().all(is_name_byte))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<(&str, Option<&str>)> {
        parse(text).map(|named| (named.name, named.qualifier))
    }

    #[test]
    fn every_form_names_the_same_function() {
        assert_eq!(named("greet"), Some(("greet", None)));
        assert_eq!(named("greet:3"), Some(("greet", Some("3"))));
        assert_eq!(named("greet:$LATEST"), Some(("greet", Some("$LATEST"))));
        assert_eq!(named("function:greet"), Some(("greet", None)));
        assert_eq!(named("123456789012:function:greet"), Some(("greet", None)));
        assert_eq!(
            named("123456789012:function:greet:live"),
            Some(("greet", Some("live")))
        );
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:greet";
        assert_eq!(named(arn), Some(("greet", None)));
        assert_eq!(named(&format!("{arn}:live")), Some(("greet", Some("live"))));
        assert_eq!(
            named("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:greet"),
            Some(("greet", None))
        );
    }

    #[test]
    fn end_is_the_name_and_what_qualifies_it() {
        for (text, end) in [
            ("greet", "greet"),
            ("function:greet:3", "greet:3"),
            ("function:function:3", "function:3"),
            ("arn:aws:lambda:us-east-1:123456789012:function:greet", "greet"),
            ("arn:aws:lambda:us-east-1:1:function:greet", "greet"),
            ("", ""),
        ] {
            assert_eq!(end_of(text), end, "{text}");
        }
    }

    #[test]
    fn other_arns_name_no_function() {
        for text in [
            "",
            ":",
            "arn:aws:states:us-east-1:123456789012:stateMachine:greet",
            "arn:aws:lambda:us-east-1:123456789012:layer:greet",
            "arn:aws:lambda:us-east-1:12:function:greet",
            "arn:aws:lambda:us-east-1:123456789012:function:greet:live:more",
            "greet:$OLD",
            "gr eet",
            "../greet",
        ] {
            assert_eq!(named(text), None, "{text}");
        }
        assert_eq!(named(&"a:".repeat(100_000)), None);
    }
}
