//! Tests of reader and writer together, and against the `tiff` crate.

use std::io::Cursor;

use tiff::decoder::Decoder;
use tiff::encoder::{Rational, TiffEncoder, TiffKind, colortype::Gray16};

use super::*;
use crate::error::{Error, Result};
use crate::io::{ByteOrder, ByteSource};

/// Reads all directories of a file.
fn chain(bytes: &[u8]) -> Result<(ByteSource, Chain)> {
    let source = ByteSource::from_vec(bytes.to_vec());
    let header = Header::read(&source)?;
    let chain = Chain::read(&source, &header, &Limits::default())?;
    Ok((source, chain))
}

/// Reads every value of every entry in every way; only errors may come of it.
fn read_all(source: &ByteSource, directory: &Directory) {
    let limits = Limits::default();
    for entry in directory.entries() {
        let _ = (entry.u64s(source, &limits), entry.f64s(source, &limits));
        let _ = (entry.string(source, &limits), entry.bytes(source, &limits));
        let _ = (entry.u16(source), entry.u32(source), entry.f64(source));
        if let Ok(array) = entry.array() {
            for index in [0, 1, array.len() / 2, array.len(), u64::MAX] {
                let _ = array.get(source, index);
            }
        }
    }
}

const TEXT: Tag = Tag::Unknown(50_001);
const FRACTION: Tag = Tag::Unknown(50_002);
const DOUBLES: Tag = Tag::Unknown(50_003);
const SIGNED: Tag = Tag::Unknown(50_004);
const BYTES: Tag = Tag::Unknown(50_005);

/// Two images by the `tiff` crate, with tags of many types.
fn written_by_tiff<K: TiffKind>() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::<_, K>::new_generic(&mut file).unwrap();
    for width in [30, 17] {
        let mut image = encoder.new_image::<Gray16>(width, 20).unwrap();
        image.rows_per_strip(3).unwrap();
        let tags = image.encoder();
        tags.write_tag(TEXT, "some text").unwrap();
        tags.write_tag(FRACTION, Rational { n: 7, d: 2 }).unwrap();
        tags.write_tag(DOUBLES, &[0.5_f64, -3.25][..]).unwrap();
        tags.write_tag(SIGNED, &[-1_i16, 2, -3][..]).unwrap();
        tags.write_tag(BYTES, &[1_u8, 2, 3][..]).unwrap();
        image.write_data(&vec![9; width as usize * 20]).unwrap();
    }
    file.into_inner()
}

fn same_as_tiff<K: TiffKind>(big: bool) {
    let bytes = written_by_tiff::<K>();
    let (source, chain) = chain(&bytes).unwrap();
    assert!(chain.broken.is_none());
    assert_eq!(Header::read(&source).unwrap().big, big);
    let mut theirs = Decoder::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(chain.directories.len(), 2);
    for (i, directory) in chain.directories.iter().enumerate() {
        theirs.seek_to_image(i).unwrap();
        let tags: Vec<_> = theirs.image_ifd().tag_iter().map(|entry| entry.unwrap()).collect();
        assert_eq!(tags.len(), directory.entries().len());
        for (tag, value) in tags {
            let kind = directory.get(tag).unwrap().kind();
            if let Some(Type::BYTE | Type::SHORT | Type::LONG | Type::LONG8) = kind {
                let wanted = value.into_u64_vec().unwrap();
                let ours = directory.u64s(&source, tag).unwrap().unwrap();
                assert_eq!(ours, wanted, "{tag:?}");
                let array = directory.array(&source, tag).unwrap().unwrap();
                assert_eq!(array.len(), wanted.len() as u64);
                for (i, &wanted) in wanted.iter().enumerate() {
                    assert_eq!(array.get(&source, i as u64).unwrap(), wanted);
                }
                assert!(array.get(&source, array.len()).is_err());
            } else if let Ok(wanted) = value.into_string() {
                assert_eq!(directory.string(&source, tag).unwrap().unwrap(), wanted);
            }
        }
        assert_eq!(directory.u32(&source, Tag::ImageWidth).unwrap(), Some([30, 17][i]));
        assert_eq!(directory.f64(&source, FRACTION).unwrap(), Some(3.5));
        assert_eq!(directory.f64s(&source, DOUBLES).unwrap().unwrap(), [0.5, -3.25]);
        assert_eq!(directory.f64s(&source, SIGNED).unwrap().unwrap(), [-1.0, 2.0, -3.0]);
        assert_eq!(directory.bytes(&source, BYTES).unwrap().unwrap(), &[1_u8, 2, 3][..]);
        assert!(directory.u64s(&source, SIGNED).is_err(), "negative");
        assert_eq!(directory.u32(&source, Tag::TileWidth).unwrap(), None);
    }
}

