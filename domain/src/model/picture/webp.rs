//! WebP (RFC 9649): a RIFF container of chunks, each with type, length and content, filled up to
//! an even length.

const HEAD: usize = 12;
const LOOK: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
const PICTURE: [&[u8; 4]; 3] = [b"VP8 ", b"VP8L", b"ANMF"];
/// The bits that announce Exif and XMP.
const NOTES: u8 = 0b0000_1100;

/// The file with those chunks only that say how it looks.
pub(super) fn stripped(file: &[u8]) -> Option<Vec<u8>> {
    let (head, content) = file.split_at_checked(HEAD)?;
    if !head.starts_with(b"RIFF") || !head.ends_with(b"WEBP") {
        return None;
    }
    let size = usize::try_from(u32::from_le_bytes(head[4..8].try_into().ok()?)).ok()?;
    let mut rest = content.get(..size.checked_sub(4)?.min(content.len()))?;
    let mut kept = head.to_vec();
    let mut shows = false;
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?);
        let length = usize::try_from(length).ok()?.checked_add(8)?;
        // Decoders may pass over how long the file says to be; what is cut off would be missing.
        if length > rest.len() {
            return None;
        }
        // Only the byte that fills up the last chunk may be missing.
        let (chunk, after) = rest.split_at(length.next_multiple_of(2).min(rest.len()));
        shows |= PICTURE.iter().any(|kind| chunk.starts_with(*kind));
        add(&mut kept, chunk);
        rest = after;
    }
    let size = u32::try_from(kept.len() - 8).ok()?;
    kept[4..8].copy_from_slice(&size.to_le_bytes());
    shows.then_some(kept)
}

fn add(kept: &mut Vec<u8>, chunk: &[u8]) {
    let is = |kind: &[u8; 4]| chunk.starts_with(kind);
    if !LOOK.iter().any(|look| is(look)) {
        return;
    }
    let start = kept.len();
    kept.extend(chunk);
    if is(b"VP8X")
        && let Some(flags) = kept.get_mut(start + 8)
    {
        *flags &= !NOTES;
    }
}
