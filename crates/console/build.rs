//! Has the console embedded anew when it was built anew.

fn main() {
    // Only what is released holds the files; otherwise they are read from the disk when they are
    // asked for. A path that is not there would have everything compiled each time.
    let folder = "../../web/dist";
    let embeds = std::env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    let watched = if embeds && std::path::Path::new(folder).exists() { folder } else { "build.rs" };
    println!("cargo::rerun-if-changed={watched}");
}
