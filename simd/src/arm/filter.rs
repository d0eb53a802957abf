//! Loop filters (RFC 6386, section 15) as arithmetic of the pixels across an edge, at sixteen places at once.

use core::arch::aarch64::*;

use lentil_core::vp8::kernels::EdgeLimits;

/// Pixels across sixteen places of an edge: three to the fourth before it, and after it.
pub type Across = [uint8x16_t; 8];

/// A filter of the pixels across an edge.
pub trait Filter {
    /// Filters sixteen places.
    ///
    /// # Safety
    ///
    /// The processor has NEON.
    unsafe fn apply(&self, across: Across) -> Across;
}

/// Pixels as signed numbers, and back.
#[inline]
#[target_feature(enable = "neon")]
fn signed(pixels: uint8x16_t) -> int8x16_t {
    vreinterpretq_s8_u8(veorq_u8(pixels, vdupq_n_u8(0x80)))
}

#[inline]
#[target_feature(enable = "neon")]
fn pixels(signed: int8x16_t) -> uint8x16_t {
    veorq_u8(vreinterpretq_u8_s8(signed), vdupq_n_u8(0x80))
}

/// Whether the difference across the edge is within its limit (section 15.2).
#[inline]
#[target_feature(enable = "neon")]
fn within_edge(a: &Across, limit: uint8x16_t) -> uint8x16_t {
    let near = vabdq_u8(a[3], a[4]);
    let far = vshrq_n_u8::<1>(vabdq_u8(a[2], a[5]));
    vcleq_u8(vqaddq_u8(vqaddq_u8(near, near), far), limit)
}

/// The outer difference, where it counts, and three times the inner one.
#[inline]
#[target_feature(enable = "neon")]
fn common(outer: int8x16_t, p0: int8x16_t, q0: int8x16_t) -> int8x16_t {
    let inner = vqsubq_s8(q0, p0);
    let twice = vqaddq_s8(vqaddq_s8(outer, inner), inner);
    vqaddq_s8(twice, inner)
}

/// How much is taken from the pixel after the edge, and how much is added to that before it.
#[inline]
#[target_feature(enable = "neon")]
fn rounded(filter: int8x16_t) -> (int8x16_t, int8x16_t) {
    (
        vshrq_n_s8::<3>(vqaddq_s8(filter, vdupq_n_s8(4))),
        vshrq_n_s8::<3>(vqaddq_s8(filter, vdupq_n_s8(3))),
    )
}

/// Numbers where a mask is all ones, zero elsewhere.
#[inline]
#[target_feature(enable = "neon")]
fn only(numbers: int8x16_t, mask: uint8x16_t) -> int8x16_t {
    vandq_s8(numbers, vreinterpretq_s8_u8(mask))
}

/// Zero where a mask is all ones.
#[inline]
#[target_feature(enable = "neon")]
fn but(numbers: int8x16_t, mask: uint8x16_t) -> int8x16_t {
    vbicq_s8(numbers, vreinterpretq_s8_u8(mask))
}

/// Limits of the normal filters, in all places.
struct Limits {
    edge: uint8x16_t,
    interior: uint8x16_t,
    variance: uint8x16_t,
}

impl Limits {
    #[inline]
    #[target_feature(enable = "neon")]
    fn new(limits: &EdgeLimits) -> Self {
        Limits {
            edge: vdupq_n_u8(limits.edge),
            interior: vdupq_n_u8(limits.interior),
            variance: vdupq_n_u8(limits.variance),
        }
    }

    /// Where pixels are filtered at all, and where variance is low.
    #[inline]
    #[target_feature(enable = "neon")]
    fn masks(&self, a: &Across) -> (uint8x16_t, uint8x16_t) {
        let inner = vmaxq_u8(vabdq_u8(a[2], a[3]), vabdq_u8(a[5], a[4]));
        let before = vmaxq_u8(vabdq_u8(a[0], a[1]), vabdq_u8(a[1], a[2]));
        let after = vmaxq_u8(vabdq_u8(a[7], a[6]), vabdq_u8(a[6], a[5]));
        let largest = vmaxq_u8(inner, vmaxq_u8(before, after));
        let within = vandq_u8(vcleq_u8(largest, self.interior), within_edge(a, self.edge));
        (within, vcleq_u8(inner, self.variance))
    }
}

