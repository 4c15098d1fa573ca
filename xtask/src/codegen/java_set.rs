//! Java set: the order in which AWS lists the values of an enum.
//!
//! Its messages print a hash set: a trie over the strings' Java hash codes, five bits a level, lowest first.
//! The order was worked out from recorded messages of several services and agrees with all of them.

/// Sorts `values` as AWS prints them.
pub(super) fn order(values: &[String]) -> Vec<&str> {
    let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.sort_by_key(|value| levels(hash_code(value)));
    values
}

/// `String.hashCode` of Java.
fn hash_code(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    })
}

fn levels(hash: u32) -> [u32; 7] {
    std::array::from_fn(|level| hash >> (5 * level) & 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execution_status_is_listed_as_aws_does() {
        let model = [
            "RUNNING",
            "SUCCEEDED",
            "FAILED",
            "TIMED_OUT",
            "ABORTED",
            "PENDING_REDRIVE",
        ]
        .map(str::to_owned);
        assert_eq!(
            order(&model),
            [
                "SUCCEEDED",
                "TIMED_OUT",
                "PENDING_REDRIVE",
                "ABORTED",
                "FAILED",
                "RUNNING"
            ]
        );
    }
}
