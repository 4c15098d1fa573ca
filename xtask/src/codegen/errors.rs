//! Errors: their codes and a constructor for each.

use std::fmt::Write;

use crate::codegen::model::Model;
use crate::codegen::names::snake;

pub(super) fn source(model: &Model) -> String {
    let [
        mut variants,
        mut names,
        mut namespaces,
        mut statuses,
        mut constructors,
    ] = [const { String::new() }; 5];
    for error in &model.errors {
        let variant = &error.variant;
        let _ = write!(
            variants,
            "/// `{}` of `{}`.\n{variant},\n",
            error.name, error.namespace
        );
        let _ = writeln!(names, "Self::{variant} => \"{}\",", error.name);
        if error.namespace != model.error_namespace && error.namespace != model.framework_namespace {
            let _ = writeln!(namespaces, "Self::{variant} => \"{}\",", error.namespace);
        }
        if error.status != 400 {
            let _ = writeln!(statuses, "Self::{variant} => {},", error.status);
        }
        let _ = write!(
            constructors,
            "/// `{}` of `{}`.\n\
             pub fn {}(message: impl Into<String>) -> Self {{\nSelf::new(ErrorCode::{variant}, message)\n}}\n\n",
            error.name,
            error.namespace,
            snake(variant),
        );
    }
    let framework = model
        .errors
        .iter()
        .filter(|error| error.namespace == model.framework_namespace);
    let framework: Vec<String> = framework
        .map(|error| format!("Self::{}", error.variant))
        .collect();
    let _ = writeln!(
        namespaces,
        "{} => \"{}\",",
        framework.join(" | "),
        model.framework_namespace
    );
    format!(
        "//! Errors: their codes and a constructor for each.\n\n\
         use crate::ApiError;\n\n\
         /// The code of an error, modelled or of the framework that AWS's services run in.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n\
         pub enum ErrorCode {{\n{variants}}}\n\n\
         impl ErrorCode {{\n\
         /// The code as clients know it.\n\
         pub const fn name(self) -> &'static str {{\nmatch self {{\n{names}}}\n}}\n\n\
         /// What AWS writes in front of the code.\n\
         pub const fn namespace(self) -> &'static str {{\nmatch self {{\n{namespaces}_ => \"{}\",\n}}\n}}\n\n\
         /// The HTTP status it is answered with.\n\
         pub const fn status(self) -> u16 {{\nmatch self {{\n{statuses}_ => 400,\n}}\n}}\n}}\n\n\
         impl ApiError {{\n{constructors}}}\n",
        model.error_namespace,
    )
}
