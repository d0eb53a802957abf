//! What video files hold.

use std::fs::File;

use lentil::core::vp8::State;
use lentil::video::{Error, FrameSurvey, Limits, Stream, StreamInfo, survey_frame};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::say;

/// A frame: its bytes, and what it holds, if it holds anything.
struct FrameInfo {
    bytes: usize,
    survey: Result<Option<FrameSurvey>, Error>,
}

/// What a video file holds.
pub struct VideoInfo {
    stream: StreamInfo,
    frames: Vec<FrameInfo>,
    /// Why the file ends before its time.
    damage: Option<Error>,
}

/// Reads the syntax of all frames.
pub fn describe(file: &File, memory: u64) -> Result<VideoInfo, Failure> {
    let mut stream = Stream::open(file, memory)?;
    let mut info = VideoInfo {
        stream: *stream.info(),
        frames: Vec::new(),
        damage: None,
    };
    let (mut state, mut segments) = (State::NEW, Vec::new());
    let mut data = Vec::new();
    loop {
        match stream.next_frame(&mut data) {
            Ok(None) => return Ok(info),
            Ok(Some(_)) => info.frames.push(FrameInfo {
                bytes: data.len(),
                survey: survey_frame(&mut state, &mut segments, &data, &Limits::NONE),
            }),
            Err(error) => {
                info.damage = Some(error);
                return Ok(info);
            }
        }
    }
}

/// How much wider or higher to show a picture.
const SCALES: [&str; 4] = ["1", "5/4", "5/3", "2"];

impl VideoInfo {
    /// What could be decoded.
    fn surveys(&self) -> impl Iterator<Item = &FrameSurvey> {
        let frames = self.frames.iter();
        frames.filter_map(|frame| frame.survey.as_ref().ok()?.as_ref())
    }

    /// Whether something is damaged.
    pub fn is_damaged(&self) -> bool {
        self.damage.is_some() || self.frames.iter().any(|frame| frame.survey.is_err())
    }

    /// Sizes of pictures, without repeats.
    fn sizes(&self) -> Vec<(u16, u16)> {
        let mut sizes: Vec<_> = self.surveys().map(|s| (s.width, s.height)).collect();
        sizes.dedup();
        sizes
    }

    /// The summary, and a line a frame.
    pub fn print(&self) {
        let stream = &self.stream;
        say(format_args!("  container   {}", stream.container));
        for (width, height) in self.sizes() {
            say(format_args!("  video       VP8, {width} x {height}"));
        }
        if stream.rate.0 != 0 && stream.rate.1 != 0 {
            let (rate, per) = stream.rate;
            let fps = f64::from(rate) / f64::from(per);
            say(format_args!("  rate        {fps:.3} frames a second"));
        }
        let keys = self.surveys().filter(|s| s.header.key_frame).count();
        let hidden = self.surveys().filter(|s| !s.header.shown).count();
        let bytes: usize = self.frames.iter().map(|frame| frame.bytes).sum();
        say(format_args!(
            "  frames      {}, {keys} key frames, {hidden} hidden, {bytes} bytes",
            self.frames.len()
        ));
        if let Some(damage) = &self.damage {
            say(format_args!("  damage      {damage}"));
        }
        say(format_args!(
            "  {:>5} {:>9}  {:6} {:>4} {:>5} {:>6}  {:>27}  becomes",
            "frame", "bytes", "kind", "q", "parts", "filter", "intra/last/golden/altref"
        ));
        for (i, frame) in self.frames.iter().enumerate() {
            print_frame(i, frame);
        }
    }

    /// The same for programs.
    pub fn json(&self, value: &mut Value) {
        value["kind"] = json!("video");
        value["codec"] = json!("vp8");
        value["container"] = json!(self.stream.container);
        value["rate"] = json!([self.stream.rate.0, self.stream.rate.1]);
        if let Some((width, height)) = self.sizes().first() {
            value["width"] = json!(width);
            value["height"] = json!(height);
        }
        value["frames"] = self.frames.iter().map(frame_json).collect();
        if let Some(damage) = &self.damage {
            value["damage"] = json!(damage.to_string());
        }
    }
}

/// Which references a frame replaces.
fn updates(survey: &FrameSurvey) -> Vec<(&'static str, String)> {
    use lentil::video::Source;
    let references = &survey.header.references;
    let all = [
        ("last", references.last, Source::Last),
        ("golden", references.golden, Source::Golden),
        ("altref", references.altref, Source::Altref),
    ];
    let changed = all.into_iter().filter(|(_, source, same)| source != same);
    changed
        .map(|(name, source, _)| (name, format!("{source:?}").to_lowercase()))
        .collect()
}

fn print_frame(i: usize, frame: &FrameInfo) {
    let bytes = frame.bytes;
    match &frame.survey {
        Err(error) => say(format_args!("  {i:5} {bytes:9}  {error}")),
        Ok(None) => say(format_args!("  {i:5} {bytes:9}  repeats the last picture")),
        Ok(Some(survey)) => {
            let header = &survey.header;
            let kind = match (header.key_frame, header.shown) {
                (true, _) => "key",
                (false, true) => "inter",
                (false, false) => "hidden",
            };
            let [intra, last, golden, altref] = survey.macroblocks;
            let updates: Vec<String> = updates(survey)
                .into_iter()
                .map(|(name, source)| format!("{name}={source}"))
                .collect();
            say(format_args!(
                "  {i:5} {bytes:9}  {kind:6} {:4} {:5} {:6}  {:>27}  {}{}",
                header.quantizers.base,
                header.partitions,
                header.filter.level,
                format!("{intra}/{last}/{golden}/{altref}"),
                updates.join(" "),
                if survey.lacks_data {
                    "  lacks data"
                } else {
                    ""
                }
            ));
        }
    }
}

fn frame_json(frame: &FrameInfo) -> Value {
    let mut value = json!({ "bytes": frame.bytes });
    match &frame.survey {
        Err(error) => value["reason"] = json!(error.to_string()),
        Ok(None) => value["repeats"] = json!(true),
        Ok(Some(survey)) => {
            let header = &survey.header;
            let [intra, last, golden, altref] = survey.macroblocks;
            let [horizontal, vertical] = survey.scale.map(|s| SCALES[usize::from(s & 3)]);
            value["key"] = json!(header.key_frame);
            value["shown"] = json!(header.shown);
            value["version"] = json!(header.version);
            value["width"] = json!(survey.width);
            value["height"] = json!(survey.height);
            value["scale"] = json!([horizontal, vertical]);
            value["quantizer"] = json!(header.quantizers.base);
            value["token_partitions"] = json!(header.partitions);
            value["filter_level"] = json!(header.filter.level);
            value["sharpness"] = json!(header.filter.sharpness);
            value["segments"] = json!(header.segmentation.enabled);
            value["macroblocks"] = json!({
                "intra": intra, "last": last, "golden": golden, "altref": altref
            });
            let updates = updates(survey)
                .into_iter()
                .map(|(name, source)| (name.to_string(), json!(source)));
            value["updates"] = Value::Object(updates.collect());
            value["lacks_data"] = json!(survey.lacks_data);
        }
    }
    value
}
