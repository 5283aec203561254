//! Strictness: rejects query parameters that a path does not know and bodies in an encoding, before any handler runs.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};

use super::api::query_names;
use super::body::{drain, is_announced};
use super::field_errors::{FieldError, FieldErrors, cut};
use super::problem::{Problem, ProblemCode};
use quire_base::safeguards::{Safeguard, is_disabled};

/// Refuses what would be passed over in silence.
///
/// # Errors
/// Those of what lies behind it.
pub(super) async fn strict<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let is_heeded = is_plain(request.request()).and_then(|()| knows_query(&request));
    let Err(problem) =
        is_heeded.or_else(|problem| if is_disabled(Safeguard::HttpStrict) { Ok(()) } else { Err(problem) })
    else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    drain(request.extract::<web::Payload>().await?).await;
    Ok(request.error_response(problem).map_into_right_body())
}

fn is_plain(request: &HttpRequest) -> Result<(), Problem> {
    if is_announced(request) { no_encoding(request.headers(), header::CONTENT_ENCODING, &["identity"]) } else { Ok(()) }
}

/// Of a body, or of a part of a form.
///
/// # Errors
/// `unsupported_media_type`, naming the encoding.
pub(super) fn no_encoding(headers: &HeaderMap, name: header::HeaderName, plain: &[&str]) -> Result<(), Problem> {
    for value in headers.get_all(&name) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut given = value.split(',').map(str::trim).filter(|given| !given.is_empty());
        if let Some(foreign) = given.find(|given| !plain.iter().any(|plain| given.eq_ignore_ascii_case(plain))) {
            let foreign = cut(foreign, SHOWN_CHARS);
            let detail = format!("What is sent has the {name} `{foreign}`, which is not taken here. Send it as it is.");
            return Err(Problem::new(ProblemCode::UnsupportedMediaType, detail)
                .header(header::ACCEPT_ENCODING, "identity".to_owned()));
        }
    }
    Ok(())
}

const SHOWN_CHARS: usize = 40;

fn knows_query(request: &ServiceRequest) -> Result<(), Problem> {
    // An address that does not exist is answered as such.
    let Some(pattern) = request.match_pattern().filter(|_| !request.query_string().is_empty()) else { return Ok(()) };
    // Neither is a method that the address does not take asked for its query.
    let Some(known) = query_names(request.method(), &pattern) else { return Ok(()) };
    let Ok(given) = web::Query::<Vec<(String, String)>>::from_query(request.query_string()) else {
        return Err(Problem::new(
            ProblemCode::BadRequest,
            "The query cannot be understood: it is no list of name=value.",
        ));
    };
    let (mut seen, mut field_errors) = (Vec::new(), FieldErrors::default());
    let allowed = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    for (name, _) in &given.0 {
        let detail = match known.contains(name) {
            true if seen.contains(&name) => "this parameter stands here twice",
            true => {
                seen.push(name);
                continue;
            }
            false => "there is no such parameter at this address",
        };
        // Its value may be a secret that has no place in an address.
        let (field, allowed) = (name.clone(), Some(allowed.clone()));
        field_errors.add_foreign(FieldError { field, value: None, detail: detail.to_owned(), allowed });
    }
    if field_errors.is_empty() { Ok(()) } else { Err(Problem::invalid(field_errors)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn of_encodings_the_first_that_is_none_of_the_plain_ones_is_named() {
        for (given, named) in [
            ("gzip", Some("gzip")),
            ("identity, br", Some("br")),
            ("GZIP , zstd", Some("GZIP")),
            ("Identity", None),
            (" , ", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
            headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(given));
            let refused = no_encoding(&headers, header::CONTENT_ENCODING, &["identity"]).err();
            let said = refused.map(|problem| problem.to_string());
            let is_named = said.as_ref().zip(named).is_some_and(|(said, named)| said.contains(&format!("`{named}`")));
            assert_eq!((said.is_some(), is_named), (named.is_some(), named.is_some()), "{given:?}: {said:?}");
        }
    }
}
