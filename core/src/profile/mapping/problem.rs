//! What is wrong with the mappings, in words that tell the operator what to change.

use serde::Serialize;

/// Where mappings came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MappingSource {
    /// The environment variable `BEDROCK_INFERENCE_PROFILE_MAPPINGS`.
    Environment,
    /// The client's option `mappings`.
    Option,
    /// The file that `BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE` or the option `mappingsFile` names.
    File,
    /// What operators have written into the store.
    Store,
}

impl MappingSource {
    /// The name the operator knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "BEDROCK_INFERENCE_PROFILE_MAPPINGS",
            Self::Option => "The option \"mappings\"",
            Self::File => "The mappings file",
            Self::Store => "The document of mappings in the store",
        }
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The entry, or the part that the message names, is left out. All others work.
    Error,
    /// The entry works; it may not mean what was meant.
    Warning,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MappingProblem {
    /// Where the entry stands.
    pub origin: MappingSource,
    /// The entry's key; `null` where the text as a whole is meant.
    pub entry: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The whole message: where, what is wrong, what would be right.
    pub message: String,
}

/// Gathers problems; bounded, so that a broken file does not flood a log.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// Which file it is.
    file: Option<String>,
    list: Vec<MappingProblem>,
    beyond: usize,
}

/// How many problems are told one by one.
const TOLD: usize = 100;

impl Problems {
    /// Gathers those of a file.
    pub(super) fn of_file(path: &str) -> Self {
        Self { file: Some(path.to_owned()), ..Self::default() }
    }

    fn name(&self, origin: MappingSource) -> String {
        match &self.file {
            Some(path) if origin == MappingSource::File => format!("{} {path}", origin.name()),
            _ => origin.name().to_owned(),
        }
    }

    pub(super) fn whole(&mut self, origin: MappingSource, severity: Severity, text: &str) {
        self.push(origin, None, severity, format!("{} {text}", self.name(origin)));
    }

    pub(super) fn entry(
        &mut self,
        origin: MappingSource,
        key: &str,
        severity: Severity,
        text: &str,
    ) {
        let message =
            format!("{}, entry {}: {text}", self.name(origin), crate::profile::quote::quoted(key));
        self.push(origin, Some(key.to_owned()), severity, message);
    }

    fn push(
        &mut self,
        origin: MappingSource,
        entry: Option<String>,
        severity: Severity,
        message: String,
    ) {
        if self.list.len() < TOLD {
            self.list.push(MappingProblem { origin, entry, severity, message });
        } else {
            self.beyond += 1;
        }
    }

    /// Whether further problems are only counted.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= TOLD
    }

    pub(super) fn finish(mut self) -> Vec<MappingProblem> {
        if self.beyond > 0
            && let Some(origin) = self.list.last().map(|last| last.origin)
        {
            let message =
                format!("{} has {} more problems than these.", self.name(origin), self.beyond);
            self.list.push(MappingProblem {
                origin,
                entry: None,
                severity: Severity::Warning,
                message,
            });
        }
        self.list
    }
}
