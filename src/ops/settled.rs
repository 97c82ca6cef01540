//! What operations do to what a file says of its pixels.

use crate::raster::{DataType, Items, Metadata, NoData};

/// Returns what is said of a raster without the statistics of its samples, for
/// one whose samples are others.
pub(super) fn without_statistics(metadata: &Metadata) -> Metadata {
    let mut metadata = metadata.clone();
    for band in metadata.bands.values_mut() {
        band.domains.values_mut().for_each(forget);
        band.domains.retain(|_, items| !items.is_empty());
    }
    metadata
}

fn forget(items: &mut Items) {
    items.retain(|name, _| !name.starts_with("STATISTICS_"));
}

/// Returns what stands for what is missing where nothing else is said: NaN in floats, the
/// least value of signed and the largest of unsigned integers.
pub(super) fn usual_nodata(dtype: DataType) -> NoData {
    let bits = dtype.bytes() as u32 * 8;
    if dtype.is_float() {
        NoData::Float(f64::NAN)
    } else if dtype.is_signed_integer() {
        NoData::Integer(-(1 << (bits - 1)))
    } else {
        NoData::Integer((1 << bits) - 1)
    }
}
