//! ARNs: one type for each kind of resource that Step Functions names.
//!
//! An ARN is `arn:aws:states:REGION:ACCOUNT:TYPE:REST`. Each type here accepts its own resource types only and
//! refuses the others with AWS's words, so an operation's parameter is fully checked by parsing it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::name::{Name, is_name};

/// The most characters of the label that a Distributed Map gives to its part of an ARN.
pub const LABEL_CHARACTERS_MAX: usize = 40;

const ACCOUNT_DIGITS: usize = 12;

/// Whose resource it is: the account and region of an ARN.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The region, such as `us-east-1`.
    pub region: Arc<str>,
    /// The account: 12 digits.
    pub account: Arc<str>,
}

/// `stateMachine:NAME`: a state machine as it is created and changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateMachineArn {
    /// Account and region.
    pub scope: Scope,
    /// What it was called when it was created.
    pub name: Name,
}

/// `stateMachine:NAME:3`: a published version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionArn {
    /// The state machine it is a version of.
    pub state_machine: StateMachineArn,
    /// Its number; published ones count from 1.
    pub version: u64,
}

/// `stateMachine:NAME:PROD`: an alias that routes to one version or two.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasArn {
    /// The state machine whose versions it routes to.
    pub state_machine: StateMachineArn,
    /// The alias, which isn't a number.
    pub alias: Name,
}

/// `stateMachine:NAME/LABEL`: the part of a state machine that the children of one Distributed Map run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelledArn {
    /// The state machine that holds the Map.
    pub state_machine: StateMachineArn,
    /// The Map's label.
    pub label: Arc<str>,
}

/// Whatever may stand where an operation asks for a state machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AnyStateMachineArn {
    /// The state machine itself, as it is now.
    Unqualified(StateMachineArn),
    /// One of its versions.
    Version(VersionArn),
    /// One of its aliases.
    Alias(AliasArn),
    /// A Distributed Map in it.
    Labelled(LabelledArn),
}

/// `execution:NAME:EXECUTION` or `express:NAME:EXECUTION:UUID`, of a state machine or of a Map Run
/// (then `NAME/LABEL` stands for `NAME`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExecutionArn {
    /// The state machine that it runs.
    pub state_machine: StateMachineArn,
    /// The label of the Map whose child it is.
    pub label: Option<Arc<str>>,
    /// The execution's name, unique within its state machine (for Express: not even that).
    pub name: Name,
    /// Standard, or Express with what tells it from others of the same name.
    pub kind: ExecutionKind,
}

/// How an execution runs, as its ARN tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExecutionKind {
    /// Durable, exactly once.
    Standard,
    /// At least or at most once; `id` (a UUID) makes the ARN unique.
    Express {
        /// Drawn when the execution starts.
        id: Arc<str>,
    },
}

/// `mapRun:NAME/LABEL:UUID`: one run of a Distributed Map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MapRunArn {
    /// The state machine that holds the Map.
    pub state_machine: StateMachineArn,
    /// The Map's label.
    pub label: Arc<str>,
    /// Drawn when the run starts.
    pub id: Arc<str>,
}

/// `activity:NAME`: a queue of tasks for workers outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActivityArn {
    /// Account and region.
    pub scope: Scope,
    /// What it was called when it was created.
    pub name: Name,
}

/// A text that isn't the ARN that was asked for; prints as AWS's message for `InvalidArn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidArn {
    /// No ARN of this service at all: the whole text.
    Prefix(String),
    /// An ARN of something else: its resource type.
    ResourceType(String),
    /// The right type, but what follows names nothing: the whole text.
    Resource(String),
}

impl AnyStateMachineArn {
    /// The state machine that is meant, whatever part of it was named.
    pub fn state_machine(&self) -> &StateMachineArn {
        match self {
            Self::Unqualified(state_machine) => state_machine,
            Self::Version(arn) => &arn.state_machine,
            Self::Alias(arn) => &arn.state_machine,
            Self::Labelled(arn) => &arn.state_machine,
        }
    }
}

impl StateMachineArn {
    /// The ARN of its version `version`.
    pub fn version(&self, version: u64) -> VersionArn {
        VersionArn {
            state_machine: self.clone(),
            version,
        }
    }

    /// The ARN of its Standard execution called `name`.
    pub fn execution(&self, name: Name) -> ExecutionArn {
        ExecutionArn {
            state_machine: self.clone(),
            label: None,
            name,
            kind: ExecutionKind::Standard,
        }
    }

    /// The ARN of its Express execution called `name`, told from others of that name by `id`.
    pub fn express_execution(&self, name: Name, id: Arc<str>) -> ExecutionArn {
        ExecutionArn {
            state_machine: self.clone(),
            label: None,
            name,
            kind: ExecutionKind::Express { id },
        }
    }
}

