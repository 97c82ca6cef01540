//! A file of features, written one after another.

use std::path::Path;

use geo::{Coord, CoordsIter, Geometry, LineString, MapCoordsInPlace, Polygon};
use geo::{Orient, orient::Direction};
use serde_json::{Map, Number, Value as Json, json};

use super::flatgeobuf::{self, Head};
use super::{Kind, Value};
use crate::crs::{Crs, TransformOptions, Transformer};
use crate::error::{Error, Result};
use crate::io::{Overwrite, Staged};

/// One thing that is said of each feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: String,
    /// What kind of values it has.
    pub kind: Kind,
}

/// What features are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Lines.
    Lines,
    /// Polygons and multipolygons.
    Polygons,
}

/// What a file of features holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The name of the features together.
    pub name: String,
    /// What the features are.
    pub shape: Shape,
    /// What is said of each.
    pub fields: Vec<Field>,
    /// The system of their coordinates, x before y; `None` if it is not known.
    pub crs: Option<Crs>,
}

/// The system of the coordinates in a file of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coordinates {
    /// That of the features, named by the member `crs` of GeoJSON's first edition (2008), as
    /// GDAL writes it and [`Shapes`](super::Shapes) reads it; not named if it is EPSG:4326.
    #[default]
    AsTheyAre,
    /// Longitudes and latitudes on WGS 84, as RFC 7946 has them. Corners are transformed, and
    /// what is straight between them stays so. A feature across the antimeridian is not cut.
    Wgs84,
}

/// A GeoJSON or FlatGeobuf file that is written feature by feature, and is whole or absent.
///
/// GeoJSON has one feature a line; numbers are the shortest that read back the same, and
/// infinite ones and NaN are text. FlatGeobuf has no index; its polygons are multipolygons.
#[derive(Debug)]
pub struct FeatureWriter {
    staged: Staged,
    format: Format,
    fields: Vec<Field>,
    transformer: Option<Transformer>,
    features: u64,
    /// The line of GeoJSON at hand.
    line: Vec<u8>,
}

#[derive(Debug)]
enum Format {
    GeoJson,
    FlatGeobuf {
        /// Where the number of features goes in the end.
        count_at: u64,
        /// Where their extent goes: least x and y, largest x and y.
        extent_at: u64,
        extent: [f64; 4],
    },
}

