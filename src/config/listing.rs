//! Settings as a list: what each is, in which unit, and who said so.

use std::collections::BTreeMap;
use std::path::Path;

use config::{File, FileFormat, Source as _};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Config, ConfigError, ServerConfig, environment};
use quire_domain::closed_list;

closed_list! {
    /// Who said a setting; the last one counts.
    #[derive(JsonSchema)]
    pub enum SettingSource {
        Default = "default",
        File = "file",
        Environment = "environment",
        Flag = "flag",
    }
}

/// Who said the settings that are not defaults, by `section.key`.
#[derive(Debug, Clone, Default)]
pub struct SettingSources(BTreeMap<String, SettingSource>);

/// One setting as it is in force.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Setting {
    /// `section.key`
    pub key: String,
    /// Null where it is a secret.
    pub value: Value,
    /// As the last words of the key have it, such as `mib`; null for what is counted, and for what is no number.
    pub unit: Option<&'static str>,
    pub source: SettingSource,
    pub secret: bool,
}

impl SettingSources {
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn find(file: Option<&Path>, flags: &[(&str, String)]) -> Result<Self, ConfigError> {
        let mut said = BTreeMap::new();
        if let Some(path) = file {
            let sections = File::from(path).format(FileFormat::Toml).collect()?;
            for (section, keys) in sections {
                let keys = keys.into_table()?.into_keys().map(|key| format!("{section}.{key}"));
                said.extend(keys.map(|key| (key, SettingSource::File)));
            }
        }
        said.extend(environment().collect()?.into_keys().map(|key| (key, SettingSource::Environment)));
        said.extend(flags.iter().map(|(key, _)| ((*key).to_owned(), SettingSource::Flag)));
        Ok(Self(said))
    }

    fn of(&self, key: &str) -> SettingSource {
        self.0.get(key).copied().unwrap_or(SettingSource::Default)
    }
}

impl Config {
    /// Every setting, section by section.
    pub fn listing(&self) -> Vec<Setting> {
        // A path may be no text.
        let data_dir = self.server.data_dir.to_string_lossy().into_owned().into();
        let shown = Config { server: ServerConfig { data_dir, ..self.server.clone() }, ..self.clone() };
        let Ok(Value::Object(sections)) = serde_json::to_value(shown) else { return Vec::new() };
        let keys = sections.into_iter().flat_map(|(section, keys)| {
            let keys = if let Value::Object(keys) = keys { keys } else { serde_json::Map::new() };
            keys.into_iter().map(move |(key, value)| (format!("{section}.{key}"), value))
        });
        keys.map(|(key, value)| Setting::of(key, value, &self.sources)).collect()
    }
}

impl Setting {
    fn of(key: String, value: Value, sources: &SettingSources) -> Self {
        let secret = SECRETS.iter().any(|word| key.ends_with(word));
        let (unit, source) = (unit(&key), sources.of(&key));
        Self { key, value: if secret { Value::Null } else { value }, unit, source, secret }
    }
}

/// A key that ends in one of these is never shown with its value.
const SECRETS: [&str; 4] = ["_secret", "_password", "_token", "_key"];

/// Longer ones first, where one ends as another does.
const UNITS: [&str; 10] = ["bytes_per_sec", "per_sec", "per_min", "ms", "secs", "hours", "days", "bytes", "kib", "mib"];

fn unit(key: &str) -> Option<&'static str> {
    UNITS.into_iter().find(|unit| key.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_from_the_key_and_a_secret_is_not_shown() {
        for (key, wanted) in [
            ("http.max_file_mib", Some("mib")),
            ("http.body_min_bytes_per_sec", Some("bytes_per_sec")),
            ("live.max_frames_per_sec", Some("per_sec")),
            ("live.ring_events", None),
            ("server.mib", None),
        ] {
            assert_eq!(unit(key), wanted, "{key}");
        }
        let shown = |key: &str| Setting::of(key.to_owned(), "x".into(), &SettingSources::default());
        assert_eq!((shown("mail.api_token").secret, shown("mail.api_token").value), (true, Value::Null));
        assert_eq!((shown("auth.max_keys").secret, shown("auth.max_keys").value), (false, "x".into()));
    }

    #[test]
    fn every_setting_is_listed_with_who_said_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("quire.toml");
        std::fs::write(&path, "[http]\nmax_file_mib = 7\n[log]\nlevel = \"warn\"\n").unwrap();
        let flags = [("log.level", "error".to_owned())];
        let listed = Config::load(Some(&path), &flags).unwrap().listing();
        let defaults = super::super::DEFAULTS.lines().filter(|line| !line.starts_with('#') && line.contains(" = "));
        assert_eq!(listed.len(), defaults.count());
        let of = |key: &str| listed.iter().find(|setting| setting.key == key).unwrap();
        assert_eq!((of("http.max_file_mib").source, &of("http.max_file_mib").value), (SettingSource::File, &7.into()));
        assert_eq!((of("log.level").source, &of("log.level").value), (SettingSource::Flag, &"error".into()));
        assert_eq!(of("http.max_json_kib").source, SettingSource::Default);
        assert!(listed.iter().all(|setting| !setting.secret), "no setting of ours is one");
    }
}
