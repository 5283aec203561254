//! One route of the table: what is written beside it, and what its type says.

use std::collections::BTreeMap;

use actix_web::Route;
use actix_web::http::Method;
use schemars::SchemaGenerator;
use serde_json::Value;

use crate::http::problem::ProblemCode;
use quire_domain::access::Scope;

pub(super) struct ApiRoute {
    pub method: Method,
    pub path: &'static str,
    pub about: About,
    pub describe: fn(&mut OperationNotes<'_>),
    /// Makes the framework's route, for this method.
    pub route: Box<dyn Fn(Method) -> Route>,
}

impl ApiRoute {
    /// Where GET is answered, HEAD is.
    pub(super) fn methods(&self) -> Vec<Method> {
        match self.method {
            Method::GET => vec![Method::GET, Method::HEAD],
            _ => vec![self.method.clone()],
        }
    }
}

/// What the table says of a route and its type does not.
#[derive(Debug, Clone)]
pub(in crate::http) struct About {
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// Problems of its own; those of its path, its body and its callers are known from its type.
    pub(super) fails: Vec<ProblemCode>,
    /// Headers that every success has.
    pub(super) headers: Vec<&'static str>,
    pub(super) is_deprecated: bool,
    pub(super) needs: Needs,
}

/// What a request needs to be let through to a route. There is no route without an answer to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Needs {
    /// Everybody is let through.
    Nothing,
    /// The route itself looks who asks, and for what.
    OwnCheck,
    Scope(Scope),
}

/// `id` is the operation's name in clients that are made from the document.
pub(in crate::http) fn about(id: &'static str, needs: Needs, summary: &'static str) -> About {
    About { id, summary, fails: Vec::new(), headers: Vec::new(), is_deprecated: false, needs }
}

impl About {
    pub(in crate::http) fn fails(mut self, codes: &[ProblemCode]) -> Self {
        self.fails.extend(codes);
        self
    }

    pub(in crate::http) fn headers(mut self, names: &[&'static str]) -> Self {
        self.headers.extend(names);
        self
    }

    /// An alias of another route, kept for clients that know it.
    pub(in crate::http) fn deprecated(mut self) -> Self {
        self.is_deprecated = true;
        self
    }
}

/// What is noted of a handler's type.
pub(in crate::http) struct OperationNotes<'a> {
    /// Schemas of what the server writes.
    pub written: &'a mut SchemaGenerator,
    /// Schemas of what the server reads.
    pub read: &'a mut SchemaGenerator,
    pub query: Vec<Value>,
    pub headers: Vec<Value>,
    /// The body by media type.
    pub body: BTreeMap<&'static str, Value>,
    /// Status to media type to the schemas that it may have.
    pub replies: BTreeMap<u16, BTreeMap<&'static str, Vec<Value>>>,
    pub fails: Vec<ProblemCode>,
    pub access: Access,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) enum Access {
    /// Everybody, without a key.
    Open,
    Owner,
}

impl<'a> OperationNotes<'a> {
    pub(super) fn new(written: &'a mut SchemaGenerator, read: &'a mut SchemaGenerator) -> Self {
        Self {
            written,
            read,
            query: Vec::new(),
            headers: Vec::new(),
            body: BTreeMap::new(),
            replies: BTreeMap::new(),
            fails: Vec::new(),
            access: Access::Open,
        }
    }

    pub(super) fn reply(&mut self, status: u16, media_type: &'static str, schema: Value) {
        let schemas = self.replies.entry(status).or_default().entry(media_type).or_default();
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }

    pub(super) fn empty_reply(&mut self, status: u16) {
        self.replies.entry(status).or_default();
    }

    /// Whether some body has a field that must not be missing; no bytes are an empty object.
    pub(super) fn body_is_needed(&self) -> bool {
        let is_needed = |schema: &Value| {
            let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            let schema = name.and_then(|name| self.read.definitions().get(name)).unwrap_or(schema);
            schema["required"].as_array().is_some_and(|fields| !fields.is_empty())
        };
        let of_fields = ["application/json", "application/x-www-form-urlencoded"].map(|kind| self.body.get(kind));
        of_fields.into_iter().flatten().any(is_needed)
    }

    pub(super) fn needs(&mut self, access: Access) {
        self.access = self.access.max(access);
    }
}