impl AliasArn {
    /// Whether `text` may name an alias: letters of ASCII, digits, `_`, `-` and `.`, and not digits only.
    pub fn is_alias(text: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        is_name(text) && text.bytes().all(allowed) && !text.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// An ARN of Step Functions, cut at its colons.
struct Parts<'a> {
    text: &'a str,
    scope: Scope,
    resource_type: &'a str,
    resource: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, InvalidArn> {
        let prefix = || InvalidArn::Prefix(text.to_owned());
        let rest = text.strip_prefix("arn:aws:").ok_or_else(prefix)?;
        let mut parts = rest.splitn(5, ':');
        let mut next = || parts.next().ok_or_else(prefix);
        let (service, region, account, resource_type) = (next()?, next()?, next()?, next()?);
        let resource = parts.next().unwrap_or_default();
        if service != "states" {
            return Err(InvalidArn::ResourceType(resource_type.to_owned()));
        }
        if !is_region(region) || !is_account(account) {
            return Err(prefix());
        }
        let scope = Scope {
            region: Arc::from(region),
            account: Arc::from(account),
        };
        Ok(Self {
            text,
            scope,
            resource_type,
            resource,
        })
    }

    fn expect(self, resource_type: &str) -> Result<Self, InvalidArn> {
        if self.resource_type == resource_type {
            Ok(self)
        } else {
            Err(self.other_type())
        }
    }

    fn other_type(&self) -> InvalidArn {
        InvalidArn::ResourceType(self.resource_type.to_owned())
    }

    fn no_resource(&self) -> InvalidArn {
        InvalidArn::Resource(self.text.to_owned())
    }

    fn name(&self, text: &str) -> Result<Name, InvalidArn> {
        text.parse().map_err(|_| self.no_resource())
    }

    fn label(&self, text: &str) -> Result<Arc<str>, InvalidArn> {
        if is_name(text) && text.chars().count() <= LABEL_CHARACTERS_MAX {
            Ok(Arc::from(text))
        } else {
            Err(self.no_resource())
        }
    }

    fn state_machine(&self, name: &str) -> Result<StateMachineArn, InvalidArn> {
        Ok(StateMachineArn {
            scope: self.scope.clone(),
            name: self.name(name)?,
        })
    }

    /// Reads `NAME` or `NAME/LABEL`.
    fn machine_and_label(&self, text: &str) -> Result<(StateMachineArn, Option<Arc<str>>), InvalidArn> {
        match text.split_once('/') {
            None => Ok((self.state_machine(text)?, None)),
            Some((name, label)) => Ok((self.state_machine(name)?, Some(self.label(label)?))),
        }
    }
}

/// Cuts the test case off a state machine's ARN: Step Functions Local takes `ARN#TESTCASE` where an execution is to
/// get mocked responses. No name has a `#` in it.
pub fn test_case(text: &str) -> (&str, Option<&str>) {
    match text.split_once('#') {
        Some((arn, test_case)) => (arn, Some(test_case)),
        None => (text, None),
    }
}

/// The ARN of a state machine without the label of a Distributed Map in it: what is labelled is a part of the state
/// machine. No name has a `/` in it.
pub fn without_label(state_machine_arn: &str) -> &str {
    match state_machine_arn.split_once('/') {
        Some((arn, _)) => arn,
        None => state_machine_arn,
    }
}

/// Whether `text` is an account id: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` can be a region: lower-case letters, digits and hyphens.
pub fn is_region(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 32 && text.bytes().all(allowed)
}

impl FromStr for AnyStateMachineArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let parts = Parts::of(text)?.expect("stateMachine")?;
        let Some((name, qualifier)) = parts.resource.split_once(':') else {
            let (state_machine, label) = parts.machine_and_label(parts.resource)?;
            return Ok(match label {
                None => Self::Unqualified(state_machine),
                Some(label) => Self::Labelled(LabelledArn { state_machine, label }),
            });
        };
        let state_machine = parts.state_machine(name)?;
        if AliasArn::is_alias(qualifier) {
            let alias = parts.name(qualifier)?;
            return Ok(Self::Alias(AliasArn { state_machine, alias }));
        }
        let version = version_number(qualifier).ok_or_else(|| parts.no_resource())?;
        Ok(Self::Version(VersionArn {
            state_machine,
            version,
        }))
    }
}

/// Reads a version's number as it is printed: no sign, no leading zeros.
fn version_number(text: &str) -> Option<u64> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { text.parse().ok() } else { None }
}

