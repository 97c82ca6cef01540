//! Rasters made up for tests, and how they are compared.

use swath::crs::Crs;
use swath::raster::{
    Buffer, Colors, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size,
};

/// A small deterministic generator: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A raster in UTM zone 33N, 30 m: waves with noise, and every 13th sample or
/// so nodata if there is one.
pub(crate) fn noise(dtype: DataType, bands: u16, size: Size, nodata: Option<NoData>) -> Raster {
    let mut random = Random::new(u64::from(bands) + u64::from(size.width));
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), bands, dtype);
    if nodata.is_some() {
        pixels.add_mask();
    }
    macro_rules! fill {
        ($t:ty) => {
            for band in 0..bands {
                let (samples, valid) = pixels.plane_and_valid_mut::<$t>(band);
                let valid: &mut [u8] = valid.unwrap_or_default();
                for (i, sample) in samples.iter_mut().enumerate() {
                    let (x, y) = (i % size.width as usize, i / size.width as usize);
                    let wave = ((x as f64 / 9.0).sin() + (y as f64 / 17.0).cos()) * 20.0 + 60.0;
                    *sample = (wave + random.below(16) as f64) as $t;
                    if !valid.is_empty() && random.below(13) == 0 {
                        valid[i] = 0;
                    }
                }
            }
        };
    }
    match dtype {
        DataType::U8 => fill!(u8),
        DataType::I8 => fill!(i8),
        DataType::U16 => fill!(u16),
        DataType::I16 => fill!(i16),
        DataType::U32 => fill!(u32),
        DataType::I32 => fill!(i32),
        DataType::U64 => fill!(u64),
        DataType::I64 => fill!(i64),
        DataType::F32 => fill!(f32),
        DataType::F64 => fill!(f64),
        other => panic!("no noise of {other}"),
    }
    let transform = GeoTransform::north_up(500_000.0, 5_300_000.0, 30.0, 30.0);
    let grid = Grid { size, transform, crs: Some(Crs::from_epsg(32633)) };
    let chunk = Size::new(64, 64);
    let info = Info {
        grid,
        bands,
        dtype,
        nodata,
        colors: Colors::Gray,
        alpha: None,
        masked: Default::default(),
        metadata: Default::default(),
        chunk,
    };
    Raster::from_buffer(info, pixels).expect("a whole raster")
}

/// Compares two buffers of one window: validity, and every valid sample bit by bit.
pub(crate) fn assert_same(got: &Buffer, wanted: &Buffer, what: &str) {
    assert_eq!(got.window(), wanted.window(), "{what}");
    assert_crop(got, wanted, what);
}

/// Compares a buffer with the part of a larger one that it should be; pixels
/// beyond the larger one must be invalid.
pub(crate) fn assert_crop(part: &Buffer, whole: &Buffer, what: &str) {
    assert_eq!((part.bands(), part.dtype()), (whole.bands(), whole.dtype()), "{what}");
    let bytes = part.dtype().bytes();
    let (own, all) = (part.window(), whole.window());
    let sample = |of: &Buffer, band, at: usize| {
        of.valid(band)
            .is_none_or(|v| v[at] != 0)
            .then(|| of.plane_bytes(band)[at * bytes..][..bytes].to_vec())
    };
    for band in 0..part.bands() {
        for at in 0..own.pixels() as usize {
            let col = own.col + (at % own.width as usize) as i64;
            let row = own.row + (at / own.width as usize) as i64;
            let inside =
                (all.col..all.col_end()).contains(&col) && (all.row..all.row_end()).contains(&row);
            let wanted = inside
                .then(|| (row - all.row) as usize * all.width as usize + (col - all.col) as usize)
                .and_then(|at| sample(whole, band, at));
            assert_eq!(sample(part, band, at), wanted, "{what}: band {band}, ({col}, {row})");
        }
    }
}
