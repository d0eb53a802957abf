//! Writes the files that the fuzz targets begin with: `cargo run --example seeds -- FOLDER` makes
//! FOLDER/jpeg, FOLDER/lep, FOLDER/ivf and FOLDER/video.

use std::num::NonZero;
use std::path::PathBuf;
use std::{env, error::Error, fs};

use lentil::Options;
use lentil::video::{Codec, Stream};
use lentil_tests::jpeg_maker::{catalogue, make, refused};
use lentil_tests::vp8::{STREAMS, sample};

/// Larger files only make the fuzzer slow.
const MOST_BYTES: usize = 16_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("usage: seeds FOLDER")?);
    let (jpegs, leps) = (folder.join("jpeg"), folder.join("lep"));
    let ivfs = folder.join("ivf");
    fs::create_dir_all(&ivfs)?;
    for (number, stream) in STREAMS.iter().enumerate() {
        fs::write(ivfs.join(format!("{number}.ivf")), stream)?;
    }
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
    let video = folder.join("video");
    fs::create_dir_all(&video)?;
    for name in ["small.ivf", "small.webm"] {
        fs::write(video.join(name), sample(name))?;
    }
    // A codec after the first frame.
    let (file, mut frame) = (sample("small.ivf"), Vec::new());
    Stream::open(file.as_slice(), u64::MAX)?.next_frame(&mut frame)?;
    let decoded = Codec::new(Default::default()).decode(&frame)?;
    decoded
        .codec
        .save(fs::File::create(video.join("small.state"))?)?;
    Ok(())
}
