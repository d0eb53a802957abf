//! What came of encoding, for people and for programs, while it goes on and at its end.

use std::fmt;
use std::io::{self, IsTerminal};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use lentil::video::{Distortion, Encoded, Picture, Y4mInfo, ssim};
use serde_json::{Value, json};

use crate::args;

/// Counts of what was encoded.
#[derive(Debug)]
pub struct Report {
    size: (u16, u16),
    /// Frames a second, as the input says.
    rate: f64,
    frames: u64,
    key_frames: u64,
    bytes: u64,
    /// Quantizers: the least, the sum, the greatest.
    quantizers: [u64; 3],
    /// Thousands of bits a second that were asked for.
    target: Option<u32>,
    distortion: Option<Distortion>,
    ssim: Option<Mean>,
    /// How long it took.
    pub seconds: f64,
}

/// A mean of those that there are.
#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    fn get(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl Report {
    /// One of nothing, that will only count.
    pub fn new(info: &Y4mInfo) -> Self {
        let rate = match info.rate {
            (0, _) | (_, 0) => 30.0,
            (rate, per) => f64::from(rate) / f64::from(per),
        };
        Report {
            size: (info.width, info.height),
            rate,
            frames: 0,
            key_frames: 0,
            bytes: 0,
            quantizers: [127, 0, 0],
            target: None,
            distortion: None,
            ssim: None,
            seconds: 0.0,
        }
    }

    /// It measures what is asked for, too.
    pub fn measuring(self, args: &args::Encode) -> Self {
        Report {
            target: args.bitrate,
            distortion: args.psnr.then(Distortion::default),
            ssim: args.ssim.then(Mean::default),
            ..self
        }
    }

    /// One more frame.
    pub fn add(&mut self, source: &Picture, encoded: &Encoded) {
        self.frames += 1;
        self.key_frames += u64::from(encoded.header.key_frame);
        self.bytes += encoded.frame.len() as u64;
        let quantizer = u64::from(encoded.header.quantizers.base);
        let [least, sum, most] = self.quantizers;
        self.quantizers = [least.min(quantizer), sum + quantizer, most.max(quantizer)];
        if let Some(distortion) = &mut self.distortion {
            distortion.add(source, &encoded.picture);
        }
        if let Some(mean) = &mut self.ssim
            && let Some(ssim) = ssim(source, &encoded.picture)
        {
            mean.sum += ssim;
            mean.count += 1;
        }
    }

    /// Whether there was nothing to encode.
    pub fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Thousands of bits for a second of video.
    fn kilobits(&self) -> f64 {
        self.bytes as f64 * 8.0 / 1000.0 * self.rate / self.frames.max(1) as f64
    }

    fn mean_quantizer(&self) -> f64 {
        self.quantizers[1] as f64 / self.frames.max(1) as f64
    }

    fn speed(&self) -> f64 {
        self.frames as f64 / self.seconds.max(1e-9)
    }

    /// The summary for programs. Ratios are null where nothing differs, the similarity where pictures are too small.
    pub fn json(&self, input: &Path, output: &Path) -> Value {
        let mut value = json!({
            "input": input.display().to_string(),
            "output": output.display().to_string(),
            "width": self.size.0,
            "height": self.size.1,
            "frames": self.frames,
            "key_frames": self.key_frames,
            "bytes": self.bytes,
            "kilobits_per_second": self.kilobits(),
            "seconds": self.seconds,
            "frames_per_second": self.speed(),
        });
        if let Some(target) = self.target {
            let [least, _, most] = self.quantizers;
            value["target_kilobits_per_second"] = json!(target);
            value["quantizer"] = json!({"min": least, "mean": self.mean_quantizer(), "max": most});
        }
        if let Some(distortion) = &self.distortion {
            let psnr = distortion.psnr();
            let [y, u, v] = psnr.planes;
            value["psnr"] = json!({"y": y, "u": u, "v": v, "all": psnr.all});
        }
        if let Some(mean) = &self.ssim {
            value["ssim_y"] = json!(mean.get());
        }
        value
    }
}

/// The summary for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.size;
        write!(
            f,
            "{} frames of {width} x {height} ({} key), {} bytes, {:.2} kb/s, {:.1} a second",
            self.frames,
            self.key_frames,
            self.bytes,
            self.kilobits(),
            self.speed()
        )?;
        if let Some(target) = self.target {
            let ([least, _, most], mean) = (self.quantizers, self.mean_quantizer());
            write!(
                f,
                "; of {target} kb/s, quantizers {least} to {most}, mean {mean:.1}"
            )?;
        }
        if let Some(distortion) = &self.distortion {
            let psnr = distortion.psnr();
            let [y, u, v] = psnr.planes;
            write!(f, "; PSNR Y {y:.3} U {u:.3} V {v:.3} all {:.3}", psnr.all)?;
        }
        match self.ssim.as_ref().map(Mean::get) {
            Some(Some(ssim)) => write!(f, "; SSIM Y {ssim:.6}"),
            Some(None) => write!(f, "; no SSIM of pictures below 8 x 8"),
            None => Ok(()),
        }
    }
}

/// A progress bar over the frames, on a terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of so many frames, if that is known.
    pub fn new(frames: Option<u64>, hidden: bool) -> Self {
        if hidden || !io::stderr().is_terminal() {
            return Progress {
                bar: ProgressBar::hidden(),
            };
        }
        let (bar, template) = match frames {
            Some(frames) => (
                ProgressBar::new(frames),
                "{bar:30} {pos}/{len} frames, {msg}, {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {pos} frames, {msg}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress { bar }
    }

    /// One more frame is in the report.
    pub fn advance(&self, report: &Report) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.inc(1);
        let seconds = self.bar.elapsed().as_secs_f64().max(1e-9);
        self.bar.set_message(format!(
            "{:.1} a second, {:.0} kb/s",
            report.frames as f64 / seconds,
            report.kilobits()
        ));
    }

    /// Clears the line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
