//! Turns a panic of a PDF engine into a value. The caller throws the engine's own state away.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic becomes its message.
///
/// Unwind safety is asserted: whoever gets `Err` drops whatever the work had touched.
pub(crate) fn shielded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message_of(&*payload))
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    match text {
        Some(text) => format!("the engine panicked: {text}"),
        None => "the engine panicked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shielded;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(shielded(|| 1), Ok(1));
        let caught = shielded(|| -> u8 { panic!("broken {}", 7) });
        assert_eq!(caught, Err("the engine panicked: broken 7".to_owned()));
    }
}