#[test]
fn files_by_the_tiff_crate_are_read_as_it_reads_them() {
    same_as_tiff::<tiff::encoder::TiffKindStandard>(false);
    same_as_tiff::<tiff::encoder::TiffKindBig>(true);
}

/// A directory with values of every kind, inside and outside its entries.
fn builder(big: bool) -> DirectoryBuilder {
    let mut builder = DirectoryBuilder::new();
    builder
        .set(Tag::ImageWidth, Value::Longs(vec![70_000]))
        .set(Tag::ImageLength, Value::Shorts(vec![300]))
        .set(Tag::BitsPerSample, Value::Shorts(vec![16, 16, 16]))
        .set(Tag::TileOffsets, Value::Offsets((0..5000).map(|i| i * 7).collect()))
        .set(Tag::TileByteCounts, Value::Longs((0..5000).collect()))
        .set(TEXT, Value::Ascii("odd".into()))
        .set(Tag::GdalNodata, Value::Ascii("-9999.5".into()))
        .set(DOUBLES, Value::Doubles(vec![1.5, -2.0, 1e300]))
        .set(FRACTION, Value::Rationals(vec![(1, 4), (9, 0)]))
        .set(BYTES, Value::Undefined(vec![5; 11]))
        .set(SIGNED, Value::Floats(vec![0.25]))
        .set(Tag::Compression, Value::Bytes(vec![8]));
    if big {
        builder.set(Tag::Unknown(60_000), Value::Long8s(vec![u64::MAX]));
    }
    builder
}

/// A little-endian file of two such directories.
fn built(big: bool) -> Vec<u8> {
    let builder = builder(big);
    let size = builder.size(big);
    let mut bytes = if big {
        [&b"II+\0\x08\0\0\0"[..], &16_u64.to_le_bytes()].concat()
    } else {
        [&b"II*\0"[..], &8_u32.to_le_bytes()].concat()
    };
    let first = bytes.len() as u64;
    for (at, next) in [(first, first + size), (first + size, 0)] {
        let part = builder.serialize(big, at, next).unwrap();
        assert_eq!(part.len() as u64, size);
        bytes.extend(part);
    }
    bytes
}