impl FeatureWriter {
    /// Begins a file; it gets its name in [`FeatureWriter::commit`].
    ///
    /// # Errors
    /// [`Error::Usage`] if the name does not end as one of GeoJSON (`.geojson`, `.json`) or
    /// FlatGeobuf (`.fgb`) does, or longitudes and latitudes are wanted of features in no known system;
    /// [`Error::Unsupported`] if there is no way to them; those of [`Staged::create`].
    pub fn create(
        path: &Path,
        overwrite: Overwrite,
        schema: Schema,
        coordinates: Coordinates,
    ) -> Result<Self> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        let ends = |known: &[&str]| known.iter().any(|known| end.eq_ignore_ascii_case(known));
        let flat = ends(&["fgb"]);
        if !flat && !ends(&["geojson", "json"]) {
            return Err(Error::usage("the name of a file of features")
                .expected("one that ends in .geojson, .json or .fgb")
                .found(path.display()));
        }
        let transformer = match (coordinates, &schema.crs) {
            (Coordinates::AsTheyAre, _) => None,
            (Coordinates::Wgs84, Some(crs)) => {
                let target = Crs::from_epsg(4326);
                Some(Transformer::with_options(crs, &target, &TransformOptions::default())?)
            }
            (Coordinates::Wgs84, None) => {
                return Err(Error::usage("longitudes and latitudes of features")
                    .expected("a raster whose reference system is known"));
            }
        };
        let mut staged = Staged::create(path, overwrite)?;
        if flat {
            let wgs84 = transformer.as_ref().map(|_| Crs::from_epsg(4326));
            let crs = wgs84.as_ref().or(schema.crs.as_ref());
            let Head { bytes, count_at, extent_at } =
                flatgeobuf::head(&schema.name, schema.shape, &schema.fields, crs)?;
            staged.append(&bytes)?;
            let most = f64::INFINITY;
            let extent = [most, most, -most, -most];
            let format = Format::FlatGeobuf { count_at, extent_at, extent };
            let (fields, line) = (schema.fields, Vec::new());
            return Ok(Self { staged, format, fields, transformer, features: 0, line });
        }
        let mut head = String::from("{\"type\":\"FeatureCollection\",");
        let mut member = |name: &str, value: Json| head += &format!("\"{name}\":{value},");
        member("name", json!(schema.name));
        if transformer.is_none() {
            match schema.crs.as_ref().map(name_of) {
                // No system can be assumed, in the words of the first edition.
                None => member("crs", Json::Null),
                Some(None) => {}
                Some(Some(name)) => {
                    member("crs", json!({ "type": "name", "properties": { "name": name } }));
                }
            }
        }
        staged.append(head.as_bytes())?;
        staged.append(b"\"features\":[\n")?;
        let (fields, line) = (schema.fields, Vec::new());
        Ok(Self { staged, format: Format::GeoJson, fields, transformer, features: 0, line })
    }

    /// Adds a feature, which may have no shape, and what is said of it, in the order of the
    /// schema's fields.
    ///
    /// # Errors
    /// [`Error::Usage`] if a coordinate is not finite, or has no place in longitudes and
    /// latitudes if these are wanted, or a value is of another kind than its field;
    /// [`Error::Limit`] if a feature is too large for FlatGeobuf (2 GiB); [`Error::Io`] if
    /// writing fails.
    pub fn write(&mut self, shape: Option<Geometry<f64>>, values: &[Value]) -> Result<()> {
        if let Some((field, value)) =
            self.fields.iter().zip(values).find(|(field, value)| !value.is(field.kind))
        {
            return Err(Error::usage(format!("value of {}", field.name))
                .expected(format!("{:?}", field.kind))
                .found(format!("{value:?}")));
        }
        let shape = shape.map(|shape| self.placed(shape)).transpose()?;
        self.features += 1;
        match &mut self.format {
            Format::GeoJson => self.write_line(shape.as_ref(), values),
            Format::FlatGeobuf { extent, .. } => {
                for Coord { x, y } in shape.iter().flat_map(CoordsIter::coords_iter) {
                    let [left, low, right, high] = *extent;
                    *extent = [left.min(x), low.min(y), right.max(x), high.max(y)];
                }
                self.staged.append(&flatgeobuf::feature(shape.as_ref(), values)?)?;
                Ok(())
            }
        }
    }

    /// Brings a shape to the coordinates of the file.
    fn placed(&self, mut shape: Geometry<f64>) -> Result<Geometry<f64>> {
        if let Some(transformer) = &self.transformer {
            shape.map_coords_in_place(|Coord { x, y }| {
                let (mut x, mut y) = ([x], [y]);
                transformer.transform(&mut x, &mut y);
                Coord { x: x[0], y: y[0] }
            });
            shape = match shape {
                Geometry::Polygon(p) => Geometry::Polygon(p.orient(Direction::Default)),
                Geometry::MultiPolygon(p) => Geometry::MultiPolygon(p.orient(Direction::Default)),
                other => other,
            };
        }
        if let Some(c) = shape.coords_iter().find(|c| !(c.x.is_finite() && c.y.is_finite())) {
            return Err(Error::usage("place of a feature")
                .expected("coordinates that are numbers, in the system that is asked for")
                .found(format!("{}, {}", c.x, c.y)));
        }
        Ok(shape)
    }

    fn write_line(&mut self, shape: Option<&Geometry<f64>>, values: &[Value]) -> Result<()> {
        let separator: &[u8] = if self.features > 1 { b",\n" } else { b"" };
        self.line.clear();
        self.line.extend_from_slice(separator);
        self.line.extend_from_slice(b"{\"type\":\"Feature\",\"properties\":");
        let said: Map<String, Json> =
            self.fields.iter().map(|f| f.name.clone()).zip(values.iter().map(json_of)).collect();
        self.line.extend_from_slice(Json::Object(said).to_string().as_bytes());
        self.line.extend_from_slice(b",\"geometry\":");
        match shape {
            Some(shape) => geometry(shape, &mut self.line)?,
            None => self.line.extend_from_slice(b"null"),
        }
        self.line.push(b'}');
        self.staged.append(&self.line)?;
        Ok(())
    }

    /// Returns the number of features so far.
    pub fn features(&self) -> u64 {
        self.features
    }

    /// Ends the file, makes it durable and gives it its name; returns the number of features.
    ///
    /// # Errors
    /// Those of [`Staged::commit`].
    pub fn commit(mut self) -> Result<u64> {
        match self.format {
            Format::GeoJson => {
                self.staged.append(b"\n]}\n")?;
            }
            Format::FlatGeobuf { count_at, extent_at, extent } => {
                self.staged.write_at(count_at, &self.features.to_le_bytes())?;
                // Of nothing the extent is nothing.
                let extent = if extent[0] <= extent[2] { extent } else { [f64::NAN; 4] };
                self.staged.write_at(extent_at, &extent.map(f64::to_le_bytes).concat())?;
            }
        }
        self.staged.commit()?;
        Ok(self.features)
    }
}

