//! VP8 frames decoded in spans of any length, in any order that the stages allow.

use lentil_core::vp8::{
    Above, Blocks, ChromaStrip, Contexts, Cursor, Edge, Error, Frame, LumaStrip, Macroblock,
    ModeParser, PictureMut, PixelKernels, References, Report, Strip, TokenParser, filter,
    filter_chroma, filter_luma, lines_len, reconstruct,
};

use crate::rng::Rng;

/// What there is of a row, and how many of its spans each stage has done.
struct Row<'a> {
    macroblocks: Vec<Macroblock>,
    blocks: Vec<Blocks>,
    strip: Strip<'a>,
    cursor: Cursor,
    modes: usize,
    tokens: usize,
    pixels: usize,
    /// Luma and chroma.
    filters: [usize; 2],
}

/// A frame on its way.
struct Spans<'a, K> {
    kernels: K,
    frame: &'a Frame<'a>,
    references: &'a References<'a>,
    segments: &'a [u8],
    next_segments: &'a mut [u8],
    /// First columns of the spans, and the number of columns.
    cuts: Vec<usize>,
    modes: ModeParser<'a>,
    tokens: Vec<TokenParser<'a>>,
    above: Vec<Above>,
    contexts: Vec<Contexts>,
    /// By span.
    lines: Vec<Vec<u8>>,
    rows: Vec<Row<'a>>,
    /// Luma and chroma are filtered apart.
    apart: bool,
}

/// A step of one stage.
#[derive(Clone, Copy, Debug)]
enum Step {
    Modes(usize),
    Tokens(usize),
    Reconstruct(usize),
    Filter(usize),
    FilterLuma(usize),
    FilterChroma(usize),
}

/// Decodes a frame as [`lentil_core::vp8::decode`] does, but in spans and an order that are drawn; scratch memory is full
/// of garbage.
///
/// # Errors
///
/// As that.
pub fn decode_in_spans(
    kernels: impl PixelKernels,
    frame: &Frame<'_>,
    references: &References<'_>,
    (segments, next_segments): (&[u8], &mut [u8]),
    picture: &mut [u8],
    random: &mut Rng,
) -> Result<Report, Error> {
    let (columns, rows) = (frame.state.columns(), frame.state.rows());
    let mut planes = PictureMut::of_slice(picture, columns, rows).ok_or(Error::Memory)?;
    let mut cuts = vec![0];
    let longest = 1 + random.below(columns);
    while let Some(&cut) = cuts.last().filter(|cut| **cut < columns) {
        cuts.push((cut + 1 + random.below(longest)).min(columns));
    }
    let lines = cuts
        .windows(2)
        .map(|cut| random.bytes(lines_len(cut[1] - cut[0])));
    let mut spans = Spans {
        kernels,
        frame,
        references,
        segments,
        next_segments,
        modes: ModeParser::new(frame),
        tokens: (0..frame.header.partitions)
            .map(|partition| TokenParser::new(frame, partition))
            .collect(),
        above: vec![Above::NEW; columns],
        contexts: vec![Contexts::NEW; columns],
        lines: lines.collect(),
        rows: rows_of(&mut planes, columns, random),
        apart: random.one_in(2),
        cuts,
    };
    loop {
        let steps = spans.steps();
        if steps.is_empty() {
            break;
        }
        spans.take(steps[random.below(steps.len())])?;
    }
    assert!(spans.modes.next_row().is_none(), "a row is left");
    let lacking = spans.tokens.iter().any(TokenParser::lacks_data);
    frame.accept(lacking || spans.modes.lacks_data())
}

fn rows_of<'a>(planes: &'a mut PictureMut<'_>, columns: usize, random: &mut Rng) -> Vec<Row<'a>> {
    let strides = (planes.y.stride, planes.u.stride);
    let y = planes.y.data.chunks_mut(16 * strides.0);
    let u = planes.u.data.chunks_mut(8 * strides.1);
    let v = planes.v.data.chunks_mut(8 * strides.1);
    let rows = y.zip(u.zip(v)).enumerate().map(|(row, (y, (u, v)))| Row {
        macroblocks: vec![Macroblock::NEW; columns],
        blocks: vec![[[random.next_u64() as i16; 16]; 25]; columns],
        strip: Strip {
            luma: LumaStrip {
                y,
                stride: strides.0,
            },
            chroma: ChromaStrip {
                u,
                v,
                stride: strides.1,
            },
        },
        cursor: Cursor::new(row),
        modes: 0,
        tokens: 0,
        pixels: 0,
        filters: [0; 2],
    });
    rows.collect()
}

