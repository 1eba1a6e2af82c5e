//! Documents as they are kept: tables in JSON shrink to a quarter.

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{self, Read, Write};

/// Largest document that is taken, in bytes. The largest real summaries are a tenth of it; a small
/// file that grows past it when it is decompressed is an attack or damage.
pub const LARGEST_DOCUMENT: usize = 2 * 1024 * 1024;

/// The document compressed (raw DEFLATE).
///
/// # Errors
/// Only where memory cannot be had.
pub fn compress(document: &[u8]) -> io::Result<Vec<u8>> {
    // Trying harder takes twice the time to save a tenth more.
    let mut encoder =
        DeflateEncoder::new(Vec::with_capacity(document.len() / 3), Compression::fast());
    encoder.write_all(document)?;
    encoder.finish()
}

/// The document that was compressed.
///
/// # Errors
/// `InvalidData` where it is damaged or larger than [`LARGEST_DOCUMENT`], `UnexpectedEof` where it
/// is cut short.
pub fn decompress(compressed: &[u8]) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(LARGEST_DOCUMENT).unwrap_or(u64::MAX);
    let mut document = Vec::with_capacity(compressed.len().saturating_mul(6).min(LARGEST_DOCUMENT));
    DeflateDecoder::new(compressed)
        .take(limit + 1)
        .read_to_end(&mut document)?;
    if document.len() > LARGEST_DOCUMENT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the document is too large",
        ));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_comes_back_as_it_was() {
        let document = "one two three ".repeat(500);
        let kept = compress(document.as_bytes()).unwrap();
        assert!(kept.len() < document.len() / 10);
        assert_eq!(decompress(&kept).unwrap(), document.as_bytes());
    }

    #[test]
    fn a_cut_or_damaged_one_is_refused() {
        let kept = compress(&b"one two three ".repeat(500)).unwrap();
        assert!(decompress(&kept[..kept.len() - 3]).is_err());
        assert!(decompress(&[0xff; 64]).is_err());
    }

    #[test]
    fn one_that_grows_without_end_is_refused() {
        let bomb = compress(&vec![b' '; LARGEST_DOCUMENT + 1]).unwrap();
        assert!(bomb.len() < 10_000);
        assert_eq!(
            decompress(&bomb).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        assert!(decompress(&compress(&vec![b' '; LARGEST_DOCUMENT]).unwrap()).is_ok());
    }

    proptest! {
        #[test]
        fn any_document_comes_back_as_it_was(document: Vec<u8>) {
            prop_assert_eq!(decompress(&compress(&document).unwrap()).unwrap(), document);
        }

        #[test]
        fn damage_does_no_harm(mut kept: Vec<u8>, at: proptest::sample::Index, by in 1..=255_u8) {
            let _refused_or_not = decompress(&kept);
            kept = compress(&kept).unwrap();
            let at = at.index(kept.len());
            kept[at] ^= by;
            if let Ok(document) = decompress(&kept) {
                prop_assert!(document.len() <= LARGEST_DOCUMENT);
            }
        }
    }
}
