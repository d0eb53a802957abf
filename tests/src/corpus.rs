//! The external data folder: photographs and files of other encoders that are not part of this repository.

use std::path::{Path, PathBuf};

/// All files with the extension `ext` (no dot, any case) in folder `sub` of the data folder, sorted by name.
///
/// The data folder is `LENTIL_DATA`, else `../shared/data` beside the repository. None means that there is no such
/// folder and none was asked for: a line on stderr says that the test is skipped.
///
/// # Panics
///
/// If `LENTIL_DATA` is set and the folder or the files are missing.
#[must_use]
pub fn data_files(sub: &str, ext: &str) -> Option<Vec<PathBuf>> {
    find(std::env::var_os("LENTIL_DATA").map(PathBuf::from), sub, ext)
}

fn find(asked_for: Option<PathBuf>, sub: &str, ext: &str) -> Option<Vec<PathBuf>> {
    let root = asked_for
        .clone()
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    let folder = root.join(sub);
    let files = files_in(&folder, ext);
    if !files.is_empty() {
        return Some(files);
    }
    assert!(
        asked_for.is_none(),
        "LENTIL_DATA is set, but {} has no .{ext} files; unset LENTIL_DATA to skip these tests",
        folder.display()
    );
    eprintln!(
        "skipped: no .{ext} files in {}; set LENTIL_DATA to the data folder",
        folder.display()
    );
    None
}

/// Files with the extension in one folder; none if the folder cannot be read.
fn files_in(folder: &Path, ext: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| {
            path.is_file()
                && path
                    .extension()
                    .is_some_and(|e| e.eq_ignore_ascii_case(ext))
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_crate() -> Option<PathBuf> {
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")))
    }

    #[test]
    fn files_are_found_by_extension_and_sorted() {
        let files = find(this_crate(), "src", "RS").expect("sources");
        assert!(files.is_sorted() && files.iter().any(|f| f.ends_with("src/corpus.rs")));
    }

    #[test]
    #[should_panic(expected = "LENTIL_DATA is set")]
    fn a_folder_that_was_asked_for_must_have_the_files() {
        let _ = find(this_crate(), "src", "jpg");
    }

    #[test]
    fn without_being_asked_for_a_missing_folder_is_skipped() {
        assert_eq!(find(None, "no-such-folder", "jpg"), None);
    }
}
