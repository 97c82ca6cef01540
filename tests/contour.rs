//! Contours: known surfaces have known lines, the same for any threads, memory and tiles.

mod rasters;

use std::f64::consts::TAU;

use geo::{Euclidean, Length};
use rasters::{Random, assert_same, noise};
use swath::engine::{Engine, EngineOptions, Silent};
use swath::kernel::Levels;
use swath::ops::contour::Contour;
use swath::raster::{Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size};
use swath::{Error, Result};

fn engine(threads: usize, memory: u64, work: Option<Size>) -> Engine {
    Engine::new(EngineOptions { threads, memory, work }).expect("threads start")
}

/// A raster of heights of pixels' centres; NaN is missing.
fn ground(size: Size, transform: GeoTransform, height: impl Fn(f64, f64) -> f64) -> Raster {
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::F64);
    pixels.add_mask();
    let (samples, valid) = pixels.plane_and_valid_mut::<f64>(0);
    for (at, (sample, valid)) in samples.iter_mut().zip(valid.expect("a mask")).enumerate() {
        let (col, row) = (at % size.width as usize, at / size.width as usize);
        *sample = height(col as f64 + 0.5, row as f64 + 0.5);
        *valid = if sample.is_nan() { 0 } else { 255 };
    }
    let info = Info {
        nodata: Some(NoData::Float(f64::NAN)),
        chunk: Size::new(100, 70),
        ..Info::new(Grid { size, transform, crs: None }, 1, DataType::F64)
    };
    Raster::from_buffer(info, pixels).expect("a whole raster")
}

fn lines(raster: &Raster, levels: &Levels, engine: &Engine) -> Result<Vec<Contour>> {
    let mut lines = Vec::new();
    let mut emit = |line| {
        lines.push(line);
        Ok(())
    };
    raster.contour(0, levels, engine, &mut emit, &mut Silent)?;
    Ok(lines)
}

fn every(interval: f64) -> Levels {
    Levels::Every { interval, base: 0.0 }
}

fn length(line: &Contour) -> f64 {
    Euclidean.length(&line.line)
}

const NORTH_UP: GeoTransform = GeoTransform::north_up(0.0, 0.0, 1.0, 1.0);

#[test]
fn the_lines_of_a_cone_are_circles() {
    let (x0, y0) = (300.3, 270.7);
    let cone = ground(Size::new(601, 530), NORTH_UP, |x, y| 400.0 - (x - x0).hypot(y - y0));
    let found = lines(&cone, &every(50.0), &engine(2, 256 << 20, None)).expect("finds");
    let closed: Vec<_> = found.iter().filter(|line| line.line.is_closed()).collect();
    assert_eq!(closed.len(), 5);
    for line in closed {
        let radius = 400.0 - line.level;
        // A chord of an arc lies inside it by less than an eighth of a pixel's square over it.
        for c in &line.line.0 {
            let off = (c.x - x0).hypot(-c.y - y0) - radius;
            assert!(off.abs() < 0.2 / radius, "{off} at {}", line.level);
        }
        assert!((length(line) / (TAU * radius) - 1.0).abs() < 2e-4, "{}", line.level);
        // Higher ground is inside, on the right: clockwise.
        assert!(geo::Winding::is_cw(&line.line));
        let first = line.line.0.iter().map(|c| -c.y).fold(f64::MAX, f64::min);
        assert_eq!(-line.line.0[0].y, first);
    }
}

#[test]
fn the_lines_of_a_plane_cross_all_of_it() {
    let size = Size::new(700, 300);
    // Turned and moved: what counts is the course in coordinates.
    let transform = GeoTransform::from_gdal([1000.0, 2.0, 0.5, 500.0, 0.5, -2.0]);
    let plane = ground(size, transform, |x, y| x / 10.0 + y / 1e6);
    let found = lines(&plane, &every(10.0), &engine(2, 256 << 20, None)).expect("finds");
    let levels: Vec<f64> = found.iter().map(|line| line.level).collect();
    assert_eq!(found.len(), 6);
    assert!((1..=6).all(|n| levels.contains(&(f64::from(n) * 10.0))), "{levels:?}");
    for line in &found {
        let inverse = transform.inverse().expect("has area");
        let (first, last) = (line.line.0[0], *line.line.0.last().expect("has points"));
        let pixel = |c: geo::Coord| inverse.apply(swath::raster::Point { x: c.x, y: c.y });
        // From edge to edge, upwards: higher ground is on the right.
        assert!((pixel(first).y - 300.0).abs() < 1e-9 && pixel(last).y.abs() < 1e-9);
        assert!((pixel(first).x - line.level * 10.0).abs() < 0.01);
    }
}

/// Hills with gaps; the levels are those of many samples.
fn hills(size: Size) -> Raster {
    let mut random = Random::new(3);
    let gaps: Vec<(f64, f64)> = (0..40)
        .map(|_| {
            let place = |end: u32, n: u64| n as f64 / 1000.0 * f64::from(end);
            (place(size.width, random.below(1000)), place(size.height, random.below(1000)))
        })
        .collect();
    ground(size, NORTH_UP, move |x, y| {
        if gaps.iter().any(|&(a, b)| (x - a).abs() < 3.0 && (y - b).abs() < 5.0) {
            return f64::NAN;
        }
        ((x / 23.0).sin() * (y / 31.0).cos() * 300.0 + (x * y / 97.0).sin() * 20.0).round()
    })
}

