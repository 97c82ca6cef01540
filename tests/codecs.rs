//! Decoded chunks of real files, against the pixels that tifffile reads from them.

use serde_json::Value;
use sha2::{Digest, Sha256};
use swath::codec::{
    ChunkShape, Compression, Decoder, Fax, Packed, Predictor, RowShape, SampleKind, predictor,
};
use swath::ifd::{Chain, Directory, Header, Limits, Tag};
use swath::io::{ByteSource, IoMode};
use swath::{Error, Result};

mod common;

/// Files where the floors above have to help, or where tifffile is no truth, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "rouault__gdal/autotest/gcore/data/excessive-memory-TIFFFillTile.tif",
        "states a tile of 256 MiB in a file of 1 KiB: GDAL refuses to read it as well",
    ),
    (
        "rouault__gdal/autotest/gcore/data/stripbytecounts_count_not_same_as_stripoffsets_count.tif",
        "states too few byte counts, which have to be estimated",
    ),
];

/// Fax files that differ from what GDAL reads, and why.
const FAX_EXCEPTIONS: &[(&str, &str)] = &[];

/// Decodes the first image of a file; `None` if its layout is not one of those compared here:
/// whole strips of real numbers of whole bytes, or tiles with all bands in each.
fn pixels(source: &ByteSource, directory: &Directory, header: Header) -> Result<Option<Vec<u8>>> {
    let value = |tag, default| directory.u64(source, tag).map(|v| v.unwrap_or(default) as usize);
    let (width, height) = (value(Tag::ImageWidth, 0)?, value(Tag::ImageLength, 0)?);
    let (bits, samples) = (value(Tag::BitsPerSample, 1)?, value(Tag::SamplesPerPixel, 1)?);
    let planes = if value(Tag::PlanarConfiguration, 1)? == 2 { samples } else { 1 };
    let tiled = directory.has(Tag::TileWidth);
    let subsampled = value(Tag::PhotometricInterpretation, 1)? == 6;
    let complex = value(Tag::SampleFormat, 1)? > 4;
    let whole_bytes = matches!(bits, 8 | 16 | 32 | 64) && value(Tag::FillOrder, 1)? == 1;
    let odd = !whole_bytes || complex || subsampled;
    if odd || (tiled && planes > 1) || width * height * samples > 1 << 26 {
        return Ok(None);
    }
    let compression = match Compression::from_tag(value(Tag::Compression, 1)? as u16) {
        Err(Error::Unsupported(_)) => return Ok(None),
        // Those have a test of their own.
        Ok(codec) if codec.decodes_samples() => return Ok(None),
        result => result?,
    };
    let predictor = Predictor::from_tag(value(Tag::Predictor, 1)? as u16)?;
    let in_pixel = samples / planes;
    let pixel = in_pixel * bits / 8;
    let (chunk_width, chunk_height) = if tiled {
        (value(Tag::TileWidth, 0)?, value(Tag::TileLength, 0)?)
    } else {
        (width, value(Tag::RowsPerStrip, height as u64)?.min(height))
    };
    let (offsets, counts) = if tiled {
        (Tag::TileOffsets, Tag::TileByteCounts)
    } else {
        (Tag::StripOffsets, Tag::StripByteCounts)
    };
    let (Some(offsets), Some(counts)) =
        (directory.array(source, offsets)?, directory.array(source, counts)?)
    else {
        return Ok(None);
    };
    let row_bytes = chunk_width * pixel;
    let shape = RowShape { row_bytes, samples_per_pixel: in_pixel, bytes_per_sample: bits / 8 };
    let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
    let mut image = vec![0; planes * width * height * pixel];
    let (mut decoder, mut scratch) = (Decoder::new(), Vec::new());
    for (plane, image) in image.chunks_exact_mut(width * height * pixel).enumerate() {
        for (row, rows) in image.chunks_mut(chunk_height * width * pixel).enumerate() {
            // The last strip ends with the image; the last tiles reach beyond it.
            let needed = rows.len() / (width * pixel) * row_bytes;
            let len = if tiled { chunk_height * row_bytes } else { needed };
            for column in 0..across {
                let index = ((plane * down + row) * across + column) as u64;
                let (at, stored) = (offsets.get(source, index)?, counts.get(source, index)?);
                if stored == 0 {
                    // A chunk that is not there; what stands for it is not decided here.
                    return Ok(None);
                }
                let mut chunk = vec![0; len];
                let made = decoder.decode(
                    compression,
                    Packed::bytes(&source.range(at, stored)?),
                    &mut chunk,
                )?;
                // Some writers leave out rows of tiles below the image.
                if made < needed {
                    return Err(Error::format("bytes of a chunk").found(made).in_chunk(index));
                }
                predictor::undo(predictor, &mut chunk, shape, header.order, &mut scratch)?;
                let left = column * row_bytes;
                for (to, from) in rows.chunks_mut(width * pixel).zip(chunk.chunks(row_bytes)) {
                    let len = row_bytes.min(to.len() - left);
                    to[left..left + len].copy_from_slice(&from[..len]);
                }
            }
        }
    }
    predictor::to_native(&mut image, bits / 8, swath::io::ByteOrder::Little);
    Ok(Some(image))
}

