#![allow(missing_docs, clippy::all)]
use super::*;
pub struct Breaks<'a> {
    pub ordinals: &'a mut [u32],
    pub count: usize,
    pub base: u32,
}
#[derive(Clone, Default)]
pub struct Progress;
impl Progress {
    pub fn admit(&mut self, _p: &Plan<'_>) -> bool {
        true
    }
}
pub fn decode(
    _: &Plan<'_>,
    _: &mut ScanState,
    _: &mut SeenStyle,
    _: &[u8],
    s: BitPosition,
    _: bool,
    _: u32,
    _: &Layout,
    _: &mut [Block],
    _: &mut Breaks<'_>,
) -> (BitPosition, Stop) {
    (s, Stop::Irregular)
}
pub fn encode(
    _: &Plan<'_>,
    _: &mut ScanState,
    _: &mut PartialByte,
    _: &Style,
    _: u32,
    _: &Layout,
    _: &[Block],
    _: &[u32],
    _: &mut [u8],
) -> (usize, Put) {
    (0, Put::NoCode)
}
