//! Standard Webhooks 1.0: secrets, and HMAC-SHA256 over id, time and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use quire_domain::webhook::SecretBytes;

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

const PREFIX: &str = "whsec_";
/// The standard asks for 24 to 64. Encrypted it has 28 more, and the table takes 64.
const SECRET_BYTES: usize = 32;
/// Of SHA-256. No secret is longer, so that each is a key as it is.
const BLOCK_BYTES: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// A secret that nobody can guess.
///
/// # Errors
/// [`NoRandomness`].
pub fn new_secret() -> Result<SecretBytes, NoRandomness> {
    let mut bytes = vec![0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(SecretBytes(bytes))
}

/// A secret as its owner gets it: `whsec_…`.
pub fn secret_text(secret: &SecretBytes) -> String {
    format!("{PREFIX}{}", STANDARD.encode(&secret.0))
}

/// The value of the header `webhook-signature`: one signature for each secret, with spaces between. `timestamp` is in
/// seconds.
pub fn signature_header(secrets: &[SecretBytes], id: &str, timestamp: i64, body: &str) -> String {
    let signed: Vec<String> = secrets.iter().map(|secret| sign(secret, id, timestamp, body)).collect();
    signed.join(" ")
}

fn sign(secret: &SecretBytes, id: &str, timestamp: i64, body: &str) -> String {
    let mut key = [0; BLOCK_BYTES];
    key.iter_mut().zip(&secret.0).for_each(|(place, byte)| *place = *byte);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