/// Decodes a fax image to one byte, 0 or 1, a pixel.
fn fax_pixels(source: &ByteSource, directory: &Directory) -> Result<Vec<u8>> {
    let value = |tag, default| directory.u64(source, tag).map(|v| v.unwrap_or(default));
    let (width, height) = (value(Tag::ImageWidth, 0)?, value(Tag::ImageLength, 0)?);
    let mut codec = Compression::from_tag(value(Tag::Compression, 1)? as u16)?;
    if let Compression::Ccitt(Fax::Group3 { two_dimensional }) = &mut codec {
        *two_dimensional = value(Tag::Unknown(292), 0)? & 1 == 1;
    }
    let lowest_first = value(Tag::FillOrder, 1)? == 2;
    let rows = value(Tag::RowsPerStrip, height)?.min(height);
    let (Some(offsets), Some(counts)) = (
        directory.array(source, Tag::StripOffsets)?,
        directory.array(source, Tag::StripByteCounts)?,
    ) else {
        return Err(Error::format("strips"));
    };
    let (mut decoder, mut pixels) = (Decoder::new(), Vec::new());
    for strip in 0..height.div_ceil(rows) {
        let stored = source.range(offsets.get(source, strip)?, counts.get(source, strip)?)?;
        let turned: Vec<u8> =
            stored.iter().map(|b| if lowest_first { b.reverse_bits() } else { *b }).collect();
        let shape = ChunkShape {
            width: width as u32,
            height: rows.min(height - strip * rows) as u32,
            samples: value(Tag::SamplesPerPixel, 1)? as u16,
            bits: value(Tag::BitsPerSample, 1)? as u16,
            kind: SampleKind::Unsigned,
        };
        let mut packed = vec![0; shape.width.div_ceil(8) as usize * shape.height as usize];
        let made =
            decoder.decode(codec, Packed { shape, ..Packed::bytes(&turned) }, &mut packed)?;
        if made < packed.len() {
            return Err(Error::format("bytes of a chunk").expected(packed.len()).found(made));
        }
        for row in packed.chunks_exact(width.div_ceil(8) as usize) {
            pixels.extend((0..width as usize).map(|x| row[x / 8] >> (7 - x % 8) & 1));
        }
    }
    Ok(pixels)
}

#[test]
fn fax_images_are_those_of_gdal() {
    let Some(data) = common::shared_data() else { return };
    let (mut equal, mut neither, mut wrong) = (0, 0, Vec::new());
    for (name, truth) in common::oracle(&data) {
        let image = &truth["struct"]["ifds"][0];
        if !matches!(image["comp_id"].as_u64(), Some(2 | 3 | 4 | 32771)) {
            continue;
        }
        let result = ByteSource::open(data.join(&name), IoMode::Map).and_then(|source| {
            let header = Header::read(&source)?;
            let chain = Chain::read(&source, &header, &Limits::default())?;
            fax_pixels(&source, &chain.directories[0])
        });
        let exception = FAX_EXCEPTIONS.iter().any(|(exception, _)| *exception == name);
        match (result, &truth["gdal"]["bands"][0]["sha256"]) {
            (Ok(pixels), Value::String(wanted)) if sha256(&pixels) == *wanted => equal += 1,
            (Err(_), Value::Null) => neither += 1,
            (_, _) if exception => {}
            (Ok(_), wanted) => wrong.push(format!("{name}: GDAL has {wanted}")),
            (Err(error), _) => wrong.push(format!("{name}: {error}")),
        }
    }
    println!(
        "{equal} files equal, {neither} that GDAL cannot read either, {} exceptions",
        FAX_EXCEPTIONS.len()
    );
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn pixels_are_those_of_tifffile() {
    let Some(data) = common::shared_data() else { return };
    let (mut equal, mut other, mut wrong) = (0, 0, Vec::new());
    for (name, truth) in common::oracle(&data) {
        if EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
            continue;
        }
        let Value::String(wanted) = &truth["struct"]["tifffile_page0"]["sha256"] else { continue };
        let result = ByteSource::open(data.join(&name), IoMode::Map).and_then(|source| {
            let header = Header::read(&source)?;
            let chain = Chain::read(&source, &header, &Limits::default())?;
            pixels(&source, &chain.directories[0], header)
        });
        match result {
            Ok(Some(pixels)) if sha256(&pixels) == *wanted => equal += 1,
            Ok(Some(pixels)) => wrong.push(format!("{name}: {} bytes differ", pixels.len())),
            Ok(None) => other += 1,
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    println!(
        "{equal} files equal, {other} of layouts not compared here, {} exceptions",
        EXCEPTIONS.len()
    );
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
}
