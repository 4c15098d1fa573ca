//! Canonical: the text about a request that is signed.

use crate::uri;

/// How a path stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Without empty parts and dots, and encoded once more.
    Normalised,
    /// As it is sent, which is S3's way.
    AsSent,
}

/// The parts of the text.
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a> {
    /// The method.
    pub method: &'a str,
    /// The path as it is sent.
    pub path: &'a str,
    /// What becomes of it.
    pub path_as: Path,
    /// The parameters, encoded as [`uri::encode`] does, in any order.
    pub query: &'a [(String, String)],
    /// The lines of the headers that are signed, in order, each with its end.
    pub headers: &'a str,
    /// Their names.
    pub names: &'a str,
    /// The hash of the body, or what stands for it.
    pub body: &'a str,
}

impl Canonical<'_> {
    /// The text.
    pub fn text(&self) -> String {
        [
            self.method,
            &self.path(),
            &self.query(),
            self.headers,
            self.names,
            self.body,
        ]
        .join("\n")
    }

    fn path(&self) -> String {
        if self.path_as == Path::AsSent {
            return self.path.to_owned();
        }
        let mut segments: Vec<&str> = Vec::new();
        for segment in self.path.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                _ => segments.push(segment),
            }
        }
        let end = if self.path.ends_with('/') && !segments.is_empty() {
            "/"
        } else {
            ""
        };
        uri::encode_path(&format!("/{}{end}", segments.join("/")))
    }

    fn query(&self) -> String {
        let mut pairs: Vec<&(String, String)> = self.query.iter().collect();
        pairs.sort();
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }
}

/// The lines of headers, each with its end, and their names. Those of one name become one line.
pub fn canonical_headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> (String, String) {
    let mut signed: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        match signed.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => signed.push((name, value)),
        }
    }
    signed.sort();
    let lines = signed
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let names: Vec<&str> = signed.iter().map(|(name, _)| name.as_str()).collect();
    (lines, names.join(";"))
}
