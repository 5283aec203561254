//! Handlers of files: documents uploaded before any batch names them.

use actix_web::web;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::{Created, Either, HandlerResult, Query, UploadBody};
use super::auth::Owner;
use super::body::{self, BodyKind};
use super::field_errors::FieldError;
use super::problem::Problem;
use super::upload::{self, UploadedFile};
use super::{AppState, error_mapping, submission};
use quire_base::clock;
use quire_domain::ids::OwnerKey;
use quire_store::files::{FileRow, NewFile};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct FileName {
    /// The document's name, for people; of a raw body.
    name: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "File")]
pub(super) struct FileResource {
    /// For `files` of a batch.
    #[schemars(extend("format" = "uuid"))]
    id: String,
    name: String,
    sha256: String,
    size: u64,
    /// The owner had sent the same bytes before.
    duplicate: bool,
}

impl FileResource {
    pub(super) fn new(file: NewFile, duplicate: bool) -> Self {
        Self { id: file.public_id.to_string(), name: file.name, sha256: file.sha256, size: file.size_bytes, duplicate }
    }

    pub(super) fn of_row(file: FileRow, duplicate: bool) -> Self {
        let size = file.size_bytes as u64;
        Self { id: file.public_id, name: file.name, sha256: file.sha256, size, duplicate }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FileList {
    files: Vec<FileResource>,
}

/// A raw body answers with its file, a form with `files`, in its order.
pub(super) async fn upload(
    UploadBody { request, payload }: UploadBody,
    Query(naming): Query<FileName>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
) -> HandlerResult<Either<Created<FileResource>, Created<FileList>>> {
    let payload = submission::admit(&app, payload).await?;
    let (context, config) = (&app.engine.context, &app.engine.config);
    if body::kind(&request) != BodyKind::Multipart {
        let name = upload::raw_name(&request, naming.name.as_deref());
        let received = upload::receive_raw(&request, payload, name, context, config).await?;
        let kept = keep(&app, owner, vec![received]).await?.pop().ok_or_else(error_mapping::server_fault)?;
        return Ok(Either::Left(Created::new(&kept)));
    }
    let form = upload::receive_form(&request, payload, context, config).await?;
    if form.files.is_empty() || !form.options.is_empty() {
        let detail = "at least one part `files` is needed, and no other".to_owned();
        return Err(Problem::invalid(FieldError { field: "files".into(), value: None, detail, allowed: None }));
    }
    let files = keep(&app, owner, form.files).await?;
    Ok(Either::Right(Created::new(&FileList { files })))
}

async fn keep(app: &AppState, owner: OwnerKey, received: Vec<UploadedFile>) -> Result<Vec<FileResource>, Problem> {
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
    let added = app.engine.add_files(new.clone());
    let added = upload::keep(&app.engine.context, received, added).await?;
    Ok(new.into_iter().zip(added).map(|(file, added)| FileResource::new(file, added.is_duplicate)).collect())
}
