//! Names: what a state machine, an execution, an activity or an alias may be called.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The most characters a name may have.
pub const NAME_CHARACTERS_MAX: usize = 80;

/// A name of 1 to 80 characters, none of them whitespace, a control character or one that AWS reserves.
///
/// Letters outside ASCII are allowed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// A text that cannot be a name; prints as AWS's message for `InvalidName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidName {
    /// The text as the client sent it.
    pub text: String,
}

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as shared text, without copying it.
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if is_name(text) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(InvalidName {
                text: text.to_owned(),
            })
        }
    }
}

impl TryFrom<Arc<str>> for Name {
    type Error = InvalidName;

    fn try_from(text: Arc<str>) -> Result<Self, InvalidName> {
        if is_name(&text) {
            Ok(Self(text))
        } else {
            Err(InvalidName {
                text: text.as_ref().to_owned(),
            })
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid Name: '{}'", self.text)
    }
}

impl std::error::Error for InvalidName {}

/// Whether `text` is a name: its length and each of its characters.
pub fn is_name(text: &str) -> bool {
    if text.is_empty() || text.len() > NAME_CHARACTERS_MAX * char::MAX.len_utf8() {
        return false;
    }
    text.chars().count() <= NAME_CHARACTERS_MAX && text.chars().all(is_name_character)
}

/// Whether a name may hold `character`.
///
/// Brackets, wildcards, what separates the parts of an ARN or a URL, whitespace, control characters and the
/// two Unicode noncharacters that AWS lists are reserved.
pub fn is_name_character(character: char) -> bool {
    !matches!(
        character,
        '<' | '>' | '{' | '}' | '[' | ']' | '?' | '*' | '"' | '#' | '%' | '\\' | '^' | '|' | '~' | '`' | '$' | '&'
            | ',' | ';' | ':' | '/' | '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}'..='\u{ffff}'
    ) && !character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_has_at_least_one_and_at_most_eighty_characters() {
        assert!("".parse::<Name>().is_err());
        assert!("n".parse::<Name>().is_ok());
        assert!("n".repeat(80).parse::<Name>().is_ok());
        assert!("n".repeat(81).parse::<Name>().is_err());
    }

    #[test]
    fn length_counts_characters_and_not_bytes() {
        assert!("ü".repeat(80).parse::<Name>().is_ok());
        assert!("𝄞".repeat(80).parse::<Name>().is_ok());
        assert!("ü".repeat(81).parse::<Name>().is_err());
    }

    #[test]
    fn reserved_characters_are_refused_everywhere() {
        for reserved in
            "<>{}[]?*\"#%\\^|~`$&,;:/ \t\n\u{a0}\u{2003}\u{0}\u{1f}\u{7f}\u{9f}\u{fffe}\u{ffff}".chars()
        {
            assert!(!is_name_character(reserved), "{reserved:?}");
            assert!(format!("a{reserved}b").parse::<Name>().is_err(), "{reserved:?}");
        }
        for allowed in "aZ09-_.'()=+!@ä日".chars() {
            assert!(is_name_character(allowed), "{allowed:?}");
        }
    }

    #[test]
    fn refusal_prints_aws_text() {
        let refused = "activity name".parse::<Name>().unwrap_err();
        assert_eq!(refused.to_string(), "Invalid Name: 'activity name'");
        let refused = "\u{0}activity".parse::<Name>().unwrap_err();
        assert_eq!(refused.to_string(), "Invalid Name: '\u{0}activity'");
    }
}