/// The case of `AnyStateMachineArn` that a type is; the other cases are refused.
macro_rules! one_case {
    ($($arn:ty => $case:ident),*) => {$(
        impl FromStr for $arn {
            type Err = InvalidArn;

            fn from_str(text: &str) -> Result<Self, InvalidArn> {
                match text.parse()? {
                    AnyStateMachineArn::$case(arn) => Ok(arn),
                    _ => Err(InvalidArn::Resource(text.to_owned())),
                }
            }
        }
    )*};
}

one_case!(StateMachineArn => Unqualified, VersionArn => Version, AliasArn => Alias, LabelledArn => Labelled);

impl FromStr for ExecutionArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let parts = Parts::of(text)?;
        let express = match parts.resource_type {
            "execution" => false,
            "express" => true,
            _ => return Err(parts.other_type()),
        };
        let (machine, rest) = parts
            .resource
            .split_once(':')
            .ok_or_else(|| parts.no_resource())?;
        let (state_machine, label) = parts.machine_and_label(machine)?;
        if !express {
            let name = parts.name(rest)?;
            return Ok(Self {
                state_machine,
                label,
                name,
                kind: ExecutionKind::Standard,
            });
        }
        let (name, id) = rest.split_once(':').ok_or_else(|| parts.no_resource())?;
        let (name, id) = (parts.name(name)?, parts.name(id)?.text());
        Ok(Self {
            state_machine,
            label,
            name,
            kind: ExecutionKind::Express { id },
        })
    }
}

impl FromStr for MapRunArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let parts = Parts::of(text)?.expect("mapRun")?;
        let (machine, id) = parts
            .resource
            .split_once(':')
            .ok_or_else(|| parts.no_resource())?;
        let (state_machine, label) = parts.machine_and_label(machine)?;
        let label = label.ok_or_else(|| parts.no_resource())?;
        Ok(Self {
            state_machine,
            label,
            id: parts.name(id)?.text(),
        })
    }
}

impl FromStr for ActivityArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let parts = Parts::of(text)?.expect("activity")?;
        let name = parts.name(parts.resource)?;
        Ok(Self {
            scope: parts.scope,
            name,
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:states:{}:{}", self.region, self.account)
    }
}

impl fmt::Display for StateMachineArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:stateMachine:{}", self.scope, self.name)
    }
}

impl fmt::Display for VersionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.state_machine, self.version)
    }
}

impl fmt::Display for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.state_machine, self.alias)
    }
}

impl fmt::Display for LabelledArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.state_machine, self.label)
    }
}

impl fmt::Display for AnyStateMachineArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unqualified(arn) => arn.fmt(f),
            Self::Version(arn) => arn.fmt(f),
            Self::Alias(arn) => arn.fmt(f),
            Self::Labelled(arn) => arn.fmt(f),
        }
    }
}

impl fmt::Display for ExecutionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resource_type, id) = match &self.kind {
            ExecutionKind::Standard => ("execution", None),
            ExecutionKind::Express { id } => ("express", Some(id)),
        };
        write!(
            f,
            "{}:{resource_type}:{}",
            self.state_machine.scope, self.state_machine.name
        )?;
        if let Some(label) = &self.label {
            write!(f, "/{label}")?;
        }
        write!(f, ":{}", self.name)?;
        match id {
            None => Ok(()),
            Some(id) => write!(f, ":{id}"),
        }
    }
}

impl fmt::Display for MapRunArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StateMachineArn { scope, name } = &self.state_machine;
        write!(f, "{scope}:mapRun:{name}/{}:{}", self.label, self.id)
    }
}

impl fmt::Display for ActivityArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:activity:{}", self.scope, self.name)
    }
}

impl fmt::Display for InvalidArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(text) => write!(f, "Invalid Arn: 'Invalid ARN prefix: {text}'"),
            Self::ResourceType(name) => write!(
                f,
                "Invalid Arn: 'Resource type not valid in this context: {name}'"
            ),
            Self::Resource(text) => write!(f, "Invalid Arn: 'Invalid ARN resource: {text}'"),
        }
    }
}