#[test]
fn what_is_built_is_read_back() {
    for big in [false, true] {
        let bytes = built(big);
        let (source, chain) = chain(&bytes).unwrap();
        assert!(chain.broken.is_none());
        assert_eq!(chain.directories.len(), 2);
        for directory in &chain.directories {
            assert_eq!(directory.entries().len(), if big { 13 } else { 12 });
            let integers = |tag| directory.u64s(&source, tag).unwrap().unwrap();
            let floats = |tag| directory.f64s(&source, tag).unwrap().unwrap();
            let text = |tag| directory.string(&source, tag).unwrap().unwrap();
            assert_eq!(integers(Tag::ImageWidth), [70_000]);
            assert_eq!(integers(Tag::BitsPerSample), [16, 16, 16]);
            assert!(integers(Tag::TileOffsets).into_iter().eq((0..5000).map(|i| i * 7)));
            assert!(integers(Tag::TileByteCounts).into_iter().eq(0..5000));
            assert_eq!(integers(Tag::Compression), [8]);
            assert_eq!((text(TEXT), text(Tag::GdalNodata)), ("odd".into(), "-9999.5".into()));
            assert_eq!(floats(DOUBLES), [1.5, -2.0, 1e300]);
            assert_eq!(floats(FRACTION), [0.25, 0.0]);
            assert_eq!(floats(SIGNED), [0.25]);
            assert_eq!(floats(Tag::BitsPerSample), [16.0; 3]);
            assert_eq!(directory.bytes(&source, BYTES).unwrap().unwrap(), vec![5; 11]);
            if big {
                assert_eq!(integers(Tag::Unknown(60_000)), [u64::MAX]);
            }
            for entry in directory.entries() {
                if let Some(offset) = entry.offset() {
                    assert_eq!(offset % 2, 0, "values begin at even positions");
                    let position = builder(big).position(entry.tag(), big).unwrap();
                    assert_eq!(directory.offset() + position, offset);
                }
            }
        }
        let at = builder(big).position(Tag::ImageWidth, big).unwrap() as usize;
        let at = at + if big { 16 } else { 8 };
        assert_eq!(bytes[at..at + 4], 70_000_u32.to_le_bytes());
    }
}

#[test]
fn what_a_classic_tiff_cannot_hold_is_refused() {
    let refused = |builder: &DirectoryBuilder, at, next| {
        assert!(matches!(builder.serialize(false, at, next), Err(Error::Usage(_))));
    };
    refused(&builder(true), 8, 0);
    refused(&builder(false), 9, 0);
    refused(&builder(false), 8, 1 << 32);
    refused(&builder(false), (1 << 32) - 8, 0);
    refused(&DirectoryBuilder::new(), 8, 0);
    let far = Value::Offsets(vec![1 << 32]);
    let mut far_builder = DirectoryBuilder::new();
    refused(far_builder.set(Tag::TileOffsets, far), 8, 0);
    assert!(far_builder.serialize(true, 8, 0).is_ok());
}

/// A big-endian file by hand, its tags unsorted, doubled, of an unknown type and out of the file.
#[test]
fn odd_directories_are_read_as_far_as_they_make_sense() {
    let mut bytes = b"MM\0*\0\0\0\x08".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut bytes = tag.to_be_bytes().to_vec();
        bytes.extend(kind.to_be_bytes());
        bytes.extend(count.to_be_bytes());
        bytes.extend(value);
        bytes
    };
    let entries = [
        entry(257, 4, 1, [0, 0, 0, 9]),
        entry(256, 3, 1, [0, 7, 0, 0]),
        entry(257, 4, 1, [0, 0, 0, 10]),
        entry(258, 3, 2, [0, 8, 0, 16]),
        entry(259, 99, 1, [0, 0, 0, 1]),
        entry(273, 4, 500, [0, 0, 0, 8]),
        entry(279, 4, u32::MAX, [0, 0, 0, 8]),
        entry(280, 3, 0, [0; 4]),
        entry(282, 5, 1, [0, 0, 0, 9]),
    ];
    bytes.extend((entries.len() as u16).to_be_bytes());
    bytes.extend(entries.concat());
    // No offset of a next directory: the file ends here.
    let (source, chain) = chain(&bytes).unwrap();
    assert!(chain.broken.is_none());
    let directory = &chain.directories[0];
    assert_eq!(Header::read(&source).unwrap().order, ByteOrder::Big);
    assert_eq!(directory.u16(&source, Tag::ImageWidth).unwrap(), Some(7));
    assert_eq!(directory.u32(&source, Tag::ImageLength).unwrap(), Some(9), "the first counts");
    assert_eq!(directory.u64s(&source, Tag::BitsPerSample).unwrap().unwrap(), [8, 16]);
    assert_eq!(directory.u16(&source, Tag::MinSampleValue).unwrap(), None);
    for tag in [Tag::Compression, Tag::StripOffsets, Tag::StripByteCounts] {
        let error = directory.u64s(&source, tag).unwrap_err();
        let detail = error.detail().unwrap();
        assert_eq!(detail.ifd, Some(0));
        let name = format!("tag {} ({tag:?}): ", tag.to_u16());
        let rest = detail.what.strip_prefix(&name);
        assert!(rest.is_some_and(|rest| !rest.contains("tag")), "named once: {error}");
    }
    let offsets = directory.array(&source, Tag::StripOffsets).unwrap().unwrap();
    assert_eq!((offsets.len(), offsets.get(&source, 0).unwrap()), (500, 0x0009_0101));
    assert!(matches!(offsets.get(&source, 499), Err(Error::Format(_))));
    read_all(&source, directory);
}

