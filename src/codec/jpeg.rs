//! JPEG, by zune-jpeg.
//!
//! The crate gives the planes of components; how they become pixels is told in `jpeg_planes`. What
//! they mean as colours is said by the directory, not by markers inside the stream, as in libtiff.
//! The stream is therefore written anew, with the shared tables in and application markers out.

use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_jpeg::{JpegDecoder, PlaneInfo};

use super::jpeg_planes::{self, Plane};
use super::shape::{ChunkShape, Packed, SampleKind};
use crate::error::{Error, Result};

pub(super) const SOI: u8 = 0xd8;
pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const DQT: u8 = 0xdb;
pub(super) const DHT: u8 = 0xc4;
const DRI: u8 = 0xdd;
/// How many rows more than its chunk a stream may have.
const PADDING: u32 = 15;

/// Memory that is reused from chunk to chunk.
#[derive(Default)]
pub(super) struct Scratch {
    /// The stream that is decoded.
    stream: Vec<u8>,
    /// The planes of all components.
    planes: Vec<u8>,
    rows: jpeg_planes::Rows,
}

/// Decodes into `out`, samples of a byte each, and returns how many bytes were made. `ycbcr`
/// says that pixels are stored as YCbCr and are to come out as RGB.
pub(super) fn decode(
    chunk: Packed<'_>,
    ycbcr: bool,
    out: &mut [u8],
    scratch: &mut Scratch,
) -> Result<usize> {
    let shape = chunk.shape;
    if shape.bits == 12 {
        return Err(Error::unsupported("12-bit JPEG"));
    }
    let (8, SampleKind::Unsigned) = (shape.bits, shape.kind) else {
        return Err(shape.refuse_sample("JPEG"));
    };
    let height = rewrite(chunk, &mut scratch.stream)?;
    let options = DecoderOptions::default()
        .set_max_width(shape.width as usize)
        .set_max_height(height as usize)
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&scratch.stream[..]), options);
    decoder.decode_headers().map_err(broken)?;
    let mut raw = decoder.raw_output();
    let layout = raw.layout().ok_or_else(|| Error::format("planes of a JPEG chunk"))?;
    let layout = &layout[..usize::from(shape.samples)];
    // Sampling factors are 1 to 4: no plane is larger than the image, padded to whole blocks.
    let sizes = || layout.iter().map(|plane| plane.byte_size);
    let size: usize = sizes().sum();
    if scratch.planes.len() < size {
        scratch.planes.resize(size, 0);
    }
    let mut rest = &mut scratch.planes[..size];
    let mut borrowed: Vec<&mut [u8]> = Vec::with_capacity(layout.len());
    for size in sizes() {
        let (plane, after) = std::mem::take(&mut rest).split_at_mut(size);
        borrowed.push(plane);
        rest = after;
    }
    raw.decode_into_planes(&mut borrowed).map_err(broken)?;
    let most = |factor: fn(&PlaneInfo) -> usize| layout.iter().map(factor).max().unwrap_or(1);
    let across = most(|plane| plane.horizontal_sampling_factor);
    let down = most(|plane| plane.vertical_sampling_factor);
    let mut planes = Vec::with_capacity(layout.len());
    let mut rest = &scratch.planes[..size];
    for plane in layout {
        let (samples, after) = rest.split_at(plane.byte_size);
        rest = after;
        let (h, v) = (plane.horizontal_sampling_factor, plane.vertical_sampling_factor);
        if h == 0 || v == 0 || !across.is_multiple_of(h) || !down.is_multiple_of(v) {
            return Err(Error::unsupported("JPEG with sampling factors that are no multiples")
                .found(format!("{across} x {down} and {h} x {v}")));
        }
        planes.push(Plane {
            samples,
            stride: plane.stride,
            width: plane.width,
            height: plane.height,
            across: across / h,
            down: down / v,
        });
    }
    let len = shape.pixels()? * usize::from(shape.samples);
    let room = out.len();
    let Some(out) = out.get_mut(..len) else {
        return Err(Error::defect("room for a JPEG chunk").expected(len).found(room));
    };
    let ycbcr = ycbcr && planes.len() == 3;
    let width = shape.width as usize;
    jpeg_planes::pixels(&planes, width, ycbcr, chunk.apart, &mut scratch.rows, out)?;
    Ok(len)
}

fn broken(error: DecodeErrors) -> Error {
    Error::format("JPEG chunk").found(error)
}

