//! Names: from the model's spelling to Rust's.

const KEYWORDS: [&str; 4] = ["type", "match", "ref", "use"];

/// `stateMachineArn` and `StartExecution` as `state_machine_arn` and `start_execution`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, character) in name.char_indices() {
        if character.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// The name of a field, spelled so that a keyword may be one.
pub(super) fn field(name: &str) -> String {
    let snake = snake(name);
    if KEYWORDS.contains(&snake.as_str()) {
        format!("r#{snake}")
    } else {
        snake
    }
}

/// `TIMED_OUT` as `TimedOut`; what is in camel case already stays.
pub(super) fn variant(name: &str) -> String {
    if name.chars().any(|character| character.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{first}{}", rest.to_ascii_lowercase())
    };
    name.split('_').map(word).collect()
}

/// `LogGroup` as `LOG_GROUP`.
pub(super) fn constant(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_respelled() {
        assert_eq!(snake("stateMachineArn"), "state_machine_arn");
        assert_eq!(field("type"), "r#type");
        assert_eq!(variant("TIMED_OUT"), "TimedOut");
        assert_eq!(variant("MapRunStarted"), "MapRunStarted");
        assert_eq!(constant("LogGroup"), "LOG_GROUP");
    }
}
