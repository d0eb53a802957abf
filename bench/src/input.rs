//! The images to work on.

use std::fs;
use std::path::{Path, PathBuf};

use lentil_tests::corpus::data_files;
use lentil_tests::jpeg_maker::{JpegSpec, make, progressive_default};

use crate::args::Args;

/// A JPEG in memory.
#[derive(Clone, Debug)]
pub struct Image {
    /// Name for the tables.
    pub name: String,
    /// The whole file.
    pub bytes: Vec<u8>,
}

/// The images that the arguments ask for, by name; says on stdout where they come from.
///
/// # Errors
///
/// If a folder or a file cannot be read, or nothing fits the filter.
pub fn images(args: &Args) -> Result<Vec<Image>, String> {
    let paths = match &args.folder {
        Some(folder) => Some(jpegs_in(folder)?),
        None => data_files("jpeg/normal", "jpg"),
    };
    let mut images = match paths {
        Some(paths) => {
            if let Some(folder) = paths.first().and_then(|p| p.parent()?.canonicalize().ok()) {
                println!("images: {}", folder.display());
            }
            paths.iter().map(read).collect::<Result<Vec<_>, _>>()?
        }
        None => {
            println!("images: made ones, not photographs: their savings say nothing");
            made()
        }
    };
    images.retain(|image| image.name.contains(&args.filter));
    if images.is_empty() {
        return Err(format!("no JPEG whose name holds {:?}", args.filter));
    }
    Ok(images)
}

fn jpegs_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |e| format!("cannot read the folder {}: {e}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let kind = path.extension().map(|e| e.to_ascii_lowercase());
        if kind.is_some_and(|e| e == "jpg" || e == "jpeg") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &PathBuf) -> Result<Image, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    Ok(Image {
        name: name.into_owned(),
        bytes,
    })
}

/// Images for a checkout without photographs: enough to see that all works and what is faster.
pub(crate) fn made() -> Vec<Image> {
    let specs = [
        ("made_420", JpegSpec::colour(2600, 1900, (2, 2))),
        ("made_422", JpegSpec::colour(1200, 900, (2, 1))),
        ("made_444", JpegSpec::colour(1200, 900, (1, 1))),
        ("made_grey", JpegSpec::grey(1200, 900)),
        (
            "made_progressive",
            JpegSpec::colour(1200, 900, (2, 2)).progressive(progressive_default(3)),
        ),
    ];
    let image = |(name, spec): (&str, JpegSpec)| Image {
        name: name.into(),
        bytes: make(&spec),
    };
    specs.map(image).into()
}
