use image::{ImageBuffer, Rgb};

use super::*;

fn sample(format: Format, width: u32, height: u32) -> Vec<u8> {
    let pixel =
        |x: u32, y: u32| Rgb([(x * 40 % 256).to_le_bytes()[0], (y * 90 % 256).to_le_bytes()[0], 7]);
    let image = DynamicImage::ImageRgb8(ImageBuffer::from_fn(width, height, pixel));
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format.decoded_as()).expect("encoded");
    file.into_inner()
}

/// Exif with the note that the camera was turned by a quarter.
fn exif() -> Vec<u8> {
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend([0, 6, 0, 0, 0, 0, 0, 0]);
    exif
}

fn jpeg_with(marker: u8, content: &[u8]) -> Vec<u8> {
    let file = sample(Format::Jpeg, 6, 4);
    let length = u16::try_from(content.len() + 2).expect("short").to_be_bytes();
    [&file[..2], &[0xFF, marker], &length, content, &file[2..]].concat()
}

fn contains(file: &[u8], text: &[u8]) -> bool {
    file.windows(text.len()).any(|window| window == text)
}

#[test]
fn pictures_without_notes_are_kept_as_they_are() {
    for format in Format::ALL {
        let file = sample(format, 6, 4);
        let picture = Picture::read(file.clone()).expect("a picture");
        assert_eq!((picture.format, picture.width, picture.height), (format, 6, 4));
        assert!(picture.content == file, "{format:?} changed");
        assert_eq!(Format::of_name(&format!("a.{}", format.extension())), Some(format));
    }
}

#[test]
fn notes_and_what_follows_the_picture_are_removed() {
    let mut jpeg = jpeg_with(0xFE, b"secret comment");
    jpeg.extend(b"secret appendix");
    let mut png = sample(Format::Png, 6, 4);
    let chunk = [&[0, 0, 0, 6][..], b"tEXt", b"secret", &[0; 4]].concat();
    png.splice(33..33, chunk);
    let mut webp = sample(Format::WebP, 6, 4);
    webp.extend([b"EXIF".as_slice(), &[6, 0, 0, 0], b"secret"].concat());
    let size = u32::try_from(webp.len() - 8).expect("small").to_le_bytes();
    webp[4..8].copy_from_slice(&size);
    for file in [jpeg, png, webp] {
        let stripped = decoder(&file).expect("a picture").0.stripped(&file).expect("stripped");
        assert!(contains(&file, b"secret") && !contains(&stripped, b"secret"));
        assert!(Picture::read(stripped).is_ok());
    }
}

#[test]
fn a_turned_picture_is_set_upright() {
    let turned = jpeg_with(0xE1, &[b"Exif\0\0".as_slice(), &exif()].concat());
    let picture = Picture::read(turned).expect("a picture");
    assert_eq!((picture.width, picture.height), (4, 6));
    assert!(!contains(&picture.content, b"Exif"));
}

#[test]
fn other_files_are_refused() {
    let unfit = |file: &[u8]| Picture::read(file.to_vec()).expect_err("not taken");
    assert_eq!(unfit(b""), Unfit::Empty);
    assert_eq!(unfit(&vec![0; LARGEST + 1]), Unfit::TooLarge);
    assert_eq!(unfit(b"GIF89a\x01\0\x01\0\0\0\0;"), Unfit::NotAPicture);
    assert_eq!(unfit(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), Unfit::NotAPicture);
    let mut huge = sample(Format::Png, 6, 4);
    huge[16..24].copy_from_slice(&[0, 0, 0x7F, 0xFF, 0, 0, 0x7F, 0xFF]);
    assert_ne!(unfit(&huge), Unfit::Empty);
}

#[test]
fn a_file_that_says_to_be_shorter_than_it_is_is_refused() {
    let mut file = sample(Format::WebP, 6, 4);
    for size in 0..u32::try_from(file.len() - 9).expect("small") {
        file[4..8].copy_from_slice(&size.to_le_bytes());
        let refused = Picture::read(file.clone()).expect_err("not taken");
        assert_eq!(refused, Unfit::NotAPicture, "{size}");
    }
}

#[test]
fn damaged_files_are_refused_without_a_panic() {
    for format in Format::ALL {
        let file = sample(format, 6, 4);
        for end in 0..file.len() {
            let _ = Picture::read(file[..end].to_vec());
            let _ = format.stripped(&file[..end]);
            let mut damaged = file.clone();
            damaged[end] ^= 0xFF;
            let _ = Picture::read(damaged);
        }
    }
}