/// The name of a system in GeoJSON; `None` for the one that needs none.
fn name_of(crs: &Crs) -> Option<String> {
    match crs.epsg() {
        Some(4326) => None,
        Some(code) => Some(format!("urn:ogc:def:crs:EPSG::{code}")),
        None => Some(crs.to_wkt2().unwrap_or_else(|| crs.name().into_owned())),
    }
}

/// JSON has no infinite numbers and no NaN: they become text.
fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => json!(yes),
        Value::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Value::Integer(n) => json!(n),
        Value::Unsigned(n) => json!(n),
        Value::Float(n) => Number::from_f64(*n).map_or_else(|| json!(n.to_string()), Json::Number),
        Value::Text(text) => json!(text),
    }
}

/// Writes a geometry: one of lines or polygons.
fn geometry(shape: &Geometry<f64>, out: &mut Vec<u8>) -> Result<()> {
    let mut of = |kind: &str, coordinates: &dyn Fn(&mut Vec<u8>)| {
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\",\"coordinates\":");
        coordinates(out);
        out.push(b'}');
    };
    match shape {
        Geometry::LineString(line) => of("LineString", &|out| positions(line, out)),
        Geometry::Polygon(polygon) => of("Polygon", &|out| rings(polygon, out)),
        Geometry::MultiPolygon(polygons) => {
            of("MultiPolygon", &|out| list(&polygons.0, out, rings));
        }
        _ => return Err(Error::unsupported("features that are neither lines nor polygons")),
    }
    Ok(())
}

fn rings(polygon: &Polygon<f64>, out: &mut Vec<u8>) {
    let all = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    list(all, out, positions);
}

fn positions(line: &LineString<f64>, out: &mut Vec<u8>) {
    list(&line.0, out, |c, out| {
        list([c.x, c.y], out, |number, out| {
            // Writing to a vector cannot fail, and these are finite.
            let _ = serde_json::to_writer(out, &number);
        });
    });
}

