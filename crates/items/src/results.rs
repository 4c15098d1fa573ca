//! Results: the files that a `ResultWriter` writes, and what its `WriterConfig` makes of results.
//!
//! Below the prefix each map run has a folder named after itself. In it, `SUCCEEDED_0.json` and its followers hold what
//! became of the executions that succeeded, `FAILED_0.json` of those that failed, timed out or were stopped, and
//! `PENDING_0.json` those that never began; `manifest.json` names them all.

use json::{Str, Value, json};

/// How large a file grows before the next one is begun.
pub const FILE_BYTES: usize = 16 << 20;

/// `WriterConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// `Transformation`.
    pub transformation: Transformation,
    /// `OutputType`.
    pub output_type: OutputType,
}

/// What becomes of the output of an execution that succeeded. Of others everything is told, as with `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transformation {
    /// It stands among all else that is known of the execution: the default for files.
    None,
    /// It stands alone: the default for the output of the state.
    Compact,
    /// It stands alone, and the elements of an array in its place.
    Flatten,
}

/// How results stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputType {
    /// In one JSON array.
    Json,
    /// Each on a line.
    JsonLines,
}

/// Which files tell of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// It succeeded.
    Succeeded,
    /// It failed, timed out or was stopped.
    Failed,
    /// It never began.
    Pending,
}

impl Transformation {
    /// What is written of an execution, given all that is known of it, and its output if it has succeeded: one value,
    /// or the elements of an array.
    fn apply(self, record: Value, output: Option<Value>) -> Vec<Value> {
        match (self, output) {
            (Self::None, _) | (_, None) => vec![record],
            (Self::Flatten, Some(Value::Array(elements))) => elements.to_vec(),
            (Self::Compact | Self::Flatten, Some(output)) => vec![output],
        }
    }
}

/// A file that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its key.
    pub key: String,
    /// What is in it.
    pub body: String,
}

/// The files of a map run. What it holds is at most a file of each group.
#[derive(Debug)]
pub struct Files {
    bucket: Str,
    map_run_arn: Str,
    folder: String,
    form: Form,
    file_bytes: usize,
    succeeded: Series,
    failed: Series,
    pending: Series,
}

/// The files of a group.
#[derive(Debug, Default)]
struct Series {
    /// The keys and sizes of those that are finished.
    finished: Vec<(String, usize)>,
    /// The one that grows.
    body: String,
}

impl Files {
    /// The files of a map run below a prefix, which may be empty.
    pub fn new(bucket: Str, prefix: &str, map_run_arn: Str, form: Form) -> Self {
        let id = map_run_arn.rsplit(':').next().unwrap_or_default();
        let folder = match prefix.strip_suffix('/').unwrap_or(prefix) {
            "" => id.to_owned(),
            prefix => format!("{prefix}/{id}"),
        };
        Self {
            bucket,
            map_run_arn,
            folder,
            form,
            file_bytes: FILE_BYTES,
            succeeded: Series::default(),
            failed: Series::default(),
            pending: Series::default(),
        }
    }

    /// The key of the manifest, by which the state's output tells where the files are.
    pub fn manifest_key(&self) -> String {
        format!("{}/manifest.json", self.folder)
    }

    /// Takes in an execution: all that is known of it, and its output if it has succeeded. Gives the file that is full
    /// with it.
    pub fn add(&mut self, group: Group, record: Value, output: Option<Value>) -> Option<File> {
        let values = self.form.transformation.apply(record, output);
        let is_lines = self.form.output_type == OutputType::JsonLines;
        let series = self.series(group);
        for value in values {
            match (is_lines, series.body.is_empty()) {
                (true, _) => {}
                (false, true) => series.body.push('['),
                (false, false) => series.body.push(','),
            }
            series.body.push_str(&value.to_text());
            if is_lines {
                series.body.push('\n');
            }
        }
        (self.series(group).body.len() >= self.file_bytes)
            .then(|| self.finish_file(group))
            .flatten()
    }

    /// The files that are not full, and the manifest as the last one.
    pub fn finish(mut self) -> Vec<File> {
        let groups = [Group::Succeeded, Group::Failed, Group::Pending];
        let mut files: Vec<File> = groups
            .into_iter()
            .filter_map(|group| self.finish_file(group))
            .collect();
        let named = |series: &Series| -> Value {
            let file = |(key, size): &(String, usize)| json!({"Key": key, "Size": size});
            Value::from(series.finished.iter().map(file).collect::<Vec<Value>>())
        };
        let manifest = Value::object([
            ("DestinationBucket", Value::from(self.bucket.clone())),
            ("MapRunArn", Value::from(self.map_run_arn.clone())),
            (
                "ResultFiles",
                Value::object([
                    ("FAILED", named(&self.failed)),
                    ("PENDING", named(&self.pending)),
                    ("SUCCEEDED", named(&self.succeeded)),
                ]),
            ),
        ]);
        files.push(File {
            key: self.manifest_key(),
            body: manifest.to_string(),
        });
        files
    }

