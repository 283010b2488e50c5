//! Uploaded pictures: which are taken, and what is taken out of them.
//!
//! A picture is decoded to see that it is one. What is kept has the same pixels but none of the
//! notes that cameras and programs leave in a file, such as place and owner.

mod jpeg;
mod png;
mod webp;

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits,
    codecs::jpeg::JpegEncoder, metadata::Orientation,
};

/// Largest file that is taken, in bytes.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// Most pixels along one side.
const LONGEST_SIDE: u32 = 12_000;
/// Most bytes that a decoded picture may take.
const MOST_DECODED: u64 = 200 * 1024 * 1024;
/// Quality of pictures that must be encoded anew, from 1 to 100.
const QUALITY: u8 = 90;

/// A picture that can be kept.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file.
    pub content: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// A format that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG, also animated.
    Png,
    /// WebP, also animated.
    WebP,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing in it.
    #[error("The submitted file is empty.")]
    Empty,
    /// It is larger than [`LARGEST`].
    #[error("The submitted file is larger than 10 MB.")]
    TooLarge,
    /// It cannot be decoded, or is of another format.
    #[error(
        "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
    )]
    NotAPicture,
    /// It has too many pixels.
    #[error("The image has too many pixels. A side may have at most 12000.")]
    TooManyPixels,
}

impl Format {
    const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::WebP];

    /// The media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// The end of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    /// The format of a file that was kept under a name.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        Self::ALL.into_iter().find(|format| format.extension() == end)
    }

    const fn decoded_as(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::WebP => ImageFormat::WebP,
        }
    }

    /// The file without notes, none if it is malformed.
    fn stripped(self, content: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Jpeg => jpeg::stripped(content),
            Self::Png => png::stripped(content),
            Self::WebP => webp::stripped(content),
        }
    }
}

impl Picture {
    /// Checks a file by its content and removes notes from it. Takes up to a second and
    /// [`MOST_DECODED`] bytes, so do not call it on a thread that serves requests.
    pub fn read(content: Vec<u8>) -> Result<Self, Unfit> {
        match content.len() {
            0 => return Err(Unfit::Empty),
            1..=LARGEST => {}
            _ => return Err(Unfit::TooLarge),
        }
        let (format, mut decoder) = decoder(&content)?;
        let (width, height) = decoder.dimensions();
        if width > LONGEST_SIDE || height > LONGEST_SIDE || decoder.total_bytes() > MOST_DECODED {
            return Err(Unfit::TooManyPixels);
        }
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let image = DynamicImage::from_decoder(decoder).map_err(|_| Unfit::NotAPicture)?;
        if orientation != Orientation::NoTransforms {
            return Self::upright(image, orientation, format).map_err(|_| Unfit::NotAPicture);
        }
        let content = format.stripped(&content).ok_or(Unfit::NotAPicture)?;
        Ok(Self { content, format, width, height })
    }

    /// How a picture must be turned is one of the notes, so it is turned for good.
    fn upright(
        mut image: DynamicImage,
        orientation: Orientation,
        format: Format,
    ) -> ImageResult<Self> {
        image.apply_orientation(orientation);
        let mut content = Cursor::new(Vec::new());
        if format == Format::Jpeg {
            let encoder = JpegEncoder::new_with_quality(&mut content, QUALITY);
            image.to_rgb8().write_with_encoder(encoder)?;
        } else {
            image.write_to(&mut content, format.decoded_as())?;
        }
        let (width, height) = (image.width(), image.height());
        Ok(Self { content: content.into_inner(), format, width, height })
    }
}

fn decoder(content: &[u8]) -> Result<(Format, impl ImageDecoder + '_), Unfit> {
    let mut reader = ImageReader::new(Cursor::new(content))
        .with_guessed_format()
        .map_err(|_| Unfit::NotAPicture)?;
    let guessed = reader.format().ok_or(Unfit::NotAPicture)?;
    let format = Format::ALL.into_iter().find(|format| format.decoded_as() == guessed);
    let format = format.ok_or(Unfit::NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_DECODED);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| match error {
        image::ImageError::Limits(_) => Unfit::TooManyPixels,
        _ => Unfit::NotAPicture,
    })?;
    Ok((format, decoder))
}

#[cfg(test)]
mod tests;
