//! What operations do to what a file says of its pixels.

use crate::raster::{Items, Metadata};

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
