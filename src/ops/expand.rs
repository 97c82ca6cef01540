//! Colours as red, green and blue, or as greys, whatever they are stored as.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::raster::{
    Buffer, Colors, Context, DataType, Info, Masked, Metadata, NoData, Raster, Sample, Source,
    Tell, Window, dispatch,
};

/// What colours become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expand {
    /// Three bands: red, green and blue.
    Rgb,
    /// One band: a grey that grows brighter.
    Gray,
}

impl Raster {
    /// Returns this raster with its colours spelled out. Nothing is read until
    /// the result is.
    ///
    /// - A colour table gives 8-bit red, green and blue, or greys if all its
    ///   colours are grey. Entries of 16 bits are divided by 257, by 256 if all
    ///   are its multiples, by nothing if none exceeds 255.
    /// - CMYK gives `(max - c) * (max - k) / max`, rounded down, and so on, as
    ///   libtiff does: ink without a profile.
    /// - CIE L\*a\*b\* (photometric 8 and 9, white point D50, of 8 or 16 bits)
    ///   gives sRGB, clipped to its gamut.
    /// - A grey that grows darker is inverted; a grey becomes three equal bands
    ///   as [`Expand::Rgb`].
    /// - What is red, green and blue already stays, luminance and chrominance
    ///   included: reading makes RGB of them.
    ///
    /// Bands after those of the colours, such as opacity, are kept behind them.
    /// A pixel is valid where all samples that it is made of are.
    ///
    /// # Errors
    /// [`Error::Usage`] if colours should become grey; [`Error::Unsupported`] if
    /// nothing is known of how to make colours of the samples, or of their type.
    pub fn expand(&self, to: Expand) -> Result<Self> {
        let Some(plan) = Plan::new(self.info(), to)? else { return Ok(self.clone()) };
        let info = plan.info(self.info(), to);
        let overviews = self.overviews().iter().map(|o| o.expand(to)).collect::<Result<_>>()?;
        Ok(Self::new(Expanded { input: self.clone(), info, plan, overviews }))
    }
}

/// How colours are made of the first bands.
#[derive(Debug, Clone, PartialEq)]
enum Plan {
    /// By a table of the colours of each index, one list a band.
    Table(Vec<Vec<u8>>),
    /// As they are, or inverted, in so many bands.
    Gray {
        invert: bool,
        bands: u16,
    },
    Cmyk,
    Lab {
        icc: bool,
    },
}

impl Plan {
    /// Returns `None` if there is nothing to do.
    fn new(info: &Info, to: Expand) -> Result<Option<Self>> {
        let colored = || {
            Error::usage("making greys of colours")
                .expected("a grey image, or a colour table of greys")
                .hint("ask for rgb instead")
        };
        let bands = if to == Expand::Rgb { 3 } else { 1 };
        let plan = match (&info.colors, to) {
            (Colors::Rgb, Expand::Rgb) | (Colors::Gray, Expand::Gray) => return Ok(None),
            (Colors::Palette(table), to) => {
                if info.bands > 1 && info.dtype != DataType::U8 {
                    return Err(Error::unsupported("a colour table beside other bands")
                        .expected("samples of uint8")
                        .found(info.dtype));
                }
                let mut colors = bytes_of(table);
                if to == Expand::Gray {
                    if colors.windows(2).any(|pair| pair[0] != pair[1]) {
                        return Err(colored());
                    }
                    colors.truncate(1);
                }
                Self::Table(colors)
            }
            (Colors::Gray, Expand::Rgb) => Self::Gray { invert: false, bands },
            (Colors::WhiteIsZero, _) => Self::Gray { invert: true, bands },
            (Colors::Cmyk, Expand::Rgb) => Self::Cmyk,
            (Colors::Other(8 | 9), Expand::Rgb) if info.bands >= 3 => {
                Self::Lab { icc: info.colors == Colors::Other(9) }
            }
            (Colors::Other(number), _) => {
                return Err(Error::unsupported("spelling out the colours of this image")
                    .expected("grey, a colour table, CMYK or CIE L*a*b*")
                    .found(format!("photometric interpretation {number}")));
            }
            (Colors::Rgb | Colors::Cmyk, Expand::Gray) => return Err(colored()),
        };
        let fit: &[DataType] = match plan {
            Self::Gray { invert: false, .. } => &DataType::ALL,
            Self::Table(_) | Self::Lab { .. } | Self::Cmyk => &[DataType::U8, DataType::U16],
            Self::Gray { .. } => &[DataType::U8, DataType::U16, DataType::U32],
        };
        if !fit.contains(&info.dtype) {
            return Err(Error::unsupported("spelling out colours of this type").found(info.dtype));
        }
        Ok(Some(plan))
    }

