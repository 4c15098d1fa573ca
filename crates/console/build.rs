//! Puts the built console into the binary: every file of `console/dist` in its compressed forms.
//!
//! Without that folder the table is empty, and the server says how to add the console.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = home.join("../../console/dist");
    println!("cargo:rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    collect(&dist, &mut files);
    files.sort();

    let mut table = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&dist).expect("it was found in there");
        let name = name.to_str().expect("the build gives plain names");
        println!("cargo:rerun-if-changed={}", file.display());
        let form = |ending: &str| format!("include_bytes!({:?})", format!("{}{ending}", file.display()));
        let (brotli, gzip) = (form(".br"), form(".gz"));
        writeln!(
            table,
            "    File {{ name: {name:?}, brotli: {brotli}, gzip: {gzip} }},"
        )
        .expect("a string takes whatever is written");
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("files.rs"), table).expect("cargo's own folder can be written");
}

/// The files of a folder that are there in both compressed forms.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let with = |ending: &str| PathBuf::from(format!("{}{ending}", path.display())).is_file();
        if path.is_dir() {
            collect(&path, files);
        } else if with(".br") && with(".gz") {
            files.push(path);
        }
    }
}
