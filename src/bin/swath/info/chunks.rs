//! Where the chunks of an image and its copies are stored.

use serde_json::{Value, json};
use swath::Result;
use swath::geotiff::{Image, StoredChunk};

use super::words::size_text;
use crate::report::human_bytes;

/// An image of a file, and what it is to the first.
fn images(image: &Image) -> Vec<(String, &Image)> {
    let mut all = vec![("image".to_owned(), image)];
    all.extend((1..).zip(image.overviews()).map(|(n, o)| (format!("overview {n}"), o)));
    let masks = all.iter().filter_map(|(role, i)| Some((format!("mask of {role}"), i.mask()?)));
    let masks: Vec<_> = masks.collect();
    all.extend(masks);
    all
}

/// What all chunks of an image come to.
#[derive(Debug, Default)]
struct Sums {
    stored: u64,
    sparse: u64,
    bytes: u64,
    decoded: u64,
}

impl Sums {
    fn of(image: &Image) -> Result<Self> {
        let layout = image.layout();
        let mut sums = Self::default();
        for index in 0..layout.chunks() {
            let Some(chunk) = image.stored(index)? else {
                sums.sparse += 1;
                continue;
            };
            sums.stored += 1;
            sums.bytes = sums.bytes.saturating_add(chunk.bytes);
            let decoded = layout.chunk_bytes(layout.chunk_window(index).height);
            sums.decoded = sums.decoded.saturating_add(decoded.unwrap_or(u64::MAX));
        }
        Ok(sums)
    }

    /// Decoded bytes for one that is stored.
    fn ratio(&self) -> Option<f64> {
        (self.bytes > 0).then(|| self.decoded as f64 / self.bytes as f64)
    }
}

/// Gives lines, of which there may be millions, to `put`.
pub(super) fn human(image: &Image, put: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    for (role, image) in images(image) {
        let (layout, sums) = (image.layout(), Sums::of(image)?);
        let ratio = sums.ratio().map_or(String::new(), |ratio| format!(", {ratio:.2} : 1"));
        put(&format!(
            "{role}, directory {}: {}, {} x {} chunks of {} x {}: {} stored in {}{ratio}, {} sparse\n",
            image.directory(),
            size_text(image),
            layout.across(),
            layout.down(),
            layout.chunk.width,
            layout.chunk.height,
            sums.stored,
            human_bytes(sums.bytes),
            sums.sparse,
        ))?;
        for index in 0..layout.chunks() {
            let window = layout.chunk_window(index);
            let place = match image.stored(index)? {
                Some(StoredChunk { offset, bytes, .. }) => format!("{bytes} bytes at {offset}"),
                None => "sparse".into(),
            };
            let band = u32::from(layout.first_band(index)) + 1;
            let (col, row) = (window.col, window.row);
            put(&format!("  {index}: column {col}, row {row}, band {band}: {place}\n"))?;
        }
    }
    Ok(())
}

pub(super) fn machine(image: &Image) -> Result<Value> {
    let one = |(role, image): (String, &Image)| -> Result<Value> {
        let (layout, sums) = (image.layout(), Sums::of(image)?);
        let place = |index| -> Result<Value> {
            Ok(image.stored(index)?.map_or(Value::Null, |chunk| json!([chunk.offset, chunk.bytes])))
        };
        Ok(json!({
            "role": role,
            "path": image.path().map(|path| path.display().to_string()),
            "directory": image.directory(),
            "size": [layout.size.width, layout.size.height],
            "chunk": [layout.chunk.width, layout.chunk.height],
            "across": layout.across(),
            "down": layout.down(),
            "stored": sums.stored,
            "sparse": sums.sparse,
            "bytes": sums.bytes,
            "decodedBytes": sums.decoded,
            "ratio": sums.ratio(),
            "places": (0..layout.chunks()).map(place).collect::<Result<Value>>()?,
        }))
    };
    images(image).into_iter().map(one).collect()
}
