//! Sections of the settings: structs whose numbers carry their ranges.

/// Writes the struct of one section of the settings, and `RANGES`: the allowed values of its numbers, by key.
///
/// ```text
/// settings! {
///     /// What it is for.
///     #[derive(Copy)]
///     pub struct RetryPolicy in "retry" {
///         /// Attempts in all.
///         pub max_attempts: u32 => 1..=100,
///         pub is_patient: bool,
///     }
/// }
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* $vis:vis struct $name:ident in $section:literal {
        $($(#[$doc:meta])* $field_vis:vis $field:ident: $type:ty $(=> $low:literal..=$high:literal)?,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        $vis struct $name {
            $($(#[$doc])* $field_vis $field: $type,)*
        }

        impl $name {
            /// Allowed values of the numbers, by `section.key`.
            $vis const RANGES: &'static [(&'static str, ::std::ops::RangeInclusive<i64>)] =
                &[$($((concat!($section, ".", stringify!($field)), $low..=$high),)?)*];
        }
    };
}