#[test]
fn more_bytes_than_the_limit_are_not_read() {
    let bytes = built(false);
    let source = ByteSource::from_vec(bytes);
    let header = Header::read(&source).unwrap();
    let limits = Limits { value_bytes: 19_999, ..Limits::default() };
    let directory = Directory::read(&source, &header, header.first, 0, &limits).unwrap();
    let error = directory.u64s(&source, Tag::TileOffsets).unwrap_err();
    assert!(matches!(error, Error::Limit(_)), "{error}");
    let array = directory.array(&source, Tag::TileOffsets).unwrap().unwrap();
    assert_eq!(array.get(&source, 4999).unwrap(), 4999 * 7);
    for limits in [
        Limits { entries: 11, ..Limits::default() },
        Limits { directories: 1, ..Limits::default() },
        Limits { total_entries: 23, ..Limits::default() },
    ] {
        let error = Chain::read(&source, &header, &limits).unwrap_err();
        assert!(matches!(error, Error::Limit(_)), "{error}");
    }
    assert!(Chain::read(&source, &header, &Limits::unlimited()).is_ok());
}

#[test]
fn a_chain_that_breaks_keeps_its_good_directories() {
    for (at, wanted) in [(8, "offset 8 again"), (1_000_000, "outside the file"), (6, "entries")] {
        let builder = builder(false);
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(builder.serialize(false, 8, at).unwrap());
        let (source, chain) = chain(&bytes).unwrap();
        assert_eq!(chain.directories.len(), 1);
        let broken = chain.broken.unwrap().to_string();
        assert!(broken.starts_with("directory 1: ") && broken.contains(wanted), "{broken}");
        let header = Header { first: at, ..Header::read(&source).unwrap() };
        let first = Chain::read(&source, &header, &Limits::default());
        assert_eq!(first.is_err(), at != 8, "a bad first directory is an error");
    }
    let error = chain(b"II*\0\0\0\0\0").unwrap_err();
    assert!(matches!(error, Error::Format(_)), "no directory at all: {error}");
}

#[test]
fn files_cut_anywhere_and_changed_anywhere_never_panic() {
    let mut files = vec![
        written_by_tiff::<tiff::encoder::TiffKindStandard>(),
        written_by_tiff::<tiff::encoder::TiffKindBig>(),
    ];
    files.extend([false, true].map(|big| {
        let mut builder = builder(big);
        builder.set(Tag::TileOffsets, Value::Offsets(vec![8, 9, 10]));
        builder.set(Tag::TileByteCounts, Value::Longs(vec![1, 2, 3]));
        let head: &[u8] =
            if big { b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" } else { b"II*\0\x08\0\0\0" };
        let part = builder.serialize(big, head.len() as u64, 0).unwrap();
        [head, &part].concat()
    }));
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut random = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % bound
    };
    let try_all = |bytes: &[u8]| {
        if let Ok((source, chain)) = chain(bytes) {
            chain.directories.iter().for_each(|directory| read_all(&source, directory));
        }
    };
    for file in files {
        (0..file.len()).for_each(|len| try_all(&file[..len]));
        for _ in 0..3000 {
            let mut bad = file.clone();
            for _ in 0..=random(5) {
                let at = random(bad.len());
                bad[at] = if random(2) == 0 { random(256) as u8 } else { 0xff };
            }
            try_all(&bad);
        }
    }
}