/// Writes what there is between brackets, with commas.
fn list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut each: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        each(item, out);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::super::{Shapes, flatgeobuf::to_geojson};
    use super::*;
    use geo::{Area, MultiPolygon, polygon};

    fn schema(crs: Option<Crs>) -> Schema {
        let field = |name: &str, kind| Field { name: name.into(), kind };
        let fields = vec![
            field("DN", Kind::Unsigned),
            field("words", Kind::Text),
            field("size", Kind::Float),
        ];
        Schema { name: "a \"b\"".into(), shape: Shape::Polygons, fields, crs }
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let square = polygon![
            exterior: [(x: 5e5, y: 5e6), (x: 5e5 + 0.1, y: 5e6), (x: 5e5, y: 5e6 + 1.0)],
            interiors: [[(x: 5e5 + 0.01, y: 5e6 + 0.01), (x: 5e5 + 0.01, y: 5e6 + 0.02), (x: 5e5 + 0.02, y: 5e6 + 0.01)]]
        ];
        let both = MultiPolygon::new(vec![square.clone(), square.clone()]);
        let crs = Crs::from_epsg(32633);
        for name in ["a.geojson", "a.fgb"] {
            let path = dir.path().join(name);
            for coordinates in [Coordinates::AsTheyAre, Coordinates::Wgs84] {
                let schema = schema(Some(crs.clone()));
                let mut file =
                    FeatureWriter::create(&path, Overwrite::Replace, schema, coordinates)
                        .expect("begins");
                let said = [Value::Unsigned(u64::MAX), Value::Text("\n".into()), Value::Float(0.1)];
                file.write(Some(square.clone().into()), &said).expect("writes");
                let said = [Value::Null, Value::Null, Value::Float(f64::INFINITY)];
                file.write(Some(both.clone().into()), &said).expect("writes");
                file.write(None, &[Value::Unsigned(7)]).expect("writes");
                assert_eq!(file.commit().expect("ends"), 3);
                let bytes = std::fs::read(&path).expect("reads");
                let root = match name {
                    "a.fgb" => to_geojson(&bytes).expect("is FlatGeobuf"),
                    _ => serde_json::from_slice(&bytes).expect("is JSON"),
                };
                let said = |n: usize| &root["features"][n]["properties"];
                assert_eq!(*said(0), json!({"DN": u64::MAX, "words": "\n", "size": 0.1}));
                assert_eq!((&said(1)["DN"], &said(1)["words"]), (&Json::Null, &Json::Null));
                assert_eq!(
                    (&said(2)["DN"], &root["features"][2]["geometry"]),
                    (&json!(7), &Json::Null)
                );
                let shapes = Shapes::read(&bytes).expect("is read");
                assert_eq!(shapes.polygons.0.len(), 3);
                if coordinates == Coordinates::AsTheyAre {
                    assert_eq!((&shapes.polygons.0[0], &shapes.crs), (&square, &crs));
                } else {
                    assert_eq!(shapes.crs, Crs::from_epsg(4326));
                    let first = shapes.polygons.0[0].exterior().0[0];
                    assert!((first.x - 15.0).abs() < 1e-9 && (first.y - 45.153).abs() < 1e-2);
                    assert!(shapes.polygons.0[0].signed_area() > 0.0);
                }
            }
        }
    }

    #[test]
    fn what_makes_no_file_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let begin = |name: &str, crs, coordinates| {
            let path = dir.path().join(name);
            FeatureWriter::create(&path, Overwrite::Refuse, schema(crs), coordinates)
        };
        let refused = begin("a.shp", None, Coordinates::AsTheyAre);
        assert!(matches!(refused, Err(Error::Usage(_))));
        let refused = begin("a.json", None, Coordinates::Wgs84);
        assert!(matches!(refused, Err(Error::Usage(_))));
        for name in ["a.json", "a.fgb"] {
            let mut file = begin(name, None, Coordinates::AsTheyAre).expect("begins");
            let line = LineString::from(vec![(0.0, 0.0), (f64::INFINITY, 1.0)]);
            assert!(matches!(file.write(Some(line.into()), &[]), Err(Error::Usage(_))));
            let another = file.write(None, &[Value::Integer(1)]);
            assert!(matches!(another, Err(Error::Usage(_))));
        }
        assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 0);
    }

    #[test]
    fn a_forged_file_does_no_harm() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.fgb");
        let schema = schema(Some(Crs::from_epsg(32633)));
        let mut file =
            FeatureWriter::create(&path, Overwrite::Refuse, schema, Coordinates::AsTheyAre)
                .expect("begins");
        let square = geo::Rect::new((0.0, 0.0), (1.0, 1.0)).to_polygon();
        let both = MultiPolygon::new(vec![square.clone(), square]);
        for words in ["one", "two"] {
            let said = [Value::Unsigned(1), Value::Text(words.into())];
            file.write(Some(both.clone().into()), &said).expect("writes");
        }
        file.commit().expect("ends");
        let bytes = std::fs::read(&path).expect("reads");
        for end in 0..bytes.len() {
            let refused = Shapes::read(&bytes[..end]);
            // Cut between features it is a file of fewer.
            assert!(refused.is_err() || refused.is_ok_and(|s| s.polygons.0.len() == 2), "{end}");
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 4, 0x7f, 0x80, 0xff] {
                let mut forged = bytes.clone();
                forged[at] = value;
                // Whatever it gives: it ends, and takes no more than the file could hold.
                let _ = Shapes::read(&forged);
            }
        }
    }
}
