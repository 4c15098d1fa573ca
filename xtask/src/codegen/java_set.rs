//! Java set: the order in which AWS lists the values of an enum.
//!
//! Its messages print a hash table of 32 chains, chosen by the lowest bits of the strings' Java hash codes; what
//! comes later in the model stands first in its chain. The order was worked out from messages of Step Functions,
//! DynamoDB and Lambda, and agrees with all of them.

const CHAINS: u32 = 32;

/// Sorts `values`, which are in the model's order, as AWS prints them.
pub(super) fn order(values: &[String]) -> Vec<&str> {
    let mut values: Vec<&str> = values.iter().rev().map(String::as_str).collect();
    values.sort_by_key(|value| hash_code(value) % CHAINS);
    values
}

/// `String.hashCode` of Java.
fn hash_code(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    })
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

    #[test]
    fn return_value_of_dynamodb_is_listed_as_aws_does() {
        let model = ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"].map(str::to_owned);
        assert_eq!(
            order(&model),
            ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]
        );
    }

    #[test]
    fn later_value_stands_first_in_its_chain() {
        let model = ["nodejs6.10", "java11", "python3.9", "dotnetcore2.1", "dotnet6"].map(str::to_owned);
        assert_eq!(
            order(&model),
            ["dotnet6", "dotnetcore2.1", "python3.9", "java11", "nodejs6.10"]
        );
    }
}
