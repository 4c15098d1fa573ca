//! Query: form parameters, as the query and EC2 protocols have them.

use json::Value;

use crate::facts::{Kind, List, Map, Member, Protocol, Service, ShapeId, TimestampFormat};
use crate::wire::naming::{Naming, below, entries, items};
use crate::wire::request::BadParameter;
use crate::wire::scalar;

/// Adds the parameters of a request to its form.
pub(crate) struct Form<'a> {
    pub(crate) service: &'a Service,
    pub(crate) naming: Naming,
    pub(crate) pairs: Vec<(String, String)>,
}

impl Form<'_> {
    /// Adds members, their names after `prefix`.
    pub(crate) fn members(
        &mut self,
        members: &[(&Member, &Value)],
        prefix: &str,
        at: &str,
    ) -> Result<(), BadParameter> {
        for (member, value) in members {
            let prefix = below(prefix, &self.member_name(member));
            let at = below(at, self.naming.name(member));
            self.value(member.shape, member.is_flattened, value, &prefix, &at)?;
        }
        Ok(())
    }

    fn member_name(&self, member: &Member) -> String {
        if self.service.protocol != Protocol::Ec2 {
            return member.wire_name.to_string();
        }
        match &member.query_name {
            Some(name) => name.to_string(),
            None if member.wire_name == member.name => member.name.to_string(),
            None => {
                let mut characters = member.wire_name.chars();
                let first = characters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(characters).collect()
            }
        }
    }

    fn value(
        &mut self,
        shape: ShapeId,
        is_flattened: bool,
        value: &Value,
        prefix: &str,
        at: &str,
    ) -> Result<(), BadParameter> {
        let service = self.service;
        match &service.shape(shape).kind {
            Kind::Structure(structure) => {
                let members = self.naming.members(structure, value, at)?;
                self.members(&members, prefix, at)
            }
            Kind::List(list) => self.list(list, is_flattened, value, prefix, at),
            Kind::Map(map) => self.map(map, is_flattened, value, prefix, at),
            kind => {
                let text = scalar::scalar_text(kind, value, TimestampFormat::Iso8601, at)?;
                self.pairs.push((prefix.to_owned(), text));
                Ok(())
            }
        }
    }

    fn list(
        &mut self,
        list: &List,
        is_flattened: bool,
        value: &Value,
        prefix: &str,
        at: &str,
    ) -> Result<(), BadParameter> {
        let items = items(value, at)?;
        let is_ec2 = self.service.protocol == Protocol::Ec2;
        if items.is_empty() && !is_ec2 {
            self.pairs.push((prefix.to_owned(), String::new()));
        }
        let prefix = match &list.item_name {
            _ if is_ec2 => prefix.to_owned(),
            // The items' name takes the place of the list's.
            Some(name) if is_flattened || list.is_flattened => {
                below(prefix.rsplit_once('.').map_or("", |(before, _)| before), name)
            }
            None if is_flattened || list.is_flattened => prefix.to_owned(),
            Some(name) => format!("{prefix}.{name}"),
            None => format!("{prefix}.member"),
        };
        for (index, item) in items.iter().enumerate() {
            let prefix = format!("{prefix}.{}", index + 1);
            self.value(list.item, false, item, &prefix, &format!("{at}[{index}]"))?;
        }
        Ok(())
    }

    fn map(
        &mut self,
        map: &Map,
        is_flattened: bool,
        value: &Value,
        prefix: &str,
        at: &str,
    ) -> Result<(), BadParameter> {
        let entries = entries(value, at)?;
        let entry = if is_flattened || map.is_flattened {
            ""
        } else {
            ".entry"
        };
        for (index, (name, value)) in entries.iter().enumerate() {
            let prefix = format!("{prefix}{entry}.{}", index + 1);
            let key_name = map.key_name.as_deref().unwrap_or("key");
            let value_name = map.value_name.as_deref().unwrap_or("value");
            self.pairs
                .push((format!("{prefix}.{key_name}"), name.to_string()));
            self.value(
                map.value,
                false,
                value,
                &format!("{prefix}.{value_name}"),
                &below(at, name),
            )?;
        }
        Ok(())
    }
}