    fn series(&mut self, group: Group) -> &mut Series {
        match group {
            Group::Succeeded => &mut self.succeeded,
            Group::Failed => &mut self.failed,
            Group::Pending => &mut self.pending,
        }
    }

    fn finish_file(&mut self, group: Group) -> Option<File> {
        let (name, folder) = (group.file_name(), self.folder.clone());
        let is_lines = self.form.output_type == OutputType::JsonLines;
        let series = self.series(group);
        if series.body.is_empty() {
            return None;
        }
        let mut body = std::mem::take(&mut series.body);
        if !is_lines {
            body.push(']');
        }
        let end = if is_lines { "jsonl" } else { "json" };
        let key = format!("{folder}/{name}_{}.{end}", series.finished.len());
        series.finished.push((key.clone(), body.len()));
        Some(File { key, body })
    }
}

impl Group {
    fn file_name(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Pending => "PENDING",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(transformation: Transformation, output_type: OutputType) -> Files {
        let form = Form {
            transformation,
            output_type,
        };
        Files::new("b".into(), "p", "arn:aws:states:r:1:mapRun:m/L:u-1".into(), form)
    }

    fn text(file: &File) -> (&str, &str) {
        (&file.key, &file.body)
    }

    #[test]
    fn each_group_has_its_files_and_the_manifest_names_them() {
        let mut files = files(Transformation::Compact, OutputType::Json);
        for (group, record, output) in [
            (Group::Succeeded, json!({"Name": "a"}), Some(json!({"a": 1}))),
            (Group::Failed, json!({"Name": "b"}), None),
            (Group::Succeeded, json!({"Name": "c"}), Some(json!([2]))),
            (Group::Pending, json!({"Name": "d"}), None),
        ] {
            assert_eq!(files.add(group, record, output), None);
        }
        assert_eq!(files.manifest_key(), "p/u-1/manifest.json");
        let manifest = concat!(
            r#"{"DestinationBucket":"b","MapRunArn":"arn:aws:states:r:1:mapRun:m/L:u-1","ResultFiles":{"#,
            r#""FAILED":[{"Key":"p/u-1/FAILED_0.json","Size":14}],"#,
            r#""PENDING":[{"Key":"p/u-1/PENDING_0.json","Size":14}],"#,
            r#""SUCCEEDED":[{"Key":"p/u-1/SUCCEEDED_0.json","Size":13}]}}"#
        );
        let expected = [
            ("p/u-1/SUCCEEDED_0.json", r#"[{"a":1},[2]]"#),
            ("p/u-1/FAILED_0.json", r#"[{"Name":"b"}]"#),
            ("p/u-1/PENDING_0.json", r#"[{"Name":"d"}]"#),
            ("p/u-1/manifest.json", manifest),
        ];
        assert_eq!(files.finish().iter().map(text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn outputs_are_transformed() {
        for (transformation, output_type, written) in [
            (
                Transformation::None,
                OutputType::Json,
                r#"[{"n":0},{"n":1},{"n":2}]"#,
            ),
            (
                Transformation::None,
                OutputType::JsonLines,
                "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n",
            ),
            (Transformation::Compact, OutputType::Json, "[[1,2],3,[]]"),
            (Transformation::Compact, OutputType::JsonLines, "[1,2]\n3\n[]\n"),
            (Transformation::Flatten, OutputType::Json, "[1,2,3]"),
            (Transformation::Flatten, OutputType::JsonLines, "1\n2\n3\n"),
        ] {
            let mut files = files(transformation, output_type);
            for (number, output) in [json!([1, 2]), json!(3), json!([])].into_iter().enumerate() {
                files.add(Group::Succeeded, json!({"n": number}), Some(output));
            }
            let files = files.finish();
            let end = if output_type == OutputType::Json {
                "json"
            } else {
                "jsonl"
            };
            assert_eq!(text(&files[0]), (&*format!("p/u-1/SUCCEEDED_0.{end}"), written));
        }
    }

    #[test]
    fn full_file_is_followed_by_another() {
        let mut files = files(Transformation::Compact, OutputType::Json);
        files.file_bytes = 4;
        let first = files
            .add(Group::Succeeded, Value::Null, Some(json!(123)))
            .unwrap();
        assert_eq!(text(&first), ("p/u-1/SUCCEEDED_0.json", "[123]"));
        assert_eq!(files.add(Group::Succeeded, Value::Null, Some(json!(4))), None);
        let rest = files.finish();
        assert_eq!(text(&rest[0]), ("p/u-1/SUCCEEDED_1.json", "[4]"));
        assert_eq!(rest.len(), 2);
    }

    #[test]
    fn run_without_executions_has_only_a_manifest() {
        let form = Form {
            transformation: Transformation::None,
            output_type: OutputType::Json,
        };
        let files = Files::new("b".into(), "", "arn:aws:states:r:1:mapRun:m/L:u-1".into(), form).finish();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].key, "u-1/manifest.json");
        assert!(
            text(&files[0])
                .1
                .ends_with(r#"{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}}"#)
        );
    }
}
