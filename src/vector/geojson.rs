//! Polygons of a GeoJSON text (RFC 7946).

use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde_json::Value;

use super::flatgeobuf::{is_flatgeobuf, to_geojson};
use crate::crs::Crs;
use crate::error::{Error, Result};

/// Geometries in geometries deeper than this are refused.
const DEEPEST: u32 = 16;

/// Polygons, and the system of their coordinates, x before y.
#[derive(Debug, Clone, PartialEq)]
pub struct Shapes {
    /// All polygons of all features.
    pub polygons: MultiPolygon<f64>,
    /// The system that the text states, by the `crs` member of older GeoJSON; else
    /// longitudes and latitudes on WGS 84.
    pub crs: Crs,
}

impl Shapes {
    /// Reads the polygons and multipolygons of a text: a geometry, a feature or a
    /// collection of either. Points and lines, which bound no area, are passed over.
    ///
    /// # Errors
    /// [`Error::Format`] if it is no GeoJSON, a ring has less than four positions or one
    /// that is not finite, or there is no polygon; [`Error::Unsupported`] if its `crs` is
    /// not understood.
    pub fn parse(text: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(text)
            .map_err(|e| Error::format("GeoJSON").expected("a JSON text").found(e))?;
        Self::collected(&root)
    }

    /// Reads the polygons and multipolygons of a file of GeoJSON or FlatGeobuf; which it is
    /// its first bytes say.
    ///
    /// # Errors
    /// As [`Shapes::parse`].
    pub fn read(bytes: &[u8]) -> Result<Self> {
        if is_flatgeobuf(bytes) {
            return Self::collected(&to_geojson(bytes)?);
        }
        Self::parse(text(bytes)?)
    }

    fn collected(root: &Value) -> Result<Self> {
        let mut polygons = Vec::new();
        collect(root, 0, &mut polygons)?;
        if polygons.is_empty() {
            return Err(Error::format("GeoJSON").expected("a polygon").found("none"));
        }
        Ok(Self { polygons: MultiPolygon::new(polygons), crs: crs(root)? })
    }
}

/// The text that a file is.
pub(super) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::format("text").expected("UTF-8"))
}

/// The system that a text states.
pub(super) fn crs(root: &Value) -> Result<Crs> {
    let Some(stated) = root.get("crs").filter(|crs| !crs.is_null()) else {
        return Ok(Crs::from_epsg(4326));
    };
    let name = stated.pointer("/properties/name").and_then(Value::as_str);
    let name = name.ok_or_else(|| Error::unsupported("crs of GeoJSON").expected("a name"))?;
    Crs::parse(name).map_err(|_| Error::unsupported("crs of GeoJSON").found(name))
}

fn collect(node: &Value, depth: u32, found: &mut Vec<Polygon<f64>>) -> Result<()> {
    if depth > DEEPEST {
        return Err(Error::limit("GeoJSON").expected("fewer collections in collections"));
    }
    let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
    let list = |name: &str| node.get(name).and_then(Value::as_array).into_iter().flatten();
    match kind {
        "FeatureCollection" => list("features").try_for_each(|f| collect(f, depth + 1, found)),
        "GeometryCollection" => list("geometries").try_for_each(|g| collect(g, depth + 1, found)),
        "Feature" => match node.get("geometry").filter(|geometry| !geometry.is_null()) {
            Some(geometry) => collect(geometry, depth + 1, found),
            None => Ok(()),
        },
        "Polygon" => {
            found.push(polygon(&node["coordinates"])?);
            Ok(())
        }
        "MultiPolygon" => list("coordinates").try_for_each(|rings| {
            found.push(polygon(rings)?);
            Ok(())
        }),
        "Point" | "MultiPoint" | "LineString" | "MultiLineString" => Ok(()),
        other => Err(Error::format("GeoJSON")
            .expected("an object of a type of RFC 7946")
            .found(format!("{other:?}"))),
    }
}

fn polygon(rings: &Value) -> Result<Polygon<f64>> {
    let mut rings = rings.as_array().into_iter().flatten().map(ring);
    let outer = rings.next().ok_or_else(|| Error::format("polygon").expected("a ring"))??;
    Ok(Polygon::new(outer, rings.collect::<Result<_>>()?))
}

fn ring(positions: &Value) -> Result<LineString<f64>> {
    let wrong =
        || Error::format("ring of a polygon").expected("four or more positions of finite numbers");
    let positions = positions.as_array().filter(|list| list.len() >= 4).ok_or_else(wrong)?;
    let position = |p: &Value| {
        let number = |at: usize| p.get(at).and_then(Value::as_f64).filter(|v| v.is_finite());
        Some(Coord { x: number(0)?, y: number(1)? })
    };
    let ring: Option<Vec<_>> = positions.iter().map(position).collect();
    Ok(LineString::new(ring.ok_or_else(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area;

    #[test]
    fn polygons_of_every_nesting_are_found() {
        let square = "[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,2],[1,1]]]";
        let text = format!(
            r#"{{"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::32633"}}}},
            "features":[{{"type":"Feature","geometry":null}},
            {{"type":"Feature","geometry":{{"type":"GeometryCollection","geometries":[
            {{"type":"Point","coordinates":[1,2]}},{{"type":"Polygon","coordinates":{square}}}]}}}},
            {{"type":"Feature","geometry":{{"type":"MultiPolygon","coordinates":[{square}]}}}}]}}"#
        );
        let shapes = Shapes::parse(&text).expect("reads");
        assert_eq!(shapes.crs, Crs::from_epsg(32633));
        assert_eq!((shapes.polygons.0.len(), shapes.polygons.unsigned_area()), (2, 30.0));
    }

    #[test]
    fn what_makes_no_polygon_is_refused() {
        for text in [
            "",
            "[]",
            r#"{"type":"Point","coordinates":[0,0]}"#,
            r#"{"type":"Polygon","coordinates":[]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,"x"],[1,1],[0,0]]]}"#,
        ] {
            let refused = Shapes::parse(text);
            assert!(matches!(refused, Err(Error::Format(_))), "{text}: {refused:?}");
        }
        let mut deep = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#.to_owned();
        for _ in 0..40 {
            deep = format!(r#"{{"type":"GeometryCollection","geometries":[{deep}]}}"#);
        }
        assert!(matches!(Shapes::parse(&deep), Err(Error::Limit(_))));
    }
}
