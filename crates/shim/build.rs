//! Links the shim against an empty library named `libpython-lane.so`.
//!
//! At run time a link of that name lies beside the shim and leads to the libpython of the function's
//! Python. So one shim serves all versions, and libpython is a *needed* library: extension modules
//! find its functions only through the dependencies of a namespace's first object.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let library = folder.join("libpython-lane.so");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(&compiler)
        .args([
            "-shared",
            "-nostdlib",
            "-Wl,-soname,libpython-lane.so",
            "-x",
            "c",
            "/dev/null",
            "-o",
        ])
        .arg(&library)
        .status();
    match status {
        Ok(status) if status.success() => {}
        failure => panic!("{compiler:?} cannot make {}: {failure:?}", library.display()),
    }
    let arguments = [
        "-Wl,--no-as-needed".to_owned(),
        format!("-L{}", folder.display()),
        "-lpython-lane".to_owned(),
        "-Wl,--as-needed".to_owned(),
        "-Wl,-rpath,$ORIGIN".to_owned(),
        "-Wl,-z,now".to_owned(),
        // Functions of CPython are found at load, whichever version that is.
        "-Wl,--unresolved-symbols=ignore-all".to_owned(),
        // The shim's own calls stay inside of it, also in the base namespace.
        "-Wl,-Bsymbolic".to_owned(),
    ];
    for argument in arguments {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}
