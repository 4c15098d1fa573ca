//! Fields that JSONata computes: templates with expressions in them, and expressions that stand for one value.

use json::Value;

use crate::diagnostics::Code;
use crate::document::Content;
use crate::model::{QueryLanguage, Whole};
use crate::parse::fields::{Field, Fields};
use crate::query::{Query, Sees, Written, written};
use crate::template::Template;

impl Field<'_> {
    /// A template in the language of the field.
    pub(crate) fn template_seeing(&self, sees: Sees) -> Option<Template> {
        match self.language {
            QueryLanguage::JsonPath => self.path_template(),
            QueryLanguage::Jsonata => self.query_template(sees),
        }
    }

    fn query_template(&self, sees: Sees) -> Option<Template> {
        match &self.node.content {
            Content::Scalar(Value::String(text)) => match written(text) {
                Written::Text => Some(Template::constant(text.clone().into())),
                Written::Expression(_) | Written::Unclear => self.query_seeing(sees).map(Template::query),
            },
            Content::Scalar(value) => Some(Template::constant(value.clone())),
            Content::Array(nodes) => {
                let mut elements = Vec::with_capacity(nodes.len());
                for (index, node) in nodes.iter().enumerate() {
                    elements.push(self.element(index, node).query_template(sees));
                }
                elements.into_iter().collect::<Option<_>>().map(Template::array)
            }
            Content::Object(object) => {
                let mut members = Vec::with_capacity(object.len());
                for (name, member) in object.iter() {
                    let template = self.member(name, &member.value).query_template(sees);
                    members.push(template.map(|template| (name.clone(), template)));
                }
                members.into_iter().collect::<Option<_>>().map(Template::object)
            }
        }
    }

    /// The expression in a field that holds nothing else.
    pub(crate) fn query(&self) -> Option<Query> {
        self.query_seeing(Sees::Input)
    }

    fn query_seeing(&self, sees: Sees) -> Option<Query> {
        let Written::Expression(text) = written(self.text()?) else {
            self.report(
                Code::InvalidJsonataExpression,
                "A JSONata expression must start with '{%' and end with '%}'",
            );
            return None;
        };
        match Query::compile(text, &self.location.within_state(), sees) {
            Ok(query) => Some(query),
            Err(faults) => {
                for fault in faults {
                    self.report(fault.code, fault.message);
                }
                None
            }
        }
    }

    /// Whether it is a JSONata expression, or meant as one, where one may stand.
    pub(crate) fn is_expression(&self) -> bool {
        let is_query = |text: &str| !matches!(written(text), Written::Text);
        self.language == QueryLanguage::Jsonata && self.node.as_text().is_some_and(|text| is_query(text))
    }

    /// A whole number, or in JSONata an expression that gives one.
    pub(crate) fn whole_or_query(&self, min: u64, max: u64) -> Option<Whole> {
        if self.is_expression() {
            return self.query().map(Whole::Query);
        }
        self.whole(min, max).map(Whole::Literal)
    }
}

impl Fields<'_> {
    /// The field that says what the state's work is given.
    pub(crate) fn given(&self) -> &'static str {
        match self.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        }
    }

    /// `Output`, which may be absent: `None` when it is faulty, `Some(None)` when it is not there.
    pub(crate) fn output(&self, sees: Sees) -> Option<Option<Template>> {
        match self.get("Output") {
            // In JSONPath the field was reported already.
            Some(field) if self.language == QueryLanguage::Jsonata => field.template_seeing(sees).map(Some),
            Some(_) | None => Some(None),
        }
    }
}
