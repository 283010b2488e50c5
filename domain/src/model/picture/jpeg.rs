//! JPEG (ITU-T T.81): a row of marked segments, the last of which is followed by the pixels.

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const PROFILE: &[u8] = b"ICC_PROFILE\0";

/// The file with those segments only that say how it looks.
pub(super) fn stripped(file: &[u8]) -> Option<Vec<u8>> {
    let mut rest = file.strip_prefix(&[0xFF, START])?;
    let mut kept = Vec::with_capacity(file.len());
    kept.extend([0xFF, START]);
    loop {
        rest = at_marker(rest)?;
        let marker = *rest.get(1)?;
        if marker == END {
            kept.extend([0xFF, END]);
            return Some(kept);
        }
        let (segment, after) = rest.split_at_checked(segment_length(marker, rest)?)?;
        if is_kept(marker, segment) {
            kept.extend(segment);
        }
        rest = after;
        if marker == SCAN {
            let (pixels, after) = rest.split_at(scan_length(rest));
            kept.extend(pixels);
            rest = after;
        }
    }
}

/// Passes over bytes that fill up the space before a marker.
fn at_marker(rest: &[u8]) -> Option<&[u8]> {
    let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
    rest.get(fill.checked_sub(1)?..)
}

/// With marker and length; some markers stand alone.
fn segment_length(marker: u8, rest: &[u8]) -> Option<usize> {
    if matches!(marker, 0x01 | 0xD0..=0xD7) {
        return Some(2);
    }
    let length = u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]);
    Some(2 + usize::from(length.max(2)))
}

/// Applications' segments are notes, but for the ones that tell the colours; so are comments.
fn is_kept(marker: u8, segment: &[u8]) -> bool {
    match marker {
        0xE0 | 0xEE => true,
        0xE2 => segment.get(4..).is_some_and(|content| content.starts_with(PROFILE)),
        0xE1..=0xEF | 0xFE => false,
        _ => true,
    }
}

/// Up to the next marker that is neither an escaped byte nor a restart.
fn scan_length(rest: &[u8]) -> usize {
    let is_end = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
    rest.windows(2).position(is_end).unwrap_or(rest.len())
}
