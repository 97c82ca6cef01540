//! Some bands of a raster, in another order.

use std::sync::Arc;

use crate::raster::{
    Buffer, ColorInterpretation, Colors, Context, Info, Metadata, Origin, Raster, Source, Tell,
    Window,
};
use crate::{Error, Result};

impl Raster {
    /// Returns a raster of these bands, counted from 0, in this order; a band
    /// may come more than once. What is known of each goes with it. The image is
    /// one of red, green and blue still, or of indices into a colour table, if
    /// its bands say so; otherwise each band keeps what it means as a colour. A
    /// band of opacity is one only in the last place.
    ///
    /// # Errors
    /// [`Error::Usage`] if there are no bands, too many, or there is no such band.
    pub fn select_bands(&self, bands: &[u16]) -> Result<Self> {
        let info = self.info();
        let count = u16::try_from(bands.len()).ok().filter(|&count| count > 0);
        let Some(count) = count else {
            return Err(Error::usage("bands").expected("1 to 65535").found(bands.len()));
        };
        if let Some(&none) = bands.iter().find(|&&band| band >= info.bands) {
            return Err(Error::usage("band")
                .expected(format!("1 to {}", info.bands))
                .found(u32::from(none) + 1));
        }
        let meanings: Vec<_> = bands.iter().map(|&band| info.color(band)).collect();
        let is_alpha = |&band: &u16| info.alpha.is_some() && band + 1 == info.bands;
        use ColorInterpretation::{Blue, Green, Red};
        let colors = match &info.colors {
            Colors::Palette(_) if count == 1 => info.colors.clone(),
            _ if meanings.starts_with(&[Red, Green, Blue]) => Colors::Rgb,
            Colors::Cmyk if bands.starts_with(&[0, 1, 2, 3]) => Colors::Cmyk,
            Colors::Other(_) if bands.starts_with(&[0, 1, 2]) => info.colors.clone(),
            Colors::WhiteIsZero if count == 1 => Colors::WhiteIsZero,
            _ => Colors::Gray,
        };
        let mut metadata = Metadata { bands: Default::default(), ..(*info.metadata).clone() };
        for (from, to) in bands.iter().zip(0..) {
            if let Some(said) = info.metadata.bands.get(from) {
                metadata.bands.insert(to, said.clone());
            }
        }
        let mut selected = Info {
            bands: count,
            colors,
            alpha: info.alpha.filter(|_| bands.last().is_some_and(is_alpha)),
            ..info.clone()
        };
        // What the image's kind no longer says is said of the band.
        for (&meaning, band) in meanings.iter().zip(0..) {
            let said = metadata.bands.entry(band).or_default();
            said.color = (selected.usual_color(band) != meaning).then_some(meaning);
        }
        metadata.bands.retain(|_, said| *said != Default::default());
        selected.metadata = Arc::new(metadata);
        let (input, bands) = self.narrowed(bands);
        Ok(Self::new(Select { input, info: selected, bands }))
    }

    /// Returns what bands can be taken of at the least cost, and which of its bands they are.
    fn narrowed(&self, bands: &[u16]) -> (Self, Vec<u16>) {
        let mut wanted = bands.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.len() < usize::from(self.info().bands)
            && let Some(few) = self.source().only_bands(&wanted)
        {
            let place = |band: &u16| wanted.partition_point(|own| own < band) as u16;
            return (few, bands.iter().map(place).collect());
        }
        (self.clone(), bands.to_vec())
    }
}

#[derive(Debug)]
struct Select {
    input: Raster,
    info: Info,
    bands: Vec<u16>,
}

impl Source for Select {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let pixels = cx.read_tile(&self.input, out.window())?;
        out.validate();
        for (&from, to) in self.bands.iter().zip(0..) {
            out.copy_band(to, &pixels, from);
        }
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let info = self.input.info();
        Buffer::bytes_for(window, info.bands, info.dtype) + self.input.source().footprint(window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(window, tell);
    }

    fn only_bands(&self, bands: &[u16]) -> Option<Raster> {
        let own = bands.iter().map(|&band| self.bands.get(usize::from(band)).copied());
        self.input.select_bands(&own.collect::<Option<Vec<_>>>()?).ok()
    }

    fn overviews(&self) -> Vec<Raster> {
        let overviews = self.input.overviews();
        overviews.iter().filter_map(|o| o.select_bands(&self.bands).ok()).collect()
    }

    fn origin(&self) -> Option<Origin<'_>> {
        let Origin { store, bands } = self.input.source().origin()?;
        let selected = self.bands.iter().map(|&band| bands.get(usize::from(band)).copied());
        Some(Origin { store, bands: selected.collect::<Option<_>>()? })
    }
}
