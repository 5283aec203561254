//! *Lock*: a document's encryption dictionary, brought into the form in which the engine for structure finds it.
//!
//! That engine looks for a dictionary with a number of its own, for a file identifier, and for lengths as the standard
//! has them. The standard and every other reader are content with less.

use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::revision::appended;

/// Of `O` and `U` up to revision 4; writers pad them.
const HASH_BYTES: usize = 32;

/// The same file with such a lock, given what could be loaded of it. `None` when that changes nothing.
pub(super) fn reformed(bytes: &[u8], locked: &Document) -> Option<Vec<u8>> {
    let mut trailer = locked.trailer.clone();
    let (found_at, found) = dictionary(locked)?;
    let lock = regular(found);
    let has_id = trailer.has(b"ID");
    if found_at.is_some() && has_id && lock == *found {
        return None;
    }
    if !has_id {
        // None is one of no bytes.
        let none = Object::string_literal("");
        trailer.set("ID", vec![none.clone(), none]);
    }
    let last = locked.reference_table.entries.keys().max().copied().unwrap_or(0).max(locked.max_id);
    let id = found_at.unwrap_or((last.checked_add(1)?, 0));
    trailer.set("Encrypt", id);
    trailer.set("Size", i64::from(last.max(id.0)) + 1);
    appended(bytes, &[(id, Object::Dictionary(lock))], trailer)
}

/// Its place unless right in the trailer, and its content.
fn dictionary(locked: &Document) -> Option<(Option<ObjectId>, &Dictionary)> {
    match locked.trailer.get(b"Encrypt").ok()? {
        Object::Dictionary(found) => Some((None, found)),
        Object::Reference(id) => Some((Some(*id), locked.get_dictionary(*id).ok()?)),
        _ => None,
    }
}

