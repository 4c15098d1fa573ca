//! Profiles: the files that AWS's own tools share, `~/.aws/config` and `~/.aws/credentials`.

use std::collections::BTreeMap;

/// A section's settings by name. A nested one is named after the setting it stands below: `s3.endpoint_url`.
pub(crate) type Section = BTreeMap<String, String>;

/// The sections of both files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profiles {
    profiles: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
    sessions: BTreeMap<String, Section>,
}

impl Profiles {
    /// Reads both texts; what one of them says of credentials wins in the second.
    pub(crate) fn parse(config: &str, credentials: &str) -> Self {
        let mut profiles = Self::default();
        for (name, section) in sections(config) {
            let others = [
                ("services ", &mut profiles.services),
                ("sso-session ", &mut profiles.sessions),
            ];
            let other = others
                .into_iter()
                .find_map(|(kind, sections)| Some((name.strip_prefix(kind)?, sections)));
            if let Some((name, sections)) = other {
                sections
                    .entry(name.trim().to_owned())
                    .or_default()
                    .extend(section);
                continue;
            }
            let named = name.strip_prefix("profile ").map(str::trim);
            if let Some(name) = named.or((name == "default").then_some("default")) {
                profiles
                    .profiles
                    .entry(name.to_owned())
                    .or_default()
                    .extend(section);
            }
        }
        for (name, section) in sections(credentials) {
            profiles.profiles.entry(name).or_default().extend(section);
        }
        profiles
    }

    /// A profile's settings.
    pub(crate) fn get(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    /// The settings of an SSO session.
    pub(crate) fn session(&self, name: &str) -> Option<&Section> {
        self.sessions.get(name)
    }

    /// The endpoint that a profile has for a service, by the service's id in lower case with underscores, or for all.
    pub(crate) fn endpoint(&self, profile: &str, service: &str) -> Option<&str> {
        let profile = self.get(profile)?;
        let services = profile.get("services").and_then(|name| self.services.get(name));
        let own = services.and_then(|section| section.get(&format!("{service}.endpoint_url")));
        own.or_else(|| profile.get("endpoint_url")).map(String::as_str)
    }
}

fn sections(text: &str) -> Vec<(String, Section)> {
    let mut sections: Vec<(String, Section)> = Vec::new();
    let mut above = String::new();
    for line in text.lines() {
        let plain = line.trim();
        if plain.is_empty() || plain.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = plain.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            sections.push((name, Section::new()));
            continue;
        }
        let Some(((_, section), (name, value))) = sections.last_mut().zip(plain.split_once('=')) else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        let value = value.split(" #").next().unwrap_or_default().trim_end();
        let is_nested = line.starts_with([' ', '\t']) && !above.is_empty();
        if is_nested {
            section.insert(format!("{above}.{name}"), value.to_owned());
        } else {
            above = if value.is_empty() {
                name.to_owned()
            } else {
                String::new()
            };
            section.insert(name.to_owned(), value.to_owned());
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
# comment
[default]
region = eu-west-1

[profile  dev]
role_arn = arn:aws:iam::1:role/r  # who we are
source_profile=default
services = local
endpoint_url = http://all

[services local]
s3 =
  endpoint_url = http://s3
  other = x
dynamodb =
  endpoint_url = http://dynamodb

[sso-session x]
a = b
";

    #[test]
    fn profiles_and_their_services_are_read() {
        let profiles = Profiles::parse(
            CONFIG,
            "[default]\naws_access_key_id = A\n[other]\naws_access_key_id=B",
        );
        let default = profiles.get("default").unwrap();
        assert_eq!(
            (&*default["region"], &*default["aws_access_key_id"]),
            ("eu-west-1", "A")
        );
        assert_eq!(profiles.get("dev").unwrap()["role_arn"], "arn:aws:iam::1:role/r");
        assert_eq!(profiles.get("other").unwrap()["aws_access_key_id"], "B");
        assert_eq!(profiles.endpoint("dev", "s3"), Some("http://s3"));
        assert_eq!(profiles.endpoint("dev", "sqs"), Some("http://all"));
        assert_eq!(profiles.endpoint("default", "s3"), None);
        assert!(profiles.get("x").is_none());
    }

    #[test]
    fn nonsense_is_passed_over() {
        let profiles = Profiles::parse("a = b\n[default\nx\n = \n[]\n=", "\u{0}");
        assert!(profiles.get("dev").is_none());
    }
}