/// Writes the stream that is decoded, and returns the rows it has.
fn rewrite(chunk: Packed<'_>, stream: &mut Vec<u8>) -> Result<u32> {
    stream.clear();
    stream.extend([0xff, SOI]);
    for segment in (Segments { rest: chunk.tables }) {
        let (marker, body) = segment?;
        if matches!(marker, DQT | DHT | DRI) {
            append(stream, marker, body);
        }
    }
    let mut height = None;
    let mut segments = Segments { rest: chunk.bytes };
    while let Some(segment) = segments.next() {
        let (marker, body) = segment?;
        match marker {
            DQT | DHT | DRI => append(stream, marker, body),
            0xc0..=0xcf if height.is_none() => {
                height = Some(check_frame(marker, body, chunk.shape)?);
                append(stream, marker, body);
            }
            SOS => {
                let Some(height) = height else { break };
                append(stream, marker, body);
                stream.extend_from_slice(segments.rest);
                return Ok(height);
            }
            _ => {}
        }
    }
    Err(Error::format("JPEG chunk").expected("a frame and a scan").found("neither"))
}

/// Returns a chunk with the tables it shares with others in it; `None` if it is damaged, or if it
/// is YCbCr that is not 4:2:0.
pub(super) fn standalone(chunk: Packed<'_>, ycbcr: bool) -> Option<Vec<u8>> {
    let mut stream = vec![0xff, SOI];
    for segment in (Segments { rest: chunk.tables }) {
        let (marker, body) = segment.ok()?;
        append(&mut stream, marker, body);
    }
    let frame = (Segments { rest: chunk.bytes })
        .map_while(Result::ok)
        .find(|(marker, _)| (0xc0..=0xc2).contains(marker));
    let (_, frame) = frame?;
    let sampling: Vec<u8> = frame.get(6..)?.chunks_exact(3).map(|part| part[1]).collect();
    let rest = chunk.bytes.strip_prefix(&[0xff, SOI])?;
    stream.extend_from_slice(rest);
    (!ycbcr || sampling == [0x22, 0x11, 0x11]).then_some(stream)
}

pub(super) fn append(stream: &mut Vec<u8>, marker: u8, body: &[u8]) {
    // A body comes from a segment, whose length is told in 16 bits.
    let len = (body.len() + 2) as u16;
    stream.extend([0xff, marker]);
    stream.extend(len.to_be_bytes());
    stream.extend_from_slice(body);
}

/// Holds the head of a frame against the shape of the chunk; returns its rows, which may be more.
fn check_frame(marker: u8, body: &[u8], shape: ChunkShape) -> Result<u32> {
    let &[bits, h1, h0, w1, w0, components, ..] = body else {
        return Err(Error::format("frame of a JPEG chunk"));
    };
    let kind = match marker {
        0xc0..=0xc2 => None,
        0xc3 => Some("lossless"),
        0xc9..=0xcb => Some("arithmetic coding"),
        _ => Some("hierarchical"),
    };
    if let Some(kind) = kind {
        return Err(Error::unsupported("kind of JPEG").found(kind));
    }
    if bits != 8 {
        return Err(Error::unsupported(format!("{bits}-bit JPEG")));
    }
    shape.check_samples("JPEG", components.into())?;
    let height = u32::from(u16::from_be_bytes([h1, h0]));
    let width = u32::from(u16::from_be_bytes([w1, w0]));
    // The last strip of some writers is as high as the others, or padded to whole blocks.
    let taller = (shape.height..=shape.height.saturating_add(PADDING)).contains(&height);
    shape.check_size("JPEG", width, if taller { shape.height } else { height })?;
    Ok(height)
}

/// The segments of a stream, each a marker and its body, up to the entropy-coded data.
pub(super) struct Segments<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<(u8, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let at = self.rest.iter().position(|&byte| byte == 0xff)?;
            self.rest = &self.rest[at + 1..];
            match self.rest {
                // Fill bytes, and markers without a body.
                [0xff, ..] => {}
                [0 | 1 | 0xd0..=0xd7 | SOI, rest @ ..] => self.rest = rest,
                [EOI, ..] | [] => return None,
                [marker, high, low, rest @ ..] => {
                    let len = usize::from(u16::from_be_bytes([*high, *low]));
                    let body = len.checked_sub(2).and_then(|len| rest.split_at_checked(len));
                    let Some((body, after)) = body else {
                        self.rest = &[];
                        return Some(Err(Error::format("length of a segment in a JPEG chunk")));
                    };
                    self.rest = after;
                    return Some(Ok((*marker, body)));
                }
                _ => return None,
            }
        }
    }
}