impl std::error::Error for InvalidArn {}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = "arn:aws:states:eu-west-1:123456789012";

    fn round_trip<T: FromStr<Err = InvalidArn> + fmt::Display>(resource: &str) -> T {
        let text = format!("{SCOPE}:{resource}");
        let arn: T = text
            .parse()
            .unwrap_or_else(|refused: InvalidArn| panic!("{refused}"));
        assert_eq!(arn.to_string(), text);
        arn
    }

    #[test]
    fn every_kind_prints_what_it_was_parsed_from() {
        round_trip::<StateMachineArn>("stateMachine:Orders");
        round_trip::<VersionArn>("stateMachine:Orders:3");
        round_trip::<AliasArn>("stateMachine:Orders:PROD");
        round_trip::<LabelledArn>("stateMachine:Orders/Items");
        for any in ["Orders", "Orders:3", "Orders:PROD", "Orders/Items", "日本:v1.2"] {
            round_trip::<AnyStateMachineArn>(&format!("stateMachine:{any}"));
        }
        round_trip::<ExecutionArn>("execution:Orders:first");
        round_trip::<ExecutionArn>("execution:Orders/Items:0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1");
        round_trip::<ExecutionArn>("express:Orders:first:0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1");
        round_trip::<ExecutionArn>("express:Orders/Items:first:0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1");
        round_trip::<MapRunArn>("mapRun:Orders/Items:0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1");
        round_trip::<ActivityArn>("activity:approve");
    }

    #[test]
    fn account_and_region_are_part_of_the_arn() {
        let arn = round_trip::<ActivityArn>("activity:approve");
        assert_eq!(
            (&*arn.scope.region, &*arn.scope.account),
            ("eu-west-1", "123456789012")
        );
    }

    #[test]
    fn execution_knows_its_state_machine() {
        let arn = round_trip::<ExecutionArn>("express:Orders/Items:first:some-id");
        assert_eq!(
            arn.state_machine.to_string(),
            format!("{SCOPE}:stateMachine:Orders")
        );
        assert_eq!(arn.label.as_deref(), Some("Items"));
        assert_eq!(
            arn.kind,
            ExecutionKind::Express {
                id: Arc::from("some-id")
            }
        );
    }

    #[test]
    fn other_text_is_refused_with_aws_words() {
        for (text, message) in [
            ("invalid_arn", "Invalid Arn: 'Invalid ARN prefix: invalid_arn'"),
            ("", "Invalid Arn: 'Invalid ARN prefix: '"),
            (
                "arn:aws:states",
                "Invalid Arn: 'Invalid ARN prefix: arn:aws:states'",
            ),
        ] {
            assert_eq!(text.parse::<ExecutionArn>().unwrap_err().to_string(), message);
            assert_eq!(text.parse::<ActivityArn>().unwrap_err().to_string(), message);
            assert_eq!(
                text.parse::<AnyStateMachineArn>().unwrap_err().to_string(),
                message
            );
        }
    }

    #[test]
    fn resource_of_another_type_is_refused_with_aws_words() {
        let activity = format!("{SCOPE}:activity:approve");
        assert_eq!(
            activity.parse::<ExecutionArn>().unwrap_err().to_string(),
            "Invalid Arn: 'Resource type not valid in this context: activity'"
        );
        let machine = format!("{SCOPE}:stateMachine:Orders");
        assert_eq!(
            machine.parse::<ExecutionArn>().unwrap_err().to_string(),
            "Invalid Arn: 'Resource type not valid in this context: stateMachine'"
        );
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        assert_eq!(
            function.parse::<AnyStateMachineArn>().unwrap_err().to_string(),
            "Invalid Arn: 'Resource type not valid in this context: function'"
        );
    }

    #[test]
    fn malformed_resources_are_refused() {
        for resource in [
            "Orders:",
            ":3",
            "Orders:01",
            "Orders:+1",
            "Orders:1:2",
            "Orders/",
            "/Items",
            "a b",
            "Orders/I:1",
        ] {
            let text = format!("{SCOPE}:stateMachine:{resource}");
            assert_eq!(
                text.parse::<AnyStateMachineArn>(),
                Err(InvalidArn::Resource(text.clone())),
                "{text}"
            );
        }
        for resource in [
            "execution:Orders",
            "execution:Orders:a:b",
            "express:Orders:a",
            "express:Orders:a:b:c",
        ] {
            let text = format!("{SCOPE}:{resource}");
            assert_eq!(
                text.parse::<ExecutionArn>(),
                Err(InvalidArn::Resource(text.clone())),
                "{text}"
            );
        }
        let label = "l".repeat(LABEL_CHARACTERS_MAX + 1);
        assert!(
            format!("{SCOPE}:stateMachine:Orders/{label}")
                .parse::<LabelledArn>()
                .is_err()
        );
    }

    #[test]
    fn account_has_twelve_digits_and_region_is_lower_case() {
        for scope in [
            "states:us-east-1:1234",
            "states::123456789012",
            "states:US:123456789012",
            "states:a:12345678901x",
        ] {
            let text = format!("arn:aws:{scope}:activity:a");
            assert_eq!(text.parse::<ActivityArn>(), Err(InvalidArn::Prefix(text.clone())));
        }
    }

    #[test]
    fn alias_is_no_number() {
        assert!(AliasArn::is_alias("v1.2_-"));
        assert!(!AliasArn::is_alias("12"));
        assert!(!AliasArn::is_alias(""));
        assert!(!AliasArn::is_alias("ü"));
        assert!(!AliasArn::is_alias(&"a".repeat(81)));
    }
}
