//! Other words about a raster.

use std::sync::Arc;

use crate::Result;
use crate::raster::{Buffer, Context, Info, Metadata, Origin, Raster, Source, Tell, Window};

impl Raster {
    /// Returns this raster with other metadata: the same pixels, described anew.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata) -> Self {
        self.described(Info { metadata: Arc::new(metadata), ..self.info().clone() })
    }

    /// Returns this raster with other words about the same samples.
    pub(in crate::ops) fn described(&self, info: Info) -> Self {
        Self::new(Described { input: self.clone(), info, has_overviews: true })
    }

    /// Returns this raster as if it had no overviews: what is made of it is made of its own pixels.
    #[must_use]
    pub fn without_overviews(&self) -> Self {
        let (input, info) = (self.clone(), self.info().clone());
        Self::new(Described { input, info, has_overviews: false })
    }

    /// Returns this raster with items set in the unnamed domain of its metadata
    /// (`TIFFTAG_SOFTWARE` and its kin are stored as the tags they name); an
    /// item without text is taken out.
    #[must_use]
    pub fn with_items(&self, items: &[(String, String)]) -> Self {
        let mut metadata = (*self.info().metadata).clone();
        let named = metadata.domains.entry(String::new()).or_default();
        for (name, text) in items {
            if text.is_empty() {
                named.remove(name);
            } else {
                named.insert(name.clone(), text.clone());
            }
        }
        metadata.domains.retain(|_, items| !items.is_empty());
        self.with_metadata(metadata)
    }
}

#[derive(Debug)]
struct Described {
    input: Raster,
    info: Info,
    has_overviews: bool,
}

impl Source for Described {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        self.input.source().read(out, cx)
    }

    fn footprint(&self, window: Window) -> u64 {
        self.input.source().footprint(window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(window, tell);
    }

    fn only_bands(&self, bands: &[u16]) -> Option<Raster> {
        self.input.source().only_bands(bands)
    }

    fn overviews(&self) -> Vec<Raster> {
        if self.has_overviews { self.input.overviews() } else { Vec::new() }
    }

    fn origin(&self) -> Option<Origin<'_>> {
        self.input.source().origin()
    }
}
