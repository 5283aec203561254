//! Patterns of paths: as the framework writes them, as OpenAPI does, and what their parameters are.

use serde_json::{Value, json};

use crate::http::problem::ProblemCode;

/// The pattern as OpenAPI writes it, its parameters, and what it is when there is nothing under such an id.
#[derive(Debug)]
pub(super) struct PathNotes {
    pub template: String,
    pub parameters: Vec<Value>,
    pub fails: Vec<ProblemCode>,
}

impl PathNotes {
    /// # Panics
    /// When the pattern has a parameter that no row here describes: each test that makes the document finds that.
    pub(super) fn of(pattern: &str) -> Self {
        let mut notes = Self { template: String::new(), parameters: Vec::new(), fails: Vec::new() };
        let mut before = "";
        for (nth, segment) in pattern.split('/').enumerate() {
            if nth > 0 {
                notes.template.push('/');
            }
            match segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
                None => notes.template.push_str(segment),
                Some(inner) => notes.parameter(before, inner),
            }
            before = segment;
        }
        notes
    }

    fn parameter(&mut self, collection: &str, inner: &str) {
        let (name, pattern) = inner.split_once(':').map_or((inner, None), |(name, pattern)| (name, Some(pattern)));
        let uuid = json!({ "type": "string", "format": "uuid" });
        let (schema, description, fails) = match (collection, name) {
            ("batches" | "jobs", "id") => (uuid, "The batch's id.", ProblemCode::BatchNotFound),
            ("items", "position") => (
                json!({ "type": "integer", "minimum": 1, "maximum": i32::MAX }),
                "The item's place in its batch, counted from 1.",
                ProblemCode::ItemNotFound,
            ),
            ("artifacts", "name") => {
                (json!({ "type": "string", "minLength": 1 }), "The artifact's name.", ProblemCode::ArtifactNotFound)
            }
            ("webhooks", "id") => (uuid, "The webhook's id.", ProblemCode::WebhookNotFound),
            ("deliveries", "delivery") => {
                (json!({ "type": "string", "minLength": 1 }), "The delivery's id.", ProblemCode::DeliveryNotFound)
            }
            ("uploads", "id") => (uuid, "The upload's id.", ProblemCode::UploadNotFound),
            ("keys", "id") => {
                (json!({ "type": "string", "minLength": 1 }), "The key's public part.", ProblemCode::KeyNotFound)
            }
            ("actors", "id") => (
                json!({ "type": "string", "minLength": 1 }),
                "The actor's path in the tree, such as `root/db`; its slashes stay as they are.",
                ProblemCode::ActorNotFound,
            ),
            _ => panic!("no row describes `{{{name}}}` after `{collection}`"),
        };
        let mut parameter =
            json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema });
        if let Some(pattern) = pattern {
            parameter["x-pattern"] = pattern.into();
        }
        self.template.push_str(&format!("{{{name}}}"));
        self.parameters.push(parameter);
        self.fails.push(fails);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_written_as_openapi_writes_it() {
        let notes = PathNotes::of("/api/v1/admin/actors/{id:.+}/ping");
        assert_eq!(notes.template, "/api/v1/admin/actors/{id}/ping");
        assert_eq!(notes.parameters[0]["x-pattern"], ".+");
        assert_eq!(PathNotes::of("/healthz").template, "/healthz");
        assert_eq!(PathNotes::of("/a/batches/{id}/items/{position}").parameters.len(), 2);
    }
}