    /// Bands that the colours are made of.
    fn taken(&self) -> u16 {
        match self {
            Self::Table(_) | Self::Gray { .. } => 1,
            Self::Cmyk => 4,
            Self::Lab { .. } => 3,
        }
    }

    /// Bands of colours that are made.
    fn made(&self) -> u16 {
        match self {
            Self::Table(colors) => colors.len() as u16,
            Self::Gray { bands, .. } => *bands,
            Self::Cmyk | Self::Lab { .. } => 3,
        }
    }

    fn info(&self, from: &Info, to: Expand) -> Info {
        let (taken, made) = (self.taken(), self.made());
        let mut metadata = Metadata { bands: Default::default(), ..(*from.metadata).clone() };
        for (&band, said) in &from.metadata.bands {
            // What is said of an index or an ink is not true of a colour.
            if band >= taken {
                metadata.bands.insert(band - taken + made, said.clone());
            } else if matches!(self, Self::Gray { .. }) {
                for band in 0..made {
                    let mut said = said.clone();
                    said.color = None;
                    metadata.bands.insert(band, said);
                }
            }
        }
        let nodata = match self {
            Self::Gray { invert: false, .. } => from.nodata,
            Self::Gray { .. } => from.nodata.and_then(|n| inverted(n, from.dtype)),
            _ => None,
        };
        let lost = from.nodata.is_some() && nodata.is_none();
        Info {
            bands: from.bands - taken + made,
            dtype: if matches!(self, Self::Table(_)) { DataType::U8 } else { from.dtype },
            nodata,
            colors: if to == Expand::Rgb { Colors::Rgb } else { Colors::Gray },
            masked: if lost || from.masked == Masked::EachBand && made != taken {
                Masked::Shared
            } else {
                from.masked
            },
            metadata: Arc::new(metadata),
            ..from.clone()
        }
    }
}

/// Returns the colours of a table, one list a band, in bytes.
fn bytes_of(table: &[u16]) -> Vec<Vec<u8>> {
    let most = table.iter().copied().max().unwrap_or(0);
    let by = if most < 256 {
        1
    } else if table.iter().all(|v| v % 256 == 0) {
        256
    } else {
        257
    };
    let len = (table.len() / 3).max(1);
    // At most 65535 / 257 = 255, or a multiple of 256 by it, or less than 256.
    table.chunks_exact(len).map(|band| band.iter().map(|v| (v / by) as u8).collect()).collect()
}

/// Returns what an inverted sample of this value is.
fn inverted(nodata: NoData, dtype: DataType) -> Option<NoData> {
    let most = (1i128 << (dtype.bytes() * 8)) - 1;
    match nodata {
        NoData::Integer(n) => Some(NoData::Integer(most - n)),
        NoData::Float(x) => (x.fract() == 0.0).then(|| NoData::Integer(most - x as i128)),
    }
}

#[derive(Debug)]
struct Expanded {
    input: Raster,
    info: Info,
    plan: Plan,
    overviews: Vec<Raster>,
}

