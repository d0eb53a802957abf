//! Pictures to encode, made by formulas: I420, of any size.

use crate::rng::mix;

/// What a film shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Soft shapes that move by parts of pixels.
    Gradient,
    /// New noise in every picture: nothing can be predicted.
    Noise,
    /// Black strokes on white that move by whole pixels, and a corner that stays.
    Text,
    /// One colour, that of the first picture.
    Flat,
    /// Left a gradient, right strokes, and a block of noise that jumps.
    Mixed,
}

impl Scene {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Scene::Gradient,
        Scene::Noise,
        Scene::Text,
        Scene::Flat,
        Scene::Mixed,
    ];

    /// Picture `frame` as I420.
    #[must_use]
    pub fn i420(self, width: u16, height: u16, frame: u32) -> Vec<u8> {
        let [width, height] = [width, height].map(u32::from);
        let half = [width.div_ceil(2), height.div_ceil(2)];
        let mut bytes = Vec::new();
        for (plane, [width, height]) in [[width, height], half, half].into_iter().enumerate() {
            for y in 0..height {
                bytes.extend((0..width).map(|x| self.sample(plane as u32, [x, y], width, frame)));
            }
        }
        bytes
    }

    fn sample(self, plane: u32, [x, y]: [u32; 2], width: u32, frame: u32) -> u8 {
        let noise = |scale: u32| {
            let place = u64::from(x / scale) | u64::from(y / scale) << 16;
            mix(place | u64::from(frame) << 32 | u64::from(plane) << 60) as u8
        };
        match self {
            Scene::Gradient => {
                let (x, y, t) = (f64::from(x), f64::from(y), f64::from(frame));
                let turn = f64::from(plane) * 2.0;
                let wave = (0.11 * x + 0.3 * t + turn).sin() + (0.07 * y - 0.23 * t).cos();
                (128.0 + 55.0 * wave) as u8
            }
            Scene::Noise => noise(1),
            Scene::Text => {
                let shift = if x < width / 4 { 0 } else { 3 * frame };
                let glyph = mix(u64::from((x + shift) / 6) | u64::from(y / 9) << 20);
                let stroke = glyph >> ((x + shift) % 6 + 6 * (y % 9)) & 1;
                match (plane, stroke) {
                    (0, 1) => 16,
                    (0, _) => 235,
                    _ => 128,
                }
            }
            Scene::Flat => 90 + 40 * plane as u8,
            Scene::Mixed => {
                let jump = mix(u64::from(frame)) as u32 % width.max(1);
                if x.abs_diff(jump) < 9 && y % 40 < 17 {
                    noise(2)
                } else if x < width / 2 {
                    Scene::Gradient.sample(plane, [x, y], width, frame)
                } else {
                    Scene::Text.sample(plane, [x, y], width, frame)
                }
            }
        }
    }
}

/// A Y4M file of pictures; `parameters` follow the size in its header, say, ` F30:1 C420`.
#[must_use]
pub fn y4m(size: (u16, u16), parameters: &str, pictures: &[Vec<u8>]) -> Vec<u8> {
    let mut file = format!("YUV4MPEG2 W{} H{}{parameters}\n", size.0, size.1).into_bytes();
    for picture in pictures {
        file.extend(b"FRAME\n");
        file.extend(picture);
    }
    file
}
