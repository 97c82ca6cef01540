//! Small pictures of outputs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use swath::ops::CastOptions;
use swath::raster::{Buffer, Colors, DataType};
use swath::{Error, Raster, Result};

use super::ledger::{Ledger, State};

/// The longer side of a picture in pixels.
const SIDE: u32 = 144;
/// The most samples that are read for one: where there is no overview that small, no picture.
const MOST_SAMPLES: u64 = 6_000_000;

/// A picture of the output of an item.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) name: String,
    /// Pixels of the picture and of the output.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) of: String,
    /// A PNG in base64.
    pub(crate) png: String,
}

/// Makes pictures of at most `most` outputs, spread over all of them.
pub(crate) fn some(ledger: &Ledger, most: usize) -> Vec<Picture> {
    let made: Vec<_> = ledger
        .records()
        .iter()
        .filter(|r| matches!(r.state, State::Done | State::Skipped))
        .map(|r| r.output.clone())
        .collect();
    let count = made.len().min(most);
    let chosen = (0..count).map(|i| &made[i * made.len() / count]);
    // An output that makes no picture (a text, complex samples) is left out.
    chosen
        .filter_map(|path| {
            let raster = swath::open(path).ok()?;
            let name = path.file_name()?.to_string_lossy().into_owned();
            picture(name, &raster).ok()
        })
        .collect()
}

/// The colours that are shown: three bands, or one as grey.
fn shown(raster: &Raster) -> Result<Raster> {
    let info = raster.info();
    let colored = info.colors == Colors::Rgb || info.bands == 3;
    let bands: &[u16] = if colored && info.bands >= 3 { &[0, 1, 2] } else { &[0] };
    let how = CastOptions { dtype: DataType::F64, scale: None, nodata: None };
    Ok(raster.select_bands(bands)?.cast(how)?.0)
}

fn picture(name: String, raster: &Raster) -> Result<Picture> {
    let whole = raster.info().grid.size;
    let side = |r: &Raster| r.info().grid.size.width.max(r.info().grid.size.height);
    let levels = raster.overviews();
    let small = levels.iter().rev().find(|level| side(level) >= SIDE).unwrap_or(raster);
    let shown = shown(small)?;
    let (size, bands) = (shown.info().grid.size, shown.info().bands);
    if size.pixels() * u64::from(bands) > MOST_SAMPLES {
        return Err(Error::limit("picture"));
    }
    let pixels = shown.read(size.window())?;
    let shrink = f64::from(side(&shown)).max(f64::from(SIDE)) / f64::from(SIDE);
    let fit = |n: u32| ((f64::from(n) / shrink).round() as u32).max(1);
    let (width, height) = (fit(size.width), fit(size.height));
    let places: Vec<usize> = (0..height)
        .flat_map(|row| (0..width).map(move |col| (row, col)))
        .map(|(row, col)| {
            let (x, y) = ((f64::from(col) + 0.5) * shrink, (f64::from(row) + 0.5) * shrink);
            let (x, y) = ((x as u32).min(size.width - 1), (y as u32).min(size.height - 1));
            y as usize * size.width as usize + x as usize
        })
        .collect();
    let rgba = colors(&pixels, bands, &places);
    Ok(Picture {
        name,
        width,
        height,
        of: format!(
            "{} x {}, {} x {}",
            whole.width,
            whole.height,
            raster.info().bands,
            raster.info().dtype
        ),
        png: STANDARD.encode(png(width, height, &rgba)?),
    })
}

/// Stretches each band from its 2nd to its 98th percentile; what is missing is transparent.
fn colors(pixels: &Buffer, bands: u16, places: &[usize]) -> Vec<u8> {
    let mut rgba = vec![0; places.len() * 4];
    for channel in 0..3 {
        let band = channel.min(bands - 1);
        let (samples, valid) = (pixels.plane::<f64>(band), pixels.valid(band));
        let seen = |&at: &usize| valid.is_none_or(|v| v[at] != 0) && samples[at].is_finite();
        let mut sorted: Vec<f64> =
            places.iter().copied().filter(|at| seen(at)).map(|at| samples[at]).collect();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: usize| sorted.get(sorted.len().saturating_sub(1) * percent / 100);
        let (Some(&low), Some(&high)) = (rank(2), rank(98)) else { continue };
        for (color, at) in rgba.chunks_exact_mut(4).zip(places).filter(|(_, at)| seen(at)) {
            let part = if high > low { (samples[*at] - low) / (high - low) } else { 0.5 };
            color[usize::from(channel)] = (part.clamp(0.0, 1.0) * 255.0).round() as u8;
            color[3] = 255;
        }
    }
    rgba
}

fn png(width: u32, height: u32, rgba: &[u8]) -> Result<Vec<u8>> {
    let fail = |e: png::EncodingError| Error::defect("a picture").found(e);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().map_err(fail)?;
    writer.write_image_data(rgba).map_err(fail)?;
    writer.finish().map_err(fail)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_picture_is_a_png_of_the_right_shape() {
        let scene = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/landsat.tif");
        let made = picture("x".into(), &swath::open(scene).expect("opens")).expect("draws");
        // 760 x 680 pixels.
        assert_eq!((made.width, made.height), (144, 129));
        let bytes = STANDARD.decode(&made.png).expect("base64");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("PNG");
        let mut rgba = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut rgba).expect("pixels");
        let clear = rgba.chunks_exact(4).filter(|color| color[3] == 0).count();
        // An eighth of the scene has no value.
        assert!((1500..3000).contains(&clear), "{clear}");
        let full = rgba.chunks_exact(4).filter(|color| color[0] == 255).count();
        assert!(full >= 144 * 129 / 100, "{full}");
    }
}