impl Source for Expanded {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let input = cx.read_tile(&self.input, out.window())?;
        let (taken, made) = (self.plan.taken(), self.plan.made());
        out.validate();
        match &self.plan {
            Plan::Table(colors) => dispatch!(input.dtype(), T => {
                for (band, colors) in (0..).zip(colors) {
                    let indices = input.plane::<T>(0).iter();
                    for (to, index) in out.plane_mut::<u8>(band).iter_mut().zip(indices) {
                        *to = colors.get(index.to_f64() as usize).copied().unwrap_or(0);
                    }
                }
            }),
            Plan::Gray { invert, bands } => {
                for band in 0..*bands {
                    let (to, from) = (out.plane_bytes_mut(band), input.plane_bytes(0));
                    to.copy_from_slice(from);
                    if *invert {
                        // The largest sample less this one.
                        to.iter_mut().for_each(|byte| *byte = !*byte);
                    }
                }
            }
            Plan::Cmyk if input.dtype() == DataType::U8 => colors::<u8, 4>(&input, out, ink),
            Plan::Cmyk => colors::<u16, 4>(&input, out, ink),
            Plan::Lab { icc } if input.dtype() == DataType::U8 => {
                colors::<u8, 3>(&input, out, |v, _| lab(v, 1.0, *icc));
            }
            Plan::Lab { icc } => colors::<u16, 3>(&input, out, |v, _| lab(v, 256.0, *icc)),
        }
        for band in taken..input.bands() {
            out.copy_band(band - taken + made, &input, band);
        }
        for from in 0..taken {
            let Some(valid) = input.valid(from) else { continue };
            out.add_mask();
            for band in 0..made {
                let to = out.valid_mut(band).unwrap_or_default().iter_mut();
                to.zip(valid).for_each(|(to, valid)| *to &= valid);
            }
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

    fn overviews(&self) -> Vec<Raster> {
        self.overviews.clone()
    }
}

/// Makes the first three bands of the first `N`, by a function of the samples
/// and the largest one.
fn colors<T: Sample + From<u8>, const N: usize>(
    input: &Buffer,
    out: &mut Buffer,
    make: impl Fn([f64; N], f64) -> [f64; 3],
) {
    let most = if T::DTYPE == DataType::U8 { 255.0 } else { 65535.0 };
    let planes: [&[T]; N] = std::array::from_fn(|band| input.plane::<T>(band as u16));
    for at in 0..planes[0].len() {
        let made = make(planes.map(|plane| plane[at].to_f64()), most);
        for (band, made) in (0..).zip(made) {
            out.plane_mut::<T>(band)[at] = T::from_f64(made);
        }
    }
}

/// Inks on white paper. Samples are whole numbers, so that the quotient is exact.
fn ink([c, m, y, k]: [f64; 4], most: f64) -> [f64; 3] {
    [c, m, y].map(|ink| ((most - ink) * (most - k) / most).floor())
}

/// CIE L\*a\*b\* of white point D50 to sRGB (IEC 61966-2-1), adapted to its
/// white point D65 by Bradford's matrix. `unit` is how many steps of the sample
/// an a\* or b\* of 1 has.
fn lab([l, a, b]: [f64; 3], unit: f64, icc: bool) -> [f64; 3] {
    let most = if unit == 1.0 { 255.0 } else { 65535.0 };
    let (l, a, b) = if icc {
        let white = if unit == 1.0 { 255.0 } else { 65280.0 };
        (l * 100.0 / white, a / unit - 128.0, b / unit - 128.0)
    } else {
        // Two's complement in unsigned samples.
        let signed = |v: f64| if v > most / 2.0 { v - most - 1.0 } else { v };
        (l * 100.0 / most, signed(a) / unit, signed(b) / unit)
    };
    let y = (l + 16.0) / 116.0;
    let cube = |t: f64| {
        if t > 6.0 / 29.0 { t * t * t } else { 3.0 * (6.0f64 / 29.0).powi(2) * (t - 4.0 / 29.0) }
    };
    let (x, y, z) = (0.964_22 * cube(y + a / 500.0), cube(y), 0.825_21 * cube(y - b / 200.0));
    let linear = [
        3.133_856_1 * x - 1.616_866_7 * y - 0.490_614_6 * z,
        -0.978_768_4 * x + 1.916_141_5 * y + 0.033_454_0 * z,
        0.071_945_3 * x - 0.228_991_4 * y + 1.405_242_7 * z,
    ];
    linear.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let v = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (v * most).round()
    })
}
