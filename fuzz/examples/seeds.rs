//! Writes the files that the fuzz targets begin with: `cargo run --example seeds -- FOLDER` makes
//! FOLDER/jpeg and FOLDER/lep.

use std::num::NonZero;
use std::path::PathBuf;
use std::{env, error::Error, fs};

use lentil::Options;
use lentil_tests::jpeg_maker::{catalogue, make, refused};

/// Larger files only make the fuzzer slow.
const MOST_BYTES: usize = 16_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("usage: seeds FOLDER")?);
    let (jpegs, leps) = (folder.join("jpeg"), folder.join("lep"));
    fs::create_dir_all(&jpegs)?;
    fs::create_dir_all(&leps)?;
    for (name, bytes) in refused() {
        fs::write(jpegs.join(format!("refused_{name}.jpg")), bytes)?;
    }
    for (number, (name, spec)) in catalogue().into_iter().enumerate() {
        let jpeg = make(&spec);
        if jpeg.len() > MOST_BYTES {
            continue;
        }
        let mut options = Options::default();
        options.partitions = NonZero::new(1 + (number % 3) as u8);
        options.own_version = number % 5 == 0;
        let length = jpeg.len() as u64;
        options.range = (number % 4 == 3).then_some(length / 3..length - 100);
        let mut lep = Vec::new();
        lentil::compress_slice(&jpeg, &mut lep, &options)?;
        fs::write(jpegs.join(format!("{name}.jpg")), jpeg)?;
        fs::write(leps.join(format!("{name}.lep")), lep)?;
    }
    Ok(())
}
