//! Builds the shim, which is a library with its own allocator, `panic` and link arguments and so a
//! workspace of its own, and hands it to `src/shim.rs`.
//!
//! A nested cargo with a target folder of its own: the outer one holds the lock of its target folder.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let here =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let crates = here.parent().expect("the crate lies among the others");
    for library in ["shim", "abi", "frame"] {
        for source in ["src", "build.rs", "Cargo.toml", "Cargo.lock"] {
            let source = crates.join(library).join(source);
            if source.exists() {
                println!("cargo::rerun-if-changed={}", source.display());
            }
        }
    }
    let set = |name: &str| env::var(name).expect("cargo describes the target");
    println!("cargo::rustc-check-cfg=cfg(thread_lanes)");
    if (set("CARGO_CFG_TARGET_ARCH"), set("CARGO_CFG_TARGET_OS"), set("CARGO_CFG_TARGET_ENV"))
        != ("x86_64".into(), "linux".into(), "gnu".into())
    {
        return;
    }
    println!("cargo::rustc-cfg=thread_lanes");
    let shim = build(&crates.join("shim"), &out.join("shim"));
    let bytes = fs::read(&shim).unwrap_or_else(|error| panic!("{}: {error}", shim.display()));
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    println!("cargo::rustc-env=FAASTLANE_SHIM={}", shim.display());
    println!("cargo::rustc-env=FAASTLANE_SHIM_HASH={:016x}", hasher.finish());
}

/// Builds the crate in `folder` and returns the library.
fn build(folder: &Path, target: &Path) -> PathBuf {
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
    cargo.args(["build", "--lib", "--locked", "--quiet", "--manifest-path"]);
    cargo.arg(folder.join("Cargo.toml")).arg("--target-dir").arg(target);
    if release {
        cargo.arg("--release");
    }
    // What the outer cargo says about its own crate, compiler wrapper (clippy) and flags is not meant
    // for the shim.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let outer = ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS", "CLIPPY", "DEP_", "MAKEFLAGS"];
        let needed = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_"];
        if outer.iter().any(|start| text.starts_with(start))
            && !needed.iter().any(|start| text.starts_with(start))
        {
            cargo.env_remove(&name);
        }
    }
    match cargo.status() {
        Ok(status) if status.success() => {}
        failure => panic!("the shim in {} does not build: {failure:?}", folder.display()),
    }
    target.join(if release { "release" } else { "debug" }).join("libfaastlane_shim.so")
}
