//! Who asks. One local user so far; every handler takes its owner from here and from nowhere else.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::problem::Problem;
use crate::domain::ids::OwnerKey;

/// Whose data the request may see; what is another's does not exist.
#[derive(Debug, Clone, Copy)]
pub struct Owner(pub OwnerKey);

impl FromRequest for Owner {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(OwnerKey::LOCAL)))
    }
}
