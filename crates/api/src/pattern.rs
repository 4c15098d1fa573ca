//! Pattern: the few regular expressions of the model, as plain functions.
//!
//! The code generator maps each expression to one of these and fails on one it doesn't know.

/// `^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`: what an alias may be called; not digits only.
pub(crate) fn alias_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !text.is_empty() && text.bytes().all(allowed) && !text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `\p{ASCII}*`.
pub(crate) fn ascii(text: &str) -> bool {
    text.is_ascii()
}

/// `[!-~]+`: ASCII that can be seen.
pub(crate) fn visible_ascii(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alias_name_is_not_digits_only() {
        assert!(alias_name("PROD") && alias_name("1.2") && alias_name("_") && alias_name("1-"));
        assert!(!alias_name("12") && !alias_name("") && !alias_name("a b") && !alias_name("ä"));
    }

    #[test]
    fn ascii_may_be_empty_and_hold_controls() {
        assert!(ascii("") && ascii("Root=1;\u{7f}"));
        assert!(!ascii("é"));
    }

    #[test]
    fn visible_ascii_has_no_spaces() {
        assert!(visible_ascii("!a~"));
        assert!(!visible_ascii("") && !visible_ascii("a b") && !visible_ascii("é"));
    }
}
