//! Tells the linker that Node.js provides the N-API symbols, and that the addon stays in memory.

use std::env;

fn main() {
    napi_build::setup();
    // Node.js unloads an addon with the last worker thread that has loaded it; its own threads run
    // on. On macOS a library with thread-locals is never unloaded, on Windows napi sees to it.
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["linux", "android", "freebsd"].contains(&system.as_str()) {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
