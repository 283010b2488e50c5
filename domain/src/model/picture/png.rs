//! PNG (W3C): a signature and a row of chunks, each with length, type, content and checksum.

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Bytes of a chunk besides its content.
const FRAME: usize = 12;
/// Chunks that a decoder may pass over but that say how the picture looks or moves.
const LOOK: [&[u8; 4]; 13] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"bKGD", b"pHYs", b"sBIT", b"sPLT",
    b"acTL", b"fcTL", b"fdAT",
];

/// The file with those chunks only that say how it looks.
pub(super) fn stripped(file: &[u8]) -> Option<Vec<u8>> {
    let mut rest = file.strip_prefix(SIGNATURE)?;
    let mut kept = Vec::with_capacity(file.len());
    kept.extend(SIGNATURE);
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk::<4>()?);
        let length = usize::try_from(length).ok()?.checked_add(FRAME)?;
        let (chunk, after) = rest.split_at_checked(length)?;
        let kind = chunk.get(4..8)?;
        if is_kept(kind) {
            kept.extend(chunk);
        }
        if kind == b"IEND" {
            return Some(kept);
        }
        rest = after;
    }
}

/// A capital first letter means that the picture cannot be shown without the chunk.
fn is_kept(kind: &[u8]) -> bool {
    kind.first().is_some_and(u8::is_ascii_uppercase)
        || LOOK.iter().any(|look| look.as_slice() == kind)
}
