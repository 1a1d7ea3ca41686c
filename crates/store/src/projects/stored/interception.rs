//! Interception as it is stored.

use model::Interception;
use serde::{Deserialize, Serialize};

use crate::projects::Result;
use crate::stored::{parse, parse_all, texts};

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredInterception {
    mode: String,
    browser: String,
    unknown: String,
    bypass: Vec<String>,
    extra_roots: Option<String>,
    unverified: Vec<String>,
}

impl Default for StoredInterception {
    fn default() -> Self {
        Self::from(&Interception::default())
    }
}

impl From<&Interception> for StoredInterception {
    fn from(interception: &Interception) -> Self {
        Self {
            mode: interception.mode.to_string(),
            browser: interception.browser.to_string(),
            unknown: interception.unknown.to_string(),
            bypass: texts(&interception.bypass),
            extra_roots: interception.extra_roots.clone(),
            unverified: texts(&interception.unverified),
        }
    }
}

impl StoredInterception {
    pub(super) fn complete(self) -> Result<Interception> {
        let what = "project";
        Ok(Interception {
            mode: parse(what, &self.mode)?,
            browser: parse(what, &self.browser)?,
            unknown: parse(what, &self.unknown)?,
            bypass: parse_all(what, &self.bypass)?,
            extra_roots: self.extra_roots,
            unverified: parse_all(what, &self.unverified)?,
        })
    }
}
