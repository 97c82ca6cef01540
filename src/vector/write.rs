//! A file of features, written one after another.

use std::path::Path;

use geo::{Coord, CoordsIter, Geometry, LineString, MapCoordsInPlace, Polygon};
use geo::{Orient, orient::Direction};
use serde_json::{Map, Number, Value as Json, json};

use super::Value;
use crate::crs::{Crs, TransformOptions, Transformer};
use crate::error::{Error, Result};
use crate::io::{Overwrite, Staged};

/// What a file of features holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The name of the features together.
    pub name: String,
    /// The names of what is said of each.
    pub fields: Vec<String>,
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

/// A GeoJSON file that is written feature by feature, and is whole or absent. One feature a
/// line; numbers are the shortest that read back the same.
#[derive(Debug)]
pub struct FeatureWriter {
    staged: Staged,
    fields: Vec<String>,
    transformer: Option<Transformer>,
    features: u64,
    /// The line at hand.
    line: Vec<u8>,
}

impl FeatureWriter {
    /// Begins a file; it gets its name in [`FeatureWriter::commit`].
    ///
    /// # Errors
    /// [`Error::Usage`] if the name does not end as one of GeoJSON does (`.geojson`, `.json`),
    /// or longitudes and latitudes are wanted of features in no known system;
    /// [`Error::Unsupported`] if there is no way to them; those of [`Staged::create`].
    pub fn create(
        path: &Path,
        overwrite: Overwrite,
        schema: Schema,
        coordinates: Coordinates,
    ) -> Result<Self> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if !["geojson", "json"].iter().any(|known| end.eq_ignore_ascii_case(known)) {
            return Err(Error::usage("the name of a file of features")
                .expected("one that ends in .geojson or .json")
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
        Ok(Self { staged, fields: schema.fields, transformer, features: 0, line: Vec::new() })
    }

    /// Adds a feature, and what is said of it, in the order of the schema's fields.
    ///
    /// # Errors
    /// [`Error::Usage`] if a coordinate is not finite, or has no place in longitudes and
    /// latitudes if these are wanted; [`Error::Io`] if writing fails.
    pub fn write(&mut self, mut shape: Geometry<f64>, values: &[Value]) -> Result<()> {
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
        let separator: &[u8] = if self.features > 0 { b",\n" } else { b"" };
        self.line.clear();
        self.line.extend_from_slice(separator);
        self.line.extend_from_slice(b"{\"type\":\"Feature\",\"properties\":");
        let said: Map<String, Json> =
            self.fields.iter().cloned().zip(values.iter().map(json_of)).collect();
        self.line.extend_from_slice(Json::Object(said).to_string().as_bytes());
        self.line.extend_from_slice(b",\"geometry\":");
        geometry(&shape, &mut self.line)?;
        self.line.push(b'}');
        self.staged.append(&self.line)?;
        self.features += 1;
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
        self.staged.append(b"\n]}\n")?;
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
    use super::super::Shapes;
    use super::*;
    use geo::{Area, MultiPolygon, polygon};

    fn schema(crs: Option<Crs>) -> Schema {
        Schema { name: "a \"b\"".into(), fields: vec!["DN".into(), "words".into()], crs }
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.geojson");
        let square = polygon![
            exterior: [(x: 5e5, y: 5e6), (x: 5e5 + 0.1, y: 5e6), (x: 5e5, y: 5e6 + 1.0)],
            interiors: []
        ];
        let both = MultiPolygon::new(vec![square.clone(), square.clone()]);
        let crs = Crs::from_epsg(32633);
        for coordinates in [Coordinates::AsTheyAre, Coordinates::Wgs84] {
            let schema = schema(Some(crs.clone()));
            let mut file = FeatureWriter::create(&path, Overwrite::Replace, schema, coordinates)
                .expect("begins");
            let said = [Value::Unsigned(u64::MAX), Value::Text("\n".into())];
            file.write(square.clone().into(), &said).expect("writes");
            let said = [Value::Float(f64::INFINITY), Value::Null];
            file.write(both.clone().into(), &said).expect("writes");
            assert_eq!(file.commit().expect("ends"), 2);
            let text = std::fs::read_to_string(&path).expect("reads");
            let root: Json = serde_json::from_str(&text).expect("is JSON");
            assert_eq!(root["features"][0]["properties"]["DN"], json!(u64::MAX));
            assert_eq!(root["features"][1]["properties"], json!({"DN": "inf", "words": null}));
            let shapes = Shapes::parse(&text).expect("is read");
            assert_eq!(shapes.polygons.0.len(), 3);
            if coordinates == Coordinates::AsTheyAre {
                assert_eq!(
                    (shapes.polygons.0[0].clone(), shapes.crs),
                    (square.clone(), crs.clone())
                );
            } else {
                assert_eq!((root.get("crs"), shapes.crs), (None, Crs::from_epsg(4326)));
                let first = shapes.polygons.0[0].exterior().0[0];
                assert!((first.x - 15.0).abs() < 1e-9 && (first.y - 45.153).abs() < 1e-2);
                assert!(shapes.polygons.0[0].signed_area() > 0.0);
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
        let mut file = begin("a.json", None, Coordinates::AsTheyAre).expect("begins");
        let line = LineString::from(vec![(0.0, 0.0), (f64::INFINITY, 1.0)]);
        assert!(matches!(file.write(line.into(), &[]), Err(Error::Usage(_))));
        drop(file);
        assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 0);
    }
}
