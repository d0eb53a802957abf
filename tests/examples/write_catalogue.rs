//! Writes the made JPEGs into a folder, to look at or to feed to other programs:
//! `cargo run -p lentil-tests --example write_catalogue -- FOLDER`

use std::{env, error::Error, fs, path::PathBuf};

use lentil_tests::jpeg_maker::{catalogue, make, refused};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("usage: write_catalogue FOLDER")?);
    for sub in ["made", "plain", "refused"] {
        fs::create_dir_all(folder.join(sub))?;
    }
    for (name, spec) in catalogue() {
        fs::write(folder.join("made").join(format!("{name}.jpg")), make(&spec))?;
        // The same picture in the plainest file: decoders must show no difference.
        fs::write(
            folder.join("plain").join(format!("{name}.jpg")),
            make(&spec.plain()),
        )?;
    }
    for (name, bytes) in refused() {
        fs::write(folder.join("refused").join(format!("{name}.jpg")), bytes)?;
    }
    Ok(())
}
