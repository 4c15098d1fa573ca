//! Pattern: texts in which `*` stands for any characters and `?` for any single one.

/// Whether a text is one of those that a pattern stands for. Takes time in proportion to both, at most.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the last star is, and where the text goes on that it does not stand for.
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[place] => {
                at += 1;
                place += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else {
                    return false;
                };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                place = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("?", "", false),
            ("?", "ü", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("*b*b", "abab", true),
            ("a?c*", "abcd", true),
            ("a?c", "ac", false),
            (
                "arn:aws:states:*:stateMachine:order-*",
                "arn:aws:states:r:1:stateMachine:order-1",
                true,
            ),
            (
                "arn:aws:states:*:stateMachine:order-*",
                "arn:aws:states:r:1:stateMachine:other",
                false,
            ),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_the_text_is() {
        let pattern = "*a".repeat(500) + "b";
        assert!(!matches(&pattern, &"a".repeat(5000)));
    }
}