/// The normal filter at edges of macroblocks (section 15.3).
pub struct Outer(Limits);

impl Outer {
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn new(limits: &EdgeLimits) -> Self {
        Outer(Limits::new(limits))
    }
}

impl Filter for Outer {
    #[inline(always)]
    unsafe fn apply(&self, across: Across) -> Across {
        // SAFETY: as the caller says.
        unsafe { outer(&self.0, across) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn outer(limits: &Limits, a: Across) -> Across {
    let (within, low) = limits.masks(&a);
    let [p2, p1, p0] = [signed(a[1]), signed(a[2]), signed(a[3])];
    let [q0, q1, q2] = [signed(a[4]), signed(a[5]), signed(a[6])];
    let filter = only(common(vqsubq_s8(p1, q1), p0, q0), within);
    let (take, give) = rounded(but(filter, low));
    let (p0, q0) = (vqaddq_s8(p0, give), vqsubq_s8(q0, take));
    // 9, 18 and 27 times the rest, and 63, by 128.
    let rest = only(filter, low);
    let nine = [
        vmull_s8(vget_low_s8(rest), vdup_n_s8(9)),
        vmull_s8(vget_high_s8(rest), vdup_n_s8(9)),
    ];
    let more = |[x0, x1]: [int16x8_t; 2]| [vaddq_s16(x0, nine[0]), vaddq_s16(x1, nine[1])];
    let narrow = |[x0, x1]: [int16x8_t; 2]| vcombine_s8(vshrn_n_s16::<7>(x0), vshrn_n_s16::<7>(x1));
    let far = more([vdupq_n_s16(63); 2]);
    let mid = more(far);
    let near = more(mid);
    let (far, mid, near) = (narrow(far), narrow(mid), narrow(near));
    [
        a[0],
        pixels(vqaddq_s8(p2, far)),
        pixels(vqaddq_s8(p1, mid)),
        pixels(vqaddq_s8(p0, near)),
        pixels(vqsubq_s8(q0, near)),
        pixels(vqsubq_s8(q1, mid)),
        pixels(vqsubq_s8(q2, far)),
        a[7],
    ]
}

/// The normal filter at edges of subblocks (section 15.3).
pub struct Inner(Limits);

impl Inner {
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn new(limits: &EdgeLimits) -> Self {
        Inner(Limits::new(limits))
    }
}

impl Filter for Inner {
    #[inline(always)]
    unsafe fn apply(&self, across: Across) -> Across {
        // SAFETY: as the caller says.
        unsafe { inner(&self.0, across) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn inner(limits: &Limits, a: Across) -> Across {
    let (within, low) = limits.masks(&a);
    let [p1, p0] = [signed(a[2]), signed(a[3])];
    let [q0, q1] = [signed(a[4]), signed(a[5])];
    let outer = but(vqsubq_s8(p1, q1), low);
    let (take, give) = rounded(only(common(outer, p0, q0), within));
    // Half of what is taken, rounded up.
    let rest = only(vrshrq_n_s8::<1>(take), low);
    [
        a[0],
        a[1],
        pixels(vqaddq_s8(p1, rest)),
        pixels(vqaddq_s8(p0, give)),
        pixels(vqsubq_s8(q0, take)),
        pixels(vqsubq_s8(q1, rest)),
        a[6],
        a[7],
    ]
}

/// The simple filter, of two pixels (section 15.2).
pub struct Simple(uint8x16_t);

impl Simple {
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn new(edge: u8) -> Self {
        Simple(vdupq_n_u8(edge))
    }
}

impl Filter for Simple {
    #[inline(always)]
    unsafe fn apply(&self, across: Across) -> Across {
        // SAFETY: as the caller says.
        unsafe { simple(self.0, across) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn simple(limit: uint8x16_t, mut a: Across) -> Across {
    let outer = vqsubq_s8(signed(a[2]), signed(a[5]));
    let (p0, q0) = (signed(a[3]), signed(a[4]));
    let filter = only(common(outer, p0, q0), within_edge(&a, limit));
    let (take, give) = rounded(filter);
    a[3] = pixels(vqaddq_s8(p0, give));
    a[4] = pixels(vqsubq_s8(q0, take));
    a
}
