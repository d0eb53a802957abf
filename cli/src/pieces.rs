//! Names of the pieces of a file. Each says how many there are, so that none is missed when they are joined, nor one taken that is
//! left of another cut.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The name of a piece of a file of this name.
pub fn name(file: &OsStr, number: usize, count: usize) -> OsString {
    let mut name = file.to_owned();
    name.push(format!(".{number:03}-of-{count:03}.lep"));
    name
}

/// The file, the number and the count that a name of a piece says.
fn parse(path: &Path) -> Option<(String, usize, usize)> {
    let name = path.file_name()?.to_string_lossy();
    let (file, numbers) = name.strip_suffix(".lep")?.rsplit_once('.')?;
    let (number, count) = numbers.split_once("-of-")?;
    Some((file.to_owned(), number.parse().ok()?, count.parse().ok()?))
}

/// Whether these are all pieces of one file in their order, or none of them is a piece by its name.
pub fn check(paths: &[PathBuf]) -> Result<(), String> {
    let Some((file, _, count)) = paths.iter().find_map(|path| parse(path)) else {
        return Ok(());
    };
    let expected = (0..count).map(|number| Some((file.clone(), number, count)));
    if paths.iter().map(|path| parse(path)).eq(expected) {
        return Ok(());
    }
    let name = |number: usize| name(OsStr::new(&file), number, count);
    Err(format!(
        "pieces are joined in their order, all of them and nothing else: {} to {}",
        name(0).display(),
        name(count.saturating_sub(1)).display(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_all_or_none() {
        let names = |names: &[&str]| -> Vec<PathBuf> { names.iter().map(PathBuf::from).collect() };
        let of_two = ["a/x.jpg.000-of-002.lep", "b/x.jpg.001-of-002.lep"];
        assert_eq!(check(&names(&of_two)), Ok(()));
        assert_eq!(check(&names(&["x.0-99.lep", "x.100-.lep"])), Ok(()));
        for wrong in [
            &of_two[..1],
            &of_two[1..],
            &[of_two[1], of_two[0]],
            &[of_two[0], "y.jpg.001-of-002.lep"],
            &[of_two[0], "x.jpg.001-of-003.lep"],
            &[of_two[0], of_two[1], "x.lep"],
            &["x.jpg.000-of-000.lep"],
        ] {
            assert!(check(&names(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        let written = name(OsStr::new("x.y.jpg"), 7, 12);
        assert_eq!(written, "x.y.jpg.007-of-012.lep");
        assert_eq!(parse(Path::new(&written)), Some(("x.y.jpg".into(), 7, 12)));
    }
}
