//! Model: the facts about the API, as typed data.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Everything the model file says that code is generated from.
pub(super) struct Model {
    pub(super) target_prefix: String,
    pub(super) error_namespace: String,
    pub(super) framework_namespace: String,
    pub(super) validation_reasons: Vec<String>,
    pub(super) errors: Vec<ErrorFact>,
    pub(super) operations: Vec<OperationFact>,
    /// Every event type with the member that holds its details.
    pub(super) events: Vec<(String, Option<String>)>,
    pub(super) shapes: BTreeMap<String, Shape>,
}

pub(super) struct ErrorFact {
    pub(super) variant: String,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) status: u64,
}

pub(super) struct OperationFact {
    pub(super) name: String,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) errors: Vec<String>,
    pub(super) host_prefix: String,
    /// Bucket and refill per second, in the large regions and in the others.
    pub(super) rates: Option<[(u64, u64); 2]>,
}

pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) pattern: Option<String>,
    pub(super) sensitive: bool,
}

pub(super) enum Kind {
    Text,
    /// Data, whose length counts in bytes and is a quota.
    Payload,
    /// A definition, whose length is a quota.
    Definition,
    Enum(Vec<String>),
    Integer,
    Long,
    Float,
    Boolean,
    Timestamp,
    List(String),
    Map(String, String),
    Structure(Vec<Member>),
    /// A structure of which at most one further member is there: its name and shape.
    History(Vec<Member>, Vec<(String, String)>),
}

pub(super) struct Member {
    pub(super) name: String,
    pub(super) shape: String,
    pub(super) required: bool,
}

impl Model {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let model: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let error_namespace = string(&model["errorNamespace"])?;
        let framework_namespace = string(&model["frameworkNamespace"])?;
        let mut errors = Vec::new();
        for (section, namespace) in [
            ("errors", &error_namespace),
            ("frameworkErrors", &framework_namespace),
        ] {
            for (variant, fact) in object(&model[section])? {
                errors.push(ErrorFact {
                    variant: variant.clone(),
                    name: fact["name"].as_str().unwrap_or(variant).to_owned(),
                    namespace: fact["namespace"].as_str().unwrap_or(namespace).to_owned(),
                    status: fact["status"].as_u64().unwrap_or(400),
                });
            }
        }
        let mut operations = Vec::new();
        for (name, fact) in object(&model["operations"])? {
            operations.push(OperationFact {
                name: name.clone(),
                input: string(&fact["input"])?,
                output: string(&fact["output"])?,
                errors: strings(&fact["errors"])?,
                host_prefix: fact["hostPrefix"].as_str().unwrap_or_default().to_owned(),
                rates: rate(&fact["throttle"]["largeRegions"])
                    .zip(rate(&fact["throttle"]["otherRegions"]))
                    .map(<[_; 2]>::from),
            });
        }
        let events = object(&model["historyEventDetails"])?.iter();
        let mut shapes = BTreeMap::new();
        for (name, fact) in object(&model["shapes"])? {
            shapes.insert(
                name.clone(),
                Shape::parse(fact).map_err(|error| format!("{name}: {error}"))?,
            );
        }
        Ok(Self {
            target_prefix: string(&model["service"]["targetPrefix"])?,
            error_namespace,
            framework_namespace,
            validation_reasons: strings(&model["validationExceptionReasons"])?,
            errors,
            operations,
            events: events
                .map(|(name, member)| (name.clone(), member.as_str().map(str::to_owned)))
                .collect(),
            shapes,
        })
    }

    pub(super) fn shape(&self, name: &str) -> &Shape {
        self.shapes
            .get(name)
            .unwrap_or_else(|| panic!("the model has no shape {name}"))
    }

    /// The shapes that requests are made of, the requests themselves included.
    pub(super) fn shapes_of_requests(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = self
            .operations
            .iter()
            .map(|operation| operation.input.as_str())
            .collect();
        while let Some(name) = open.pop() {
            if !found.insert(name) {
                continue;
            }
            match &self.shape(name).kind {
                Kind::Structure(members) => open.extend(members.iter().map(|member| member.shape.as_str())),
                Kind::List(item) => open.push(item),
                _ => {}
            }
        }
        found
    }
}

impl Shape {
    fn parse(fact: &Value) -> Result<Self, String> {
        let kind = match string(&fact["type"])?.as_str() {
            "string" if fact["enum"].is_array() => Kind::Enum(strings(&fact["enum"])?),
            "string" if fact["unit"] == "bytes" => Kind::Payload,
            "string" if fact["quota"] == "definition" => Kind::Definition,
            "string" => Kind::Text,
            "integer" => Kind::Integer,
            "long" => Kind::Long,
            "float" => Kind::Float,
            "boolean" => Kind::Boolean,
            "timestamp" => Kind::Timestamp,
            "list" => Kind::List(string(&fact["member"])?),
            "map" => Kind::Map(string(&fact["key"])?, string(&fact["value"])?),
            "structure" => {
                let members = object(&fact["members"])?;
                let members = members
                    .iter()
                    .map(|(name, fact)| Member::parse(name, fact))
                    .collect::<Result<_, _>>()?;
                match fact["oneOf"].as_object() {
                    None => Kind::Structure(members),
                    Some(details) => {
                        let details = details
                            .iter()
                            .map(|(name, shape)| Ok((name.clone(), string(shape)?)));
                        Kind::History(members, details.collect::<Result<_, String>>()?)
                    }
                }
            }
            other => return Err(format!("unknown type {other}")),
        };
        Ok(Self {
            kind,
            min: fact["min"].as_i64(),
            max: fact["max"].as_i64(),
            pattern: fact["pattern"].as_str().map(str::to_owned),
            sensitive: fact["sensitive"].as_bool().unwrap_or_default(),
        })
    }
}

impl Member {
    fn parse(name: &str, fact: &Value) -> Result<Self, String> {
        Ok(Self {
            name: name.to_owned(),
            shape: string(&fact["shape"])?,
            required: fact["required"].as_bool().unwrap_or_default(),
        })
    }
}

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("no object: {value}"))
}

fn string(value: &Value) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("no string: {value}"))
}

fn strings(value: &Value) -> Result<Vec<String>, String> {
    let values = value.as_array().ok_or_else(|| format!("no list: {value}"))?;
    values.iter().map(string).collect()
}

fn rate(fact: &Value) -> Option<(u64, u64)> {
    Some((fact[0].as_u64()?, fact[1].as_u64()?))
}