#[test]
fn nothing_depends_on_threads_memory_or_tiles() {
    let raster = hills(Size::new(601, 530));
    let levels = every(20.0);
    let wanted = lines(&raster, &levels, &engine(1, 512 << 20, None)).expect("finds");
    assert!(wanted.len() > 100, "{}", wanted.len());
    for threads in [1, 2, 3, 8] {
        for (memory, work) in [(48 << 20, Some(Size::new(97, 61))), (1 << 30, None)] {
            let found = lines(&raster, &levels, &engine(threads, memory, work)).expect("finds");
            assert!(found == wanted, "{threads} {memory} {work:?}");
        }
    }
}

#[test]
fn lines_are_the_same_wherever_tiles_lie() {
    let engine = engine(2, 256 << 20, None);
    // Whole numbers of pixels: coordinates lose nothing by the move.
    let moved = |dx: u32, dy: u32| {
        let transform = GeoTransform::north_up(-f64::from(dx), f64::from(dy), 1.0, 1.0);
        let raster = ground(Size::new(800, 700), transform, |x, y| {
            let (x, y) = (x - f64::from(dx), y - f64::from(dy));
            let inside = (0.0..500.0).contains(&x) && (0.0..400.0).contains(&y);
            let height = ((x / 23.0).sin() * (y / 31.0).cos() * 300.0).round();
            if inside { height } else { f64::NAN }
        });
        let mut found = lines(&raster, &every(25.0), &engine).expect("finds");
        let points = |line: &Contour| line.line.0.len();
        assert!(found.iter().map(points).sum::<usize>() > 20_000);
        found.sort_by(|a, b| {
            let key = |l: &Contour| [l.level, l.line.0[0].x, l.line.0[0].y, l.line.0[1].x];
            key(a).partial_cmp(&key(b)).expect("numbers")
        });
        found
    };
    let (wanted, found) = (moved(0, 0), moved(133, 201));
    assert_eq!(wanted.len(), found.len());
    for (a, b) in wanted.iter().zip(&found) {
        assert_eq!((a.level, a.line.0.len()), (b.level, b.line.0.len()));
        let off = a.line.0.iter().zip(&b.line.0).map(|(p, q)| (p.x - q.x).hypot(p.y - q.y));
        assert!(off.fold(0.0, f64::max) < 1e-9);
    }
}

#[test]
fn no_line_is_degenerate() {
    let raster = hills(Size::new(300, 280));
    // Each level is that of many samples.
    let found = lines(&raster, &every(10.0), &engine(2, 512 << 20, None)).expect("finds");
    for line in &found {
        assert!(line.line.0.len() >= 2 && length(line) > 0.0, "{line:?}");
        assert!(line.line.0.windows(2).all(|pair| pair[0] != pair[1]), "{line:?}");
    }
    // A peak that just reaches the level has none, a plateau one, and a flat raster none.
    let one = |height: fn(f64, f64) -> f64| {
        let raster = ground(Size::new(9, 9), NORTH_UP, height);
        lines(&raster, &Levels::These(vec![5.0]), &engine(1, 64 << 20, None)).expect("finds")
    };
    assert_eq!(one(|x, y| if (x, y) == (4.5, 4.5) { 5.0 } else { 0.0 }), []);
    assert_eq!(one(|_, _| 5.0), []);
    let plateau = one(|x, y| if x.max(y) < 7.0 && x.min(y) > 3.0 { 5.0 } else { 0.0 });
    assert_eq!((plateau.len(), length(&plateau[0])), (1, 12.0));
}

#[test]
fn a_file_between_changes_nothing() -> Result<()> {
    let (raster, engine) = (hills(Size::new(300, 280)), engine(2, 256 << 20, None));
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("hills.tif");
    raster.write(&path, &Default::default())?;
    let through = swath::open(&path)?;
    let window = raster.info().grid.size.window();
    assert_same(&through.read(window)?, &raster.read(window)?, "through a file");
    assert!(lines(&raster, &every(50.0), &engine)? == lines(&through, &every(50.0), &engine)?);
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused() {
    let engine = engine(1, 64 << 20, None);
    let raster = noise(DataType::I16, 1, Size::new(20, 20), None);
    let refused = |raster: &Raster, levels| lines(raster, &levels, &engine).expect_err("refused");
    for levels in [
        every(0.0),
        every(-1.0),
        every(f64::NAN),
        every(f64::INFINITY),
        Levels::Every { interval: 1.0, base: f64::INFINITY },
        Levels::These(Vec::new()),
        Levels::These(vec![1.0, f64::NAN]),
    ] {
        assert!(matches!(refused(&raster, levels.clone()), Error::Usage(_)), "{levels:?}");
    }
    for interval in [1e-300, 1e-6] {
        assert!(matches!(refused(&raster, every(interval)), Error::Limit(_)), "{interval}");
    }
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    assert!(matches!(refused(&complex, every(1.0)), Error::Unsupported(_)));
    let mut emit = |_| Ok(());
    let band = raster.contour(1, &every(1.0), &engine, &mut emit, &mut Silent);
    assert!(matches!(band, Err(Error::Usage(_))));
}

#[test]
fn lines_beyond_the_memory_are_refused() {
    // A spiral that closes nowhere before the end: one open line of many points.
    let size = Size::new(3000, 3000);
    let spiral = ground(size, NORTH_UP, |x, y| {
        let (x, y) = (x - 1500.0, y - 1500.0);
        (x.hypot(y) / 4.0 + y.atan2(x)).sin()
    });
    let levels = Levels::These(vec![0.05]);
    let little = lines(&spiral, &levels, &engine(2, 24 << 20, None));
    assert!(matches!(little, Err(Error::Limit(_))), "{:?}", little.map(|l| l.len()));
    let enough = lines(&spiral, &levels, &engine(2, 512 << 20, None)).expect("finds");
    assert!(enough.iter().any(|line| line.line.0.len() > 100_000));
}