impl<K: PixelKernels> Spans<'_, K> {
    /// All steps that can be taken next.
    fn steps(&self) -> Vec<Step> {
        let spans = self.cuts.len() - 1;
        let mut steps: Vec<_> = self.modes.next_row().map(Step::Modes).into_iter().collect();
        for (at, row) in self.rows.iter().enumerate() {
            let above = at.checked_sub(1).map(|above| &self.rows[above]);
            let before = at.checked_sub(self.tokens.len());
            let partition_is_at = before.is_none_or(|before| self.rows[before].tokens == spans);
            if row.tokens < row.modes
                && above.is_none_or(|above| above.tokens > row.tokens)
                && partition_is_at
            {
                steps.push(Step::Tokens(at));
            }
            let beyond = (row.pixels + 2).min(spans);
            if row.pixels < row.tokens && above.is_none_or(|above| above.pixels >= beyond) {
                steps.push(Step::Reconstruct(at));
            }
            let filters = match self.apart {
                true => &[(0, Step::FilterLuma(at)), (1, Step::FilterChroma(at))][..],
                false => &[(0, Step::Filter(at))],
            };
            let ready = |plane: usize| {
                let done = row.filters[plane];
                let above_done = above.is_none_or(|above| above.filters[plane] == spans);
                row.pixels == spans && done < spans && above_done
            };
            steps.extend(
                filters
                    .iter()
                    .filter(|(p, _)| ready(*p))
                    .map(|(_, step)| *step),
            );
        }
        steps
    }

    fn take(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::Modes(row) => self.parse_modes(row),
            Step::Tokens(row) => self.parse_tokens(row),
            Step::Reconstruct(row) => self.reconstruct(row),
            Step::Filter(row) => self.filter(row),
            Step::FilterLuma(row) => self.filter_luma(row),
            Step::FilterChroma(row) => self.filter_chroma(row),
        }
    }

    fn columns(&self, span: usize) -> std::ops::Range<usize> {
        self.cuts[span]..self.cuts[span + 1]
    }

    fn parse_modes(&mut self, at: usize) -> Result<(), Error> {
        let columns = self.columns(self.rows[at].modes);
        let first = at * self.frame.state.columns();
        let in_map = first + columns.start..first + columns.end;
        let row = &mut self.rows[at];
        row.modes += 1;
        self.modes.span(
            self.kernels,
            &mut self.above[columns.clone()],
            self.segments.get(in_map.clone()).unwrap_or_default(),
            &mut self.next_segments[in_map],
            &mut row.macroblocks[columns],
        )
    }

    fn parse_tokens(&mut self, at: usize) -> Result<(), Error> {
        let columns = self.columns(self.rows[at].tokens);
        let partition = at % self.tokens.len();
        let first = at * self.frame.state.columns();
        let in_map = first + columns.start..first + columns.end;
        let row = &mut self.rows[at];
        row.tokens += 1;
        self.tokens[partition].span(
            self.kernels,
            &mut self.contexts[columns.clone()],
            &self.next_segments[in_map],
            &mut row.macroblocks[columns.clone()],
            &mut row.blocks[columns],
        )
    }

    fn reconstruct(&mut self, at: usize) -> Result<(), Error> {
        let span = self.rows[at].pixels;
        let columns = self.columns(span);
        let next = self.lines.get(span + 1);
        let above_right = next.and_then(|next| next.first_chunk().copied());
        let mut edge = Edge {
            lines: &mut self.lines[span],
            above_right,
        };
        let row = &mut self.rows[at];
        row.pixels += 1;
        let syntax = (&row.macroblocks[columns.clone()], &row.blocks[columns]);
        reconstruct(
            self.kernels,
            self.frame,
            &mut row.cursor,
            syntax,
            self.references,
            &mut edge,
            &mut row.strip,
        )
    }

    fn filter(&mut self, at: usize) -> Result<(), Error> {
        let first = self.rows[at].filters[0];
        let columns = self.columns(first);
        let (above, rest) = self.rows.split_at_mut(at);
        let (above, row) = (above.last_mut(), &mut rest[0]);
        row.filters = [first + 1; 2];
        let macroblocks = &row.macroblocks[columns.clone()];
        let above = above.map(|above| &mut above.strip);
        let strip = &mut row.strip;
        filter(
            self.kernels,
            self.frame,
            columns.start,
            macroblocks,
            above,
            strip,
        )
    }

    fn filter_luma(&mut self, at: usize) -> Result<(), Error> {
        let columns = self.columns(self.rows[at].filters[0]);
        let (above, rest) = self.rows.split_at_mut(at);
        let (above, row) = (above.last_mut(), &mut rest[0]);
        row.filters[0] += 1;
        let macroblocks = &row.macroblocks[columns.clone()];
        let above = above.map(|above| &mut above.strip.luma);
        let strip = &mut row.strip.luma;
        filter_luma(
            self.kernels,
            self.frame,
            columns.start,
            macroblocks,
            above,
            strip,
        )
    }

    fn filter_chroma(&mut self, at: usize) -> Result<(), Error> {
        let columns = self.columns(self.rows[at].filters[1]);
        let (above, rest) = self.rows.split_at_mut(at);
        let (above, row) = (above.last_mut(), &mut rest[0]);
        row.filters[1] += 1;
        let macroblocks = &row.macroblocks[columns.clone()];
        let above = above.map(|above| &mut above.strip.chroma);
        let strip = &mut row.strip.chroma;
        filter_chroma(
            self.kernels,
            self.frame,
            columns.start,
            macroblocks,
            above,
            strip,
        )
    }
}
