//! What is known of an execution from its start, without what its ARN says already.

use engine::Millis;
use json::Str;
use serde::{Deserialize, Serialize};

use crate::codec::Damage;
use crate::map_run::MapSeat;
use crate::record::{Created, Parent};

const VERSION: u8 = 1;

/// Stored by position: never changed; a new layout is a new version.
#[derive(Serialize, Deserialize)]
struct CreatedV1 {
    arn: Str,
    /// None where the ARN ends with it.
    name: Option<Str>,
    /// None where the ARN says it.
    machine_arn: Option<Str>,
    revision: Str,
    version_arn: Option<Str>,
    alias_arn: Option<Str>,
    map_run_arn: Option<Str>,
    map_seat: Option<MapSeat>,
    started: Millis,
    parent: Option<Parent>,
    trace_header: Option<Str>,
    test_case: Option<Str>,
}

/// The bytes of a record.
pub(crate) fn encode_created(created: &Created) -> Vec<u8> {
    let Created {
        arn,
        name,
        machine_arn,
        revision,
        version_arn,
        alias_arn,
        map_run_arn,
        map_seat,
        started,
        parent,
        trace_header,
        test_case,
    } = created.clone();
    let (said_machine, said_name) = said(&arn).unwrap_or_default();
    let stored = CreatedV1 {
        name: (*name != *said_name).then_some(name),
        machine_arn: (*machine_arn != *said_machine).then_some(machine_arn),
        arn,
        revision,
        version_arn,
        alias_arn,
        map_run_arn,
        map_seat,
        started,
        parent,
        trace_header,
        test_case,
    };
    postcard::to_extend(&stored, vec![VERSION]).expect("writing to memory can't fail")
}

/// The record in such bytes.
pub(crate) fn decode_created(bytes: &[u8]) -> Result<Created, Damage> {
    let Some((&VERSION, rest)) = bytes.split_first() else {
        return Err("its record has an unknown format".to_owned());
    };
    let (stored, left) = postcard::take_from_bytes::<CreatedV1>(rest).map_err(|error| error.to_string())?;
    if !left.is_empty() {
        return Err("bytes are left over after its record".to_owned());
    }
    let CreatedV1 {
        arn,
        name,
        machine_arn,
        revision,
        version_arn,
        alias_arn,
        map_run_arn,
        map_seat,
        started,
        parent,
        trace_header,
        test_case,
    } = stored;
    let (said_machine, said_name) = said(&arn).unwrap_or_default();
    Ok(Created {
        name: name.unwrap_or_else(|| said_name.into()),
        machine_arn: machine_arn.unwrap_or_else(|| said_machine.into()),
        arn,
        revision,
        version_arn,
        alias_arn,
        map_run_arn,
        map_seat,
        started,
        parent,
        trace_header,
        test_case,
    })
}

/// The state machine's ARN and the name that an execution's ARN says.
fn said(arn: &str) -> Option<(String, &str)> {
    let (machine, name) = arn.rsplit_once(':')?;
    let (before, after) = machine.split_once(":execution:")?;
    Some((format!("{before}:stateMachine:{after}"), name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ExecId;

    fn created(arn: &str, name: &str, machine_arn: &str) -> Created {
        Created {
            arn: arn.into(),
            name: name.into(),
            machine_arn: machine_arn.into(),
            revision: "".into(),
            version_arn: None,
            alias_arn: None,
            map_run_arn: None,
            map_seat: None,
            started: Millis(1_700_000_000_123),
            parent: Some(Parent {
                id: ExecId(9),
                branch: engine::BranchId(3),
                event: 12,
            }),
            trace_header: None,
            test_case: None,
        }
    }

    #[test]
    fn records_come_back_as_they_were() {
        for (arn, name, machine_arn) in [
            (
                "arn:aws:states:r:0:execution:M:e",
                "e",
                "arn:aws:states:r:0:stateMachine:M",
            ),
            (
                "arn:aws:states:r:0:execution:M/L:e",
                "e",
                "arn:aws:states:r:0:stateMachine:M/L",
            ),
            (
                "arn:aws:states:r:0:express:M:e:uuid",
                "e",
                "arn:aws:states:r:0:stateMachine:M",
            ),
            ("", "e", "m"),
            (":", "", ""),
        ] {
            let created = created(arn, name, machine_arn);
            let tested = Created {
                test_case: Some("HappyPath".into()),
                ..created.clone()
            };
            assert_eq!(decode_created(&encode_created(&created)), Ok(created));
            assert_eq!(decode_created(&encode_created(&tested)), Ok(tested));
        }
    }

    #[test]
    fn what_the_arn_says_is_not_stored_again() {
        let arn = "arn:aws:states:us-east-1:000000000000:execution:Orders:4711";
        let created = created(
            arn,
            "4711",
            "arn:aws:states:us-east-1:000000000000:stateMachine:Orders",
        );
        assert!(encode_created(&created).len() < arn.len() + 24);
    }

    #[test]
    fn damage_is_noticed() {
        let bytes = encode_created(&created("a", "b", "c"));
        assert!(decode_created(&[]).is_err());
        assert!(decode_created(&[2]).is_err());
        assert!(decode_created(&bytes[..bytes.len() - 1]).is_err());
        assert!(decode_created(&[&bytes[..], &[0]].concat()).is_err());
    }
}