/// Lengths that follow from the version are as the standard has them, hashes as long as they can be.
fn regular(found: &Dictionary) -> Dictionary {
    let mut lock = found.clone();
    let number = |key: &[u8]| found.get(key).and_then(Object::as_i64).ok();
    let key_bits = match number(b"V") {
        Some(1) => Some(40),
        Some(4) => Some(128),
        Some(5) => Some(256),
        _ => None,
    };
    if let (Some(bits), true) = (key_bits, found.has(b"Length")) {
        lock.set("Length", bits);
    }
    for key in [b"O", b"U"] {
        if number(b"R") <= Some(4)
            && let Ok(Object::String(hash, _)) = lock.get_mut(key)
        {
            hash.truncate(HASH_BYTES);
        }
    }
    lock
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use lopdf::encryption::crypt_filters::{Aes128CryptFilter, Aes256CryptFilter, CryptFilter, Rc4CryptFilter};
    use lopdf::{EncryptionState, EncryptionVersion, Permissions, SaveOptions};

    use super::*;
    use crate::DocumentRequest;
    use crate::samples::{self, saved};
    use crate::tests::{request, run};
    use quire_domain::failure::FailureCode;
    use quire_domain::operation::Operation;

    const USER: &str = "baz";
    const OWNER: &str = "foo";
    const WORDS: &str = "Only for those with a key.";
    const KINDS: [&str; 6] = ["R2", "R3", "R4 RC4", "R4 AES", "R4 AES, metadata in the clear", "R6"];

    fn state(kind: &str, document: &Document, user: &str, owner: &str) -> EncryptionState {
        let (owner_password, user_password, permissions) = (owner, user, Permissions::all());
        let filters = |filter: Arc<dyn CryptFilter>| BTreeMap::from([(b"StdCF".to_vec(), filter)]);
        let v4 = |filter: Arc<dyn CryptFilter>, encrypt_metadata| EncryptionVersion::V4 {
            document,
            encrypt_metadata,
            crypt_filters: filters(filter),
            stream_filter: b"StdCF".to_vec(),
            string_filter: b"StdCF".to_vec(),
            owner_password,
            user_password,
            permissions,
        };
        let version = match kind {
            "R2" => EncryptionVersion::V1 { document, owner_password, user_password, permissions },
            "R3" => EncryptionVersion::V2 { document, owner_password, user_password, key_length: 128, permissions },
            "R4 RC4" => v4(Arc::new(Rc4CryptFilter), true),
            "R4 AES" => v4(Arc::new(Aes128CryptFilter), true),
            "R6" => EncryptionVersion::V5 {
                encrypt_metadata: true,
                crypt_filters: filters(Arc::new(Aes256CryptFilter)),
                file_encryption_key: &[7; 32],
                stream_filter: b"StdCF".to_vec(),
                string_filter: b"StdCF".to_vec(),
                owner_password,
                user_password,
                permissions,
            },
            _ => v4(Arc::new(Aes128CryptFilter), false),
        };
        version.try_into().unwrap()
    }

    /// A locked page; `change` comes after the locking.
    fn locked(kind: &str, user: &str, owner: &str, id: Option<&[u8]>, change: impl FnOnce(&mut Document)) -> Document {
        let content = format!("BT /F1 12 Tf 72 700 Td ({WORDS}) Tj ET");
        let mut document = Document::load_mem(&samples::pdf_with_content(&content)).unwrap();
        let title = document.add_object(lopdf::dictionary! { "Title" => Object::string_literal("A locked page") });
        document.trailer.set("Info", title);
        let id = Object::string_literal(id.unwrap_or_default().to_vec());
        document.trailer.set("ID", vec![id.clone(), id]);
        let state = state(kind, &document, user, owner);
        document.encrypt(&state).unwrap();
        change(&mut document);
        document
    }

    /// Moves the dictionary from a place of its own right into the trailer.
    fn direct(document: &mut Document) {
        let at = document.trailer.get(b"Encrypt").and_then(Object::as_reference).unwrap();
        let lock = document.objects.remove(&at).unwrap();
        document.trailer.set("Encrypt", lock);
    }

    fn change_lock(document: &mut Document, change: impl FnOnce(&mut Dictionary)) {
        let at = document.trailer.get(b"Encrypt").and_then(Object::as_reference).unwrap();
        change(document.objects.get_mut(&at).unwrap().as_dict_mut().unwrap());
    }

    fn assert_opens(what: &str, bytes: &[u8], password: Option<&str>) {
        let both = [Operation::Text, Operation::Info];
        let (summary, kept) = run(bytes, &DocumentRequest { password, ..request(&both) }).unwrap();
        assert!(summary.warnings.is_empty(), "{what}: {:?}", summary.warnings);
        assert_eq!(kept.text().trim(), WORDS, "{what}");
        let info = kept.json("info.json");
        assert_eq!(info["info"]["Title"], "A locked page", "{what}");
        assert!(info["encryption"]["revision"].is_number() && info["degraded"].is_null(), "{what}");
    }

    fn assert_locked(what: &str, bytes: &[u8], password: Option<&str>) {
        let failure = run(bytes, &DocumentRequest { password, ..request(&[Operation::Text]) }).err().unwrap();
        let code = if password.is_some() { FailureCode::WrongPassword } else { FailureCode::NeedsPassword };
        assert_eq!(failure.code, code, "{what}");
    }

    #[test]
    fn a_lock_right_in_the_trailer_opens_with_either_password_and_no_other() {
        for kind in KINDS {
            let bytes = saved(locked(kind, USER, OWNER, Some(b"an identifier"), direct));
            assert_opens(kind, &bytes, Some(OWNER));
            assert_opens(kind, &bytes, Some(USER));
            assert_locked(kind, &bytes, Some("guess"));
            assert_locked(kind, &bytes, None);
        }
    }

    #[test]
    fn a_lock_in_a_table_that_is_a_stream_is_the_same() {
        for kind in KINDS {
            let mut bytes = Vec::new();
            let options = SaveOptions::builder().use_xref_streams(true).use_object_streams(false).build();
            let mut document = locked(kind, USER, OWNER, Some(b"an identifier"), direct);
            document.save_with_options(&mut bytes, options).unwrap();
            assert_opens(kind, &bytes, Some(OWNER));
            assert_opens(kind, &bytes, Some(USER));
        }
    }

    #[test]
    fn an_empty_user_password_needs_none_and_a_superfluous_one_does_no_harm() {
        for kind in KINDS {
            let bytes = saved(locked(kind, "", OWNER, Some(b"an identifier"), direct));
            assert_opens(kind, &bytes, None);
            assert_opens(kind, &bytes, Some(OWNER));
            assert_opens(kind, &bytes, Some("superfluous"));
        }
    }

    #[test]
    fn a_file_without_an_identifier_opens_with_either_password() {
        for kind in KINDS {
            for place in [direct as fn(&mut Document), |_| ()] {
                let bytes = saved(locked(kind, USER, OWNER, None, |document| {
                    place(document);
                    document.trailer.remove(b"ID");
                }));
                assert_opens(kind, &bytes, Some(OWNER));
                assert_opens(kind, &bytes, Some(USER));
            }
        }
    }

    #[test]
    fn lengths_and_hashes_beside_the_standard_do_not_keep_the_owner_out() {
        for kind in ["R2", "R4 AES"] {
            let bytes = saved(locked(kind, USER, OWNER, Some(b"an identifier"), |document| {
                change_lock(document, |lock| {
                    // In bytes where bits are meant.
                    lock.set("Length", 16);
                    for key in [b"O", b"U"] {
                        let Ok(Object::String(hash, _)) = lock.get_mut(key) else { panic!("no hash") };
                        hash.resize(48, 0);
                    }
                });
            }));
            assert_opens(kind, &bytes, Some(OWNER));
            assert_opens(kind, &bytes, Some(USER));
        }
    }

    #[test]
    fn passwords_beyond_ascii_open_too() {
        for kind in ["R3", "R4 AES", "R6"] {
            let bytes = saved(locked(kind, "pässword", "schlüssel", Some(b"an identifier"), direct));
            assert_opens(kind, &bytes, Some("schlüssel"));
            assert_opens(kind, &bytes, Some("pässword"));
        }
    }

    #[test]
    fn a_lock_that_is_found_anyway_is_left_alone() {
        let document = locked("R3", USER, OWNER, Some(b"an identifier"), |_| ());
        assert_eq!(reformed(b"", &document), None);
    }
}
