//! The two codecs behind one face: one thread, no verification, slices in memory.

use std::io::Cursor;
use std::num::{NonZeroU8, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};

use lepton_jpeg::{EnabledFeatures, SingleThreadPool};

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// The crate lepton_jpeg.
    Peer,
    /// The crate lentil.
    Ours,
}

impl Codec {
    /// Both, the peer first.
    pub const BOTH: [Codec; 2] = [Codec::Peer, Codec::Ours];

    /// The crate's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Codec::Peer => "lepton_jpeg",
            Codec::Ours => "lentil",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Codec {
        match self {
            Codec::Peer => Codec::Ours,
            Codec::Ours => Codec::Peer,
        }
    }

    /// Replaces `lep` by the compressed JPEG.
    ///
    /// # Errors
    ///
    /// What the codec says.
    pub fn compress(
        self,
        jpeg: &[u8],
        lep: &mut Vec<u8>,
        partitions: NonZeroU8,
    ) -> Result<(), String> {
        match self {
            Codec::Peer => peer_compress(jpeg, lep, partitions),
            Codec::Ours => lentil_compress(jpeg, lep, Some(partitions), NonZeroUsize::MIN),
        }
    }

    /// Replaces `jpeg` by the restored JPEG.
    ///
    /// # Errors
    ///
    /// What the codec says.
    pub fn restore(self, lep: &[u8], jpeg: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Codec::Peer => peer_restore(lep, jpeg),
            Codec::Ours => lentil_restore(lep, jpeg, NonZeroUsize::MIN),
        }
    }

    /// Whether this codec promises to restore the file: the peer knows only version 1 without 'Y'.
    #[must_use]
    pub fn knows(self, lep: &[u8]) -> bool {
        self == Codec::Ours || (lep.get(2) == Some(&1) && lep.get(3) != Some(&b'Y'))
    }
}

/// Compresses with Lentil, unverified; no partitions means that their number follows from the size.
///
/// # Errors
///
/// What the library says.
pub fn lentil_compress(
    jpeg: &[u8],
    lep: &mut Vec<u8>,
    partitions: Option<NonZeroU8>,
    threads: NonZeroUsize,
) -> Result<(), String> {
    lep.clear();
    let mut options = lentil::Options::default();
    options.verify = false;
    options.partitions = partitions;
    options.threads = threads;
    lentil::compress_slice(jpeg, lep, &options).map_err(|e| e.to_string())?;
    Ok(())
}

/// Restores with Lentil.
///
/// # Errors
///
/// What the library says.
pub fn lentil_restore(lep: &[u8], jpeg: &mut Vec<u8>, threads: NonZeroUsize) -> Result<(), String> {
    jpeg.clear();
    let mut options = lentil::Options::default();
    options.threads = threads;
    lentil::decompress(lep, jpeg, &options).map_err(|e| e.to_string())?;
    Ok(())
}

fn peer_compress(jpeg: &[u8], lep: &mut Vec<u8>, partitions: NonZeroU8) -> Result<(), String> {
    lep.clear();
    let features = EnabledFeatures {
        max_partitions: partitions.get().into(),
        max_processor_threads: 1,
        ..EnabledFeatures::compat_lepton_vector_write()
    };
    // This pool says that its parallelism is 1; the peer then works in the calling thread.
    let pool = SingleThreadPool::default();
    guarded(|| {
        let mut writer = Cursor::new(lep);
        lepton_jpeg::encode_lepton(&mut Cursor::new(jpeg), &mut writer, &features, &pool)
            .map_err(|e| e.to_string())
    })?;
    Ok(())
}

fn peer_restore(lep: &[u8], jpeg: &mut Vec<u8>) -> Result<(), String> {
    jpeg.clear();
    let features = EnabledFeatures {
        max_processor_threads: 1,
        ..EnabledFeatures::compat_lepton_vector_read()
    };
    let pool = SingleThreadPool::default();
    guarded(|| {
        lepton_jpeg::decode_lepton(&mut Cursor::new(lep), jpeg, &features, &pool)
            .map_err(|e| e.to_string())
    })?;
    Ok(())
}

/// The peer panics on some files: that is its answer, not the end of the run.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("panicked".into()))
}
