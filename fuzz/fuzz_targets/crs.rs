//! Any text as a definition of a reference system, and any bytes as GeoKeys and as a
//! grid of datum shifts (NTv2): reading ends well or in an error, and what is read can be
//! written in every form and used.

#![no_main]

use libfuzzer_sys::fuzz_target;
use swath::crs::{Crs, GeoKeyTags, GeoKeys, ShiftGrid, Transformer};

fuzz_target!(|data: &[u8]| {
    if let Ok(crs) =
        std::str::from_utf8(data).map_err(drop).and_then(|text| Crs::parse(text).map_err(drop))
    {
        use_it(&crs);
    }
    let _ = ShiftGrid::from_ntv2(data);
    if let Some(crs) = keys(data).and_then(Crs::from_geokeys) {
        use_it(&crs);
        // Keys that were read are written as they were.
        let keys = crs.to_geokeys().expect("it has keys");
        let again = GeoKeys::parse(&keys.to_tags()).expect("has a header");
        assert_eq!(Crs::from_geokeys(again).map(|crs| crs.to_wkt2()), Some(crs.to_wkt2()));
    }
});

/// Bytes as the three tags: the number of keys, the keys, the number of
/// doubles, the doubles, text.
fn keys(data: &[u8]) -> Option<GeoKeys> {
    let (count, data) = data.split_first()?;
    let count = usize::from(count % 64);
    let (directory, data) = data.split_at_checked(8 * count)?;
    let (doubles, data) = data.split_first()?;
    let (doubles, text) = data.split_at_checked(8 * usize::from(doubles % 32))?;
    let entries = directory.as_chunks().0.iter().map(|&bytes| u16::from_le_bytes(bytes));
    let tags = GeoKeyTags {
        directory: [1, 1, 1, count as u16].into_iter().chain(entries).collect(),
        doubles: doubles.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect(),
        text: String::from_utf8_lossy(text).into_owned(),
    };
    GeoKeys::parse(&tags).ok()
}

/// Writes a system in every form, reads what was written, and takes a point there.
fn use_it(crs: &Crs) {
    let texts = [crs.to_wkt2(), crs.to_wkt(), crs.to_esri_wkt(), crs.to_projjson(), crs.to_proj()];
    for text in texts.into_iter().flatten() {
        // An absurd number may have no text that is read, but none is worse than an error.
        let _ = Crs::parse(&text);
    }
    let _ = crs.to_geokeys();
    let world = Crs::from_epsg(4326);
    let (mut x, mut y) = ([10.0, 181.0], [50.0, -91.0]);
    for (from, to) in [(&world, crs), (crs, &world)] {
        if let Ok(way) = Transformer::new(from, to) {
            way.transform(&mut x, &mut y);
        }
    }
}
