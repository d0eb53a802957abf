//! Writes a clip of real motion for a camera's encoder: the first pictures of an IVF file, with their mirror images beside and below
//! them, as 320 by 240 pixels in Y4M. Arguments: the IVF file, the Y4M file, and how many pictures.

use lentil_core::vp8::Limits;
use lentil_tests::pictures::y4m;
use lentil_tests::vp8::{Decoder, ivf_frames};

const SIZE: [usize; 2] = [320, 240];

/// A plane gone on with by its mirror images.
fn mirrored(plane: &[u8], from: [usize; 2], to: [usize; 2]) -> Vec<u8> {
    let place = |at: usize, side: usize| {
        let at = at % (2 * side);
        at.min(2 * side - 1 - at)
    };
    let line = |y: usize| (0..to[0]).map(move |x| (place(x, from[0]), y));
    let places = (0..to[1]).flat_map(|y| line(place(y, from[1])));
    places.map(|(x, y)| plane[y * from[0] + x]).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ivf, out, count] = &arguments[..] else {
        panic!("usage: write_clip IVF Y4M COUNT");
    };
    let count = count.parse().expect("a number");
    let file = std::fs::read(ivf).expect("the IVF file can be read");
    let mut decoder = Decoder::default();
    let mut pictures = vec![];
    for frame in ivf_frames(&file).into_iter().take(count) {
        let decoded = decoder.decode(frame, &Limits::NONE).expect("sound frames");
        let Some(decoded) = decoded else { continue };
        let shown = decoder.shown(&decoded.picture);
        let luma = [decoder.state.width, decoder.state.height].map(usize::from);
        let chroma = luma.map(|side| side.div_ceil(2));
        let mut rest = &shown[..];
        let mut picture = vec![];
        for (from, to) in [
            (luma, SIZE),
            (chroma, SIZE.map(|side| side / 2)),
            (chroma, SIZE.map(|side| side / 2)),
        ] {
            let (plane, after) = rest.split_at(from[0] * from[1]);
            picture.extend(mirrored(plane, from, to));
            rest = after;
        }
        pictures.push(picture);
    }
    let size = (SIZE[0] as u16, SIZE[1] as u16);
    std::fs::write(out, y4m(size, " F30:1 C420jpeg", &pictures))
        .expect("the Y4M file can be written");
}
