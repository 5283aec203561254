//! Closed lists: enums whose values have stable names in the store, the API and the logs.

/// Writes the enum, `ALL` (every value, in the order of the list), `NAMES` (their stable names) and `as_str`.
/// With a type behind the enum's name each value has a row of that type, which `row` returns.
///
/// ```text
/// closed_list! {
///     /// What it is.
///     #[derive(serde::Deserialize)]
///     pub enum Stage {
///         Queued = "queued",
///         ExtractingText = "extracting_text",
///     }
/// }
/// ```
#[macro_export]
macro_rules! closed_list {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $variant:ident = $wire:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize)]
        $vis enum $name {
            $($(#[$doc])* #[serde(rename = $wire)] $variant,)*
        }

        #[allow(dead_code, reason = "not every list is walked or named as a whole")]
        impl $name {
            /// Every value, in the order of the list.
            $vis const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Their stable names, in the same order.
            $vis const NAMES: &'static [&'static str] = &[$($wire,)*];

            /// The stable name in the store, the API and the logs.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)*
                }
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis enum $name:ident: $row:ty {
        $($(#[$doc:meta])* $variant:ident = $wire:literal => $value:expr,)*
    }) => {
        $crate::closed_list! {
            $(#[$meta])*
            $vis enum $name {
                $($(#[$doc])* $variant = $wire,)*
            }
        }

        impl $name {
            const fn row(self) -> $row {
                match self {
                    $(Self::$variant => $value,)*
                }
            }
        }
    };
}
