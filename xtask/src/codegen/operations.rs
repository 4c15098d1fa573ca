//! Operations: the trait a server implements, and how a request finds its method.

use std::fmt::Write;

use crate::codegen::imports;
use crate::codegen::model::Model;
use crate::codegen::names::snake;

pub(super) fn source(model: &Model) -> String {
    let [
        mut variants,
        mut all,
        mut names,
        mut targets,
        mut prefixes,
        mut errors,
        mut rates,
        mut methods,
        mut arms,
    ] = [const { String::new() }; 9];
    for operation in &model.operations {
        let (name, method) = (&operation.name, snake(&operation.name));
        let (input, output) = (&operation.input, &operation.output);
        let _ = write!(variants, "/// `{name}`.\n{name},\n");
        let _ = write!(all, "Self::{name}, ");
        let _ = writeln!(names, "Self::{name} => \"{name}\",");
        let _ = writeln!(targets, "\"{name}\" => Self::{name},");
        if !operation.host_prefix.is_empty() {
            let _ = writeln!(prefixes, "Self::{name} => \"{}\",", operation.host_prefix);
        }
        if let Some([large, other]) = operation.rates {
            let _ = writeln!(rates, "Self::{name} => [{large:?}, {other:?}],");
        }
        let codes: Vec<String> = operation
            .errors
            .iter()
            .map(|code| format!("ErrorCode::{code}"))
            .collect();
        let _ = writeln!(errors, "Self::{name} => &[{}],", codes.join(", "));
        let _ = write!(
            methods,
            "/// `{name}`.\n\
             fn {method}(&self, _caller: &Caller, _request: {input}) \
             -> impl Future<Output = Result<{output}, ApiError>> + Send {{\n\
             ready(Err(ApiError::no_such_operation()))\n}}\n\n"
        );
        let _ = writeln!(
            arms,
            "Operation::{name} => match permitted(service, caller, operation, body, &limits).await {{\n\
             Ok(request) => Response::of(service.{method}(caller, request).await),\n\
             Err(error) => Response::from(error),\n}},"
        );
    }
    let imports = imports::of(model, &methods, "operations");
    format!(
        "//! Operations: the trait a server implements, and how a request finds its method.\n\n\
         use std::fmt;\nuse std::future::{{Future, ready}};\n\n\
         {imports}use crate::generated::errors::ErrorCode;\n\
         use crate::permission::{{Permission, permitted}};\n\
         use crate::wire::Response;\nuse crate::{{ApiError, Caller, Limits}};\n\n\
         /// One of the operations of the API.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n\
         pub enum Operation {{\n{variants}}}\n\n\
         impl Operation {{\n\
         /// Every operation, by name.\n\
         pub const ALL: [Self; {count}] = [{all}];\n\n\
         /// The operation that an `X-Amz-Target` header names, such as `{prefix}.StartExecution`.\n\
         pub fn from_target(target: &str) -> Option<Self> {{\n\
         let name = target.strip_prefix(\"{prefix}.\")?;\n\
         Some(match name {{\n{targets}_ => return None,\n}})\n}}\n\n\
         /// Its name.\n\
         pub const fn name(self) -> &'static str {{\nmatch self {{\n{names}}}\n}}\n\n\
         /// What clients put in front of the host's name; empty for most operations.\n\
         pub const fn host_prefix(self) -> &'static str {{\nmatch self {{\n{prefixes}_ => \"\",\n}}\n}}\n\n\
         /// How often AWS lets an account call it: a bucket's size and what is added to it each second, in the\n\
         /// three large regions and in the others. Nothing where AWS names no rate.\n\
         pub const fn rates(self) -> Option<[(u32, u32); 2]> {{\nSome(match self {{\n{rates}_ => return None,\n}})\n}}\n\n\
         /// The errors that the model gives it.\n\
         pub const fn errors(self) -> &'static [ErrorCode] {{\nmatch self {{\n{errors}}}\n}}\n}}\n\n\
         impl fmt::Display for Operation {{\n\
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\nf.pad(self.name())\n}}\n}}\n\n\
         /// What a server does, one method per operation.\n///\n\
         /// An operation that isn't written answers `UnknownOperationException`. A request has passed the\n\
         /// constraints of the model when it gets here; what the text of a member means is up to the method.\n\
         pub trait StepFunctions: Send + Sync {{\n\
         /// Whether a call may be answered now; an error is answered in its place, before the request is read.\n\
         fn admit(&self, _operation: Operation, _caller: &Caller) -> Result<(), ApiError> {{\nOk(())\n}}\n\n\
         /// Whether the caller may ask this; an error is answered in its place, before the operation looks at it.\n\
         fn permit<T: Permission + Sync>(\n&self,\n_caller: &Caller,\n_operation: Operation,\n_request: &T,\n\
         ) -> impl Future<Output = Result<(), ApiError>> + Send {{\nready(Ok(()))\n}}\n\n\
         /// How much requests may carry.\n\
         fn limits(&self) -> Limits {{\nLimits::AWS\n}}\n\n\
         /// Whether the service can do its work now; else why not, for whoever runs it.\n\
         fn health(&self) -> impl Future<Output = Result<(), String>> + Send {{\nready(Ok(()))\n}}\n\n\
         {methods}}}\n\n\
         /// Decodes the request, has `service` answer it and encodes the answer.\n///\n\
         /// `target` is the value of the `X-Amz-Target` header.\n\
         pub async fn dispatch<S: StepFunctions>(service: &S, caller: &Caller, target: &str, body: &[u8]) -> Response {{\n\
         let Some(operation) = Operation::from_target(target) else {{\n\
         return Response::from(ApiError::no_such_operation());\n}};\n\
         if let Err(refused) = service.admit(operation, caller) {{\nreturn Response::from(refused);\n}}\n\
         let limits = service.limits();\n\
         match operation {{\n{arms}}}\n}}\n",
        count = model.operations.len(),
        prefix = model.target_prefix,
    )
}
