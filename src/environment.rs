//! The process's environment: whether variables are still as they were, asked at once. A client for
//! each request asks about thirty of them, and reading one through `process.env` takes as long as
//! reading ten here.

use std::env;
use std::ffi::OsString;

use napi_derive::napi;

/// Some variables as they were.
#[napi]
pub struct NativeVariables {
    seen: Vec<(String, Option<OsString>)>,
}

#[napi]
impl NativeVariables {
    /// As they are now. Names that no variable can have are of none.
    #[napi(factory, catch_unwind)]
    pub fn read(names: Vec<String>) -> Self {
        let seen = names.into_iter().map(|name| {
            let value = env::var_os(&name);
            (name, value)
        });
        Self { seen: seen.collect() }
    }

    /// Whether they still are.
    #[napi(catch_unwind)]
    pub fn unchanged(&self) -> bool {
        self.seen.iter().all(|(name, value)| env::var_os(name) == *value)
    }
}
