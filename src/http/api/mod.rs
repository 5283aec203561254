//! The typed route table: [`Api`] registers a handler and keeps what the OpenAPI document says of it.
//!
//! Parameters, bodies, answers and their schemas are read from the handler's type: a handler whose answer has no schema
//! does not compile. Read in this order: this file, [`reply`] (answers), [`input`] (parameters and bodies),
//! [`route`] (one route), [`document`] (the whole).

pub(super) mod bodies;
mod document;
mod input;
mod paths;
mod reply;
mod route;
mod schemas;
pub(super) mod served;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse};

use super::auth;
use super::problem::Problem;
pub(super) use document::openapi;
pub(super) use input::{FormBody, Input, JsonBody, PieceBody, Query, SubmissionBody, UploadBody};
pub(super) use reply::{
    Accepted, BinaryContent, Created, Either, EventStream, FileContent, JsonLines, JsonReply, NoContent, NotModified,
    Okay, Reply, SwitchingProtocols,
};
pub(super) use route::{About, Needs, about};
use route::{ApiRoute, OperationNotes};

/// The result of every handler: an answer whose type says its status and its shape, or a problem.
pub(super) type HandlerResult<R> = Result<R, Problem>;

/// All routes, in the order in which they are tried.
#[derive(Default)]
pub(super) struct Api {
    operations: Vec<ApiRoute>,
}

impl Api {
    /// Answers GET, and HEAD with the same headers and no body.
    pub(super) fn get<F, Args, R>(&mut self, path: &'static str, handler: F, about: About) -> &mut Self
    where
        F: Handler<Args, Output = HandlerResult<R>>,
        Args: FromRequest + Input + 'static,
        R: Reply,
    {
        self.add(Method::GET, path, handler, about)
    }

    pub(super) fn post<F, Args, R>(&mut self, path: &'static str, handler: F, about: About) -> &mut Self
    where
        F: Handler<Args, Output = HandlerResult<R>>,
        Args: FromRequest + Input + 'static,
        R: Reply,
    {
        self.add(Method::POST, path, handler, about)
    }

    pub(super) fn put<F, Args, R>(&mut self, path: &'static str, handler: F, about: About) -> &mut Self
    where
        F: Handler<Args, Output = HandlerResult<R>>,
        Args: FromRequest + Input + 'static,
        R: Reply,
    {
        self.add(Method::PUT, path, handler, about)
    }

    pub(super) fn patch<F, Args, R>(&mut self, path: &'static str, handler: F, about: About) -> &mut Self
    where
        F: Handler<Args, Output = HandlerResult<R>>,
        Args: FromRequest + Input + 'static,
        R: Reply,
    {
        self.add(Method::PATCH, path, handler, about)
    }

    pub(super) fn delete<F, Args, R>(&mut self, path: &'static str, handler: F, about: About) -> &mut Self
    where
        F: Handler<Args, Output = HandlerResult<R>>,
        Args: FromRequest + Input + 'static,
        R: Reply,
    {
        self.add(Method::DELETE, path, handler, about)
    }

    fn add<F, Args, R>(&mut self, method: Method, path: &'static str, handler: F, about: About) -> &mut Self
    where
        F: Handler<Args, Output = HandlerResult<R>>,
        Args: FromRequest + Input + 'static,
        R: Reply,
    {
        let describe = |notes: &mut OperationNotes<'_>| {
            Args::describe(notes);
            R::describe(notes);
        };
        let needs = about.needs;
        let route = move |method: Method| {
            let route = web::method(method).to(handler.clone());
            match needs {
                Needs::Scope(scope) => {
                    route.wrap(from_fn(move |request, next| auth::check_scope(scope, request, next)))
                }
                Needs::Nothing | Needs::OwnCheck => route,
            }
        };
        self.operations.push(ApiRoute { method, path, about, describe, route: Box::new(route) });
        self
    }

    /// Gives the routes to the framework: one resource for each path, with every method that it takes.
    pub(super) fn register(self, app: &mut ServiceConfig) {
        let mut paths: Vec<(&'static str, Vec<ApiRoute>)> = Vec::new();
        for operation in self.operations {
            match paths.iter_mut().find(|(path, _)| *path == operation.path) {
                Some((_, of_path)) => of_path.push(operation),
                None => paths.push((operation.path, vec![operation])),
            }
        }
        for (path, operations) in paths {
            app.service(resource(path, &operations));
        }
    }
}

fn resource(path: &str, operations: &[ApiRoute]) -> actix_web::Resource {
    let methods: Vec<Method> = operations.iter().flat_map(ApiRoute::methods).collect();
    let allow = methods.iter().chain([&Method::OPTIONS]).map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut resource = web::resource(path);
    for operation in operations {
        for method in operation.methods() {
            resource = resource.route((operation.route)(method));
        }
    }
    resource.route(web::method(Method::OPTIONS).to(move || {
        let allow = allow.clone();
        async move { HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish() }
    }))
}

/// The routes of one path, each with the names of its query parameters.
type QueryNames = Vec<(Method, Vec<String>)>;

/// By pattern.
static QUERY_NAMES: LazyLock<HashMap<&'static str, QueryNames>> = LazyLock::new(|| {
    let mut all: HashMap<_, QueryNames> = HashMap::new();
    for operation in super::routes::api_table().operations {
        let names = document::query_names(&operation);
        all.entry(operation.path).or_default().push((operation.method, names));
    }
    all
});

/// The query parameters that a route takes; `None` where there is no such route. HEAD looks as GET does.
pub(super) fn query_names(method: &Method, pattern: &str) -> Option<&'static [String]> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let of_path = QUERY_NAMES.get(pattern)?.iter();
    of_path.filter(|(of, _)| of == method).map(|(_, names)| names.as_slice()).next()
}
