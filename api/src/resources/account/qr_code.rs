//! QR codes as pictures.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::Result;

/// Modules that must be blank on each side.
const MARGIN: i32 = 4;

/// A text as a QR code in SVG: black on white, also on dark pages, since cameras read no other.
pub(super) fn svg(text: &str) -> Result<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)
        .map_err(|error| domain::Error::Internal(error.to_string()))?;
    let side = code.size() + 2 * MARGIN;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path d=\"{}\"/></svg>",
        path(&code)
    ))
}

/// The black modules, each row in as few pieces as it has.
fn path(code: &QrCode) -> String {
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let width = (x..size).take_while(|x| code.get_module(*x, y)).count();
            if width > 0 {
                let (left, top) = (x + MARGIN, y + MARGIN);
                let _ = write!(path, "M{left} {top}h{width}v1h-{width}z");
            }
            x += i32::try_from(width).unwrap_or(size) + 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_with_its_three_marks_and_a_margin() {
        let svg = svg("otpauth://totp/Forewarn:ada").expect("a picture");
        assert!(svg.starts_with("<svg ") && svg.contains("viewBox=\"0 0 37 37\""), "{svg}");
        // The upper edges of the marks in the corners: seven modules wide.
        assert!(svg.contains("d=\"M4 4h7v1h-7z"), "{svg}");
        assert!(svg.contains("M26 4h7v1h-7z") && svg.contains("M4 26h7v1h-7z"), "{svg}");
    }
}
