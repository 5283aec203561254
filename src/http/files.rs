//! Documents uploaded before any batch names them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Front;
use super::auth::Owner;
use super::body::{self, Kind};
use super::intake;
use super::mistakes::FieldError;
use super::problem::{Answer, Problem};
use super::upload::{self, Received};
use crate::clock;
use crate::domain::ids::OwnerKey;
use crate::store::files::{self, NewFile};

#[derive(Debug, Deserialize)]
pub struct Naming {
    name: Option<String>,
}

#[derive(Debug, Serialize)]
struct FileResource {
    id: String,
    name: String,
    sha256: String,
    size: u64,
    /// The owner had sent the same bytes before.
    duplicate: bool,
}

/// A raw body answers with its file, a form with `files`, in its order.
pub async fn upload(
    request: HttpRequest,
    payload: web::Payload,
    naming: web::Query<Naming>,
    front: web::Data<Front>,
    Owner(owner): Owner,
) -> Answer {
    let payload = intake::admit(&front, payload).await?;
    let (world, config) = (&front.engine.world, &front.engine.config);
    if body::kind(&request) != Kind::Multipart {
        let name = upload::raw_name(&request, naming.name.as_deref());
        let received = upload::receive_raw(&request, payload, name, world, config).await?;
        let mut kept = keep(&front, owner, vec![received]).await?;
        return Ok(HttpResponse::Created().json(kept.pop()));
    }
    let parcel = upload::receive_form(&request, payload, world, config).await?;
    if parcel.files.is_empty() || !parcel.options.is_empty() {
        let detail = "at least one part `files` is needed, and no other".to_owned();
        return Err(Problem::invalid(FieldError { field: "files".into(), value: None, detail, allowed: None }));
    }
    let kept = keep(&front, owner, parcel.files).await?;
    Ok(HttpResponse::Created().json(json!({ "files": kept })))
}

async fn keep(front: &Front, owner: OwnerKey, received: Vec<Received>) -> Result<Vec<FileResource>, Problem> {
    let new: Vec<NewFile> = received
        .iter()
        .map(|received| NewFile {
            public_id: clock::new_file_id(),
            owner,
            name: received.name.clone(),
            size_bytes: received.blob().size_bytes,
            sha256: received.blob().sha256.clone(),
        })
        .collect();
    let rows = new.clone();
    let added =
        front.engine.world.db.offer("files.add", move |txn| rows.iter().map(|row| files::add(txn, row)).collect());
    let duplicates: Vec<bool> = upload::keep(&front.engine.world, received, added).await?;
    let resource = |(file, duplicate): (NewFile, bool)| FileResource {
        id: file.public_id.to_string(),
        name: file.name,
        sha256: file.sha256,
        size: file.size_bytes,
        duplicate,
    };
    Ok(new.into_iter().zip(duplicates).map(resource).collect())
}
