//! Encryption at rest of document passwords and webhook secrets, with a key beside the database in `secret.key`. A copy
//! of the database alone reveals nothing; the whole data directory does, as the server must be able to read it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::blobs::to_hex;
use super::error::StoreError;
use super::file_modes;

/// A text that only its vault can decrypt. Rows from before there were vaults hold their text as it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncryptedText(String);

/// Bytes that only their vault can decrypt. Secrets from before there were vaults are as long as their key and stay as
/// they are.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptedBytes(Vec<u8>);

/// Encrypts and decrypts secrets with the key of the data directory.
pub struct Vault {
    cipher: LessSafeKey,
    tags: hmac::Key,
}

const FILE: &str = "secret.key";
const KEY_BYTES: usize = 32;
/// Before an encrypted text in the database. It is on disk, so it stays as it is.
const MARK: &str = "sealed:1:";
/// Secrets of webhooks have 32; what is encrypted is longer by its nonce and its tag.
const PLAIN_BYTES_MAX: usize = 32;

impl Vault {
    /// The directory's; made where there is none. The directory must be locked.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let bytes = match fs::read(dir.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(dir)?,
            read => read?,
        };
        let wrong = || io::Error::other(format!("{FILE} is not a key of {KEY_BYTES} bytes"));
        Self::new(&bytes).ok_or_else(wrong)
    }

    fn new(bytes: &[u8]) -> Option<Self> {
        let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, bytes).ok()?);
        // Another use has to have another key.
        let tags = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"quire tags");
        Some(Self { cipher, tags: hmac::Key::new(hmac::HMAC_SHA256, tags.as_ref()) })
    }

    /// Encrypts a text.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the system gives no randomness.
    pub fn encrypt_text(&self, text: &str) -> Result<EncryptedText, StoreError> {
        Ok(EncryptedText(format!("{MARK}{}", STANDARD_NO_PAD.encode(self.close(text.as_bytes())?))))
    }

    /// Decrypts a text; none for what another vault encrypted, or what was changed since.
    pub fn decrypt_text(&self, encrypted: &EncryptedText) -> Option<String> {
        let Some(coded) = encrypted.0.strip_prefix(MARK) else { return Some(encrypted.0.clone()) };
        String::from_utf8(self.decrypt(&STANDARD_NO_PAD.decode(coded).ok()?)?).ok()
    }

    /// Encrypts bytes.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the system gives no randomness.
    pub fn encrypt_bytes(&self, bytes: &[u8]) -> Result<EncryptedBytes, StoreError> {
        self.close(bytes).map(EncryptedBytes)
    }

    /// Decrypts bytes; none for what another vault encrypted, or what was changed since.
    pub fn decrypt_bytes(&self, EncryptedBytes(encrypted): &EncryptedBytes) -> Option<Vec<u8>> {
        if encrypted.len() <= PLAIN_BYTES_MAX { Some(encrypted.clone()) } else { self.decrypt(encrypted) }
    }

    /// A digest of the bytes under the vault's key, so that nobody without the key can try guesses on it.
    pub fn keyed_digest(&self, bytes: &[u8]) -> String {
        to_hex(hmac::sign(&self.tags, bytes).as_ref())
    }

    /// Nonce, ciphertext, tag.
    fn close(&self, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce = random::<NONCE_LEN>().map_err(|error| StoreError::Unusable(error.to_string()))?;
        let mut encrypted = bytes.to_vec();
        let done =
            self.cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut encrypted);
        done.map_err(|_| StoreError::Unusable("a secret cannot be encrypted".into()))?;
        Ok([&nonce[..], &encrypted].concat())
    }

    fn decrypt(&self, encrypted: &[u8]) -> Option<Vec<u8>> {
        let (nonce, closed) = encrypted.split_at_checked(NONCE_LEN)?;
        let (nonce, mut bytes) = (Nonce::try_assume_unique_for_key(nonce).ok()?, closed.to_vec());
        Some(self.cipher.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?.to_vec())
    }
}

impl EncryptedText {
    /// As it is stored.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    pub(super) fn from_text(text: String) -> Self {
        Self(text)
    }
}

impl EncryptedBytes {
    pub fn as_stored(&self) -> &[u8] {
        &self.0
    }

    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for EncryptedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedBytes")
    }
}

impl fmt::Debug for EncryptedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedText")
    }
}

/// Under another name until it is whole: half a key would be taken for none of ours.
fn make(dir: &Path) -> io::Result<Vec<u8>> {
    let key = random::<KEY_BYTES>()?;
    let new = dir.join("secret.key.new");
    let mut file = file_modes::private_file_options().write(true).create(true).truncate(true).open(&new)?;
    file.write_all(&key)?;
    file.sync_all()?;
    fs::rename(&new, dir.join(FILE))?;
    File::open(dir)?.sync_all()?;
    Ok(key.to_vec())
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("no randomness: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_was_encrypted_comes_back_through_the_same_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        let encrypted = vault.encrypt_text("open sesame ✓").unwrap();
        assert!(!encrypted.0.contains("sesame") && format!("{encrypted:?}") == "EncryptedText");
        assert!(encrypted.0.starts_with("sealed:1:"), "rows of earlier versions are read by it");
        assert_ne!(vault.encrypt_text("open sesame ✓").unwrap(), encrypted, "the same text shows");
        let again = Vault::open(dir.path()).unwrap();
        assert_eq!(again.decrypt_text(&encrypted).as_deref(), Some("open sesame ✓"));
        assert_eq!(again.keyed_digest(b"x"), vault.keyed_digest(b"x"));
        let other = Vault::new(&[7; KEY_BYTES]).unwrap();
        assert_eq!(other.decrypt_text(&encrypted), None);
        assert_ne!(other.keyed_digest(b"x"), vault.keyed_digest(b"x"));
        let tampered = EncryptedText(format!("{}A{}", &encrypted.0[..20], &encrypted.0[21..]));
        let changed = tampered != encrypted;
        assert_eq!(vault.decrypt_text(&tampered).is_none(), changed);
        for broken in ["", "AAAA", "!"] {
            assert_eq!(vault.decrypt_text(&EncryptedText(format!("{MARK}{broken}"))), None, "{broken}");
        }
        assert_eq!(vault.decrypt_text(&EncryptedText("from before".into())).as_deref(), Some("from before"));
    }

    #[test]
    fn bytes_are_encrypted_as_texts_are_and_those_from_before_stay_as_they_are() {
        let (vault, other) = (Vault::new(&[7; KEY_BYTES]).unwrap(), Vault::new(&[8; KEY_BYTES]).unwrap());
        let encrypted = vault.encrypt_bytes(&[5; PLAIN_BYTES_MAX]).unwrap();
        assert!(encrypted.0.len() > PLAIN_BYTES_MAX && !encrypted.0.windows(4).any(|part| part == [5; 4]));
        assert_eq!(vault.decrypt_bytes(&encrypted), Some(vec![5; PLAIN_BYTES_MAX]));
        assert_eq!(other.decrypt_bytes(&encrypted), None);
        let before = EncryptedBytes::from_stored(vec![5; PLAIN_BYTES_MAX]);
        assert_eq!(other.decrypt_bytes(&before), Some(vec![5; PLAIN_BYTES_MAX]));
    }

    #[test]
    fn the_key_is_its_users_alone_and_one_of_another_length_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        Vault::open(dir.path()).unwrap();
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(dir.path().join(FILE), [1; KEY_BYTES - 1]).unwrap();
        assert!(Vault::open(dir.path()).is_err());
    }
}
