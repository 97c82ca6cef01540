//! Projection methods and their parameters, with every name they go by.
//!
//! One table serves all texts and keys: EPSG codes and names (as WKT2 and
//! PROJJSON have them), PROJ's strings, the names of WKT1 as GDAL and as Esri
//! write it, and the codes of GeoTIFF (OGC 19-008r4, Annex C, and those GDAL
//! adds). Names and codes are facts of these sources.

/// What a parameter's value is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// Degrees.
    Angle,
    /// Metres.
    Length,
    /// A ratio.
    Scale,
}

/// Makes the enum of parameters and their EPSG codes (0: none), names and kinds.
macro_rules! parameters {
    ($($variant:ident, $code:literal, $name:literal, $kind:ident;)*) => {
        /// A parameter of a projection, by its meaning in the EPSG Dataset.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Parameter {
            $(#[doc = concat!($name, ".")] $variant,)*
        }

        impl Parameter {
            const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns EPSG's code, or `None` for a parameter that EPSG does not have.
            pub fn epsg(self) -> Option<u32> {
                match self { $(Self::$variant => Some($code).filter(|&code| code != 0),)* }
            }

            /// Returns EPSG's name, or PROJ's where EPSG has none.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns what the value is measured in.
            pub fn kind(self) -> ParameterKind {
                match self { $(Self::$variant => ParameterKind::$kind,)* }
            }
        }
    };
}

parameters! {
    NaturalLatitude, 8801, "Latitude of natural origin", Angle;
    NaturalLongitude, 8802, "Longitude of natural origin", Angle;
    NaturalScale, 8805, "Scale factor at natural origin", Scale;
    FalseEasting, 8806, "False easting", Length;
    FalseNorthing, 8807, "False northing", Length;
    CentreLatitude, 8811, "Latitude of projection centre", Angle;
    CentreLongitude, 8812, "Longitude of projection centre", Angle;
    CentreAzimuth, 8813, "Azimuth at projection centre", Angle;
    SkewAngle, 8814, "Angle from Rectified to Skew Grid", Angle;
    CentreScale, 8815, "Scale factor at projection centre", Scale;
    CentreEasting, 8816, "Easting at projection centre", Length;
    CentreNorthing, 8817, "Northing at projection centre", Length;
    PseudoParallel, 8818, "Latitude of pseudo standard parallel", Angle;
    PseudoScale, 8819, "Scale factor on pseudo standard parallel", Scale;
    FalseOriginLatitude, 8821, "Latitude of false origin", Angle;
    FalseOriginLongitude, 8822, "Longitude of false origin", Angle;
    FirstParallel, 8823, "Latitude of 1st standard parallel", Angle;
    SecondParallel, 8824, "Latitude of 2nd standard parallel", Angle;
    FalseOriginEasting, 8826, "Easting at false origin", Length;
    FalseOriginNorthing, 8827, "Northing at false origin", Length;
    SphericalLatitude, 8828, "Spherical latitude of origin", Angle;
    SphericalLongitude, 8829, "Spherical longitude of origin", Angle;
    InitialLongitude, 8830, "Initial longitude", Angle;
    ZoneWidth, 8831, "Zone width", Angle;
    StandardParallel, 8832, "Latitude of standard parallel", Angle;
    OriginLongitude, 8833, "Longitude of origin", Angle;
    TopocentricLatitude, 8834, "Latitude of topocentric origin", Angle;
    TopocentricLongitude, 8835, "Longitude of topocentric origin", Angle;
    TopocentricHeight, 8836, "Ellipsoidal height of topocentric origin", Length;
    ViewpointHeight, 8840, "Viewpoint height", Length;
    ConeColatitude, 1036, "Co-latitude of cone axis", Angle;
    EllipsoidScale, 1038, "Ellipsoid scaling factor", Scale;
    PlaneHeight, 1039, "Projection plane origin height", Length;
    SatelliteHeight, 0, "Satellite Height", Length;
    TrueScaleLatitude, 0, "Latitude of true scale", Angle;
    FirstPointLatitude, 0, "Latitude of 1st point", Angle;
    FirstPointLongitude, 0, "Longitude of 1st point", Angle;
    SecondPointLatitude, 0, "Latitude of 2nd point", Angle;
    SecondPointLongitude, 0, "Longitude of 2nd point", Angle;
    ViewAzimuth, 0, "azi", Angle;
    ViewTilt, 0, "tilt", Angle;
    PoleLatitude, 0, "o_lat_p", Angle;
    PoleLongitude, 0, "o_lon_p", Angle;
    PoleMeridian, 0, "lon_0", Angle;
}

impl Parameter {
    /// Finds a parameter by EPSG's code.
    pub fn from_epsg(code: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|parameter| parameter.epsg() == Some(code))
    }

    /// Finds a parameter by EPSG's or PROJ's name, in any case and spelling of spaces.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|parameter| same_name(parameter.name(), name))
    }

    /// The value that a text means by leaving the parameter out.
    pub(super) fn default(self) -> f64 {
        match self.kind() {
            ParameterKind::Scale => 1.0,
            ParameterKind::Angle | ParameterKind::Length => 0.0,
        }
    }
}

/// One parameter of a method with the names the method gives it; empty and 0: none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) parameter: Parameter,
    /// PROJ's key.
    pub(super) proj: &'static str,
    /// GDAL's name in WKT1.
    pub(super) gdal: &'static str,
    /// Esri's name in WKT1.
    pub(super) esri: &'static str,
    /// The GeoKey.
    pub(super) key: u16,
}

/// A method with all its names; empty and 0: none.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) method: Method,
    pub(super) epsg: u32,
    /// EPSG's name, or PROJ's where EPSG has none: that of WKT2 and PROJJSON.
    pub(super) name: &'static str,
    /// What follows `+proj=`, with flags.
    pub(super) proj: &'static str,
    pub(super) gdal: &'static str,
    pub(super) esri: &'static str,
    /// Further parameters by which Esri tells methods of one name apart.
    pub(super) esri_fixed: &'static [(&'static str, f64)],
    /// `ProjMethodGeoKey`.
    pub(super) geotiff: u16,
    pub(super) slots: &'static [Slot],
}

const fn slot(
    parameter: Parameter,
    proj: &'static str,
    gdal: &'static str,
    esri: &'static str,
    key: u16,
) -> Slot {
    Slot { parameter, proj, gdal, esri, key }
}

use Parameter as P;

const FE: Slot = slot(P::FalseEasting, "x_0", "false_easting", "False_Easting", 3082);
const FN: Slot = slot(P::FalseNorthing, "y_0", "false_northing", "False_Northing", 3083);
/// Easting and northing at the false origin, by the keys of the natural one.
const FOE: Slot = slot(P::FalseOriginEasting, "x_0", "false_easting", "False_Easting", 3082);
const FON: Slot = slot(P::FalseOriginNorthing, "y_0", "false_northing", "False_Northing", 3083);
const FOE86: Slot = slot(P::FalseOriginEasting, "x_0", "false_easting", "False_Easting", 3086);
const FON87: Slot = slot(P::FalseOriginNorthing, "y_0", "false_northing", "False_Northing", 3087);
const CE: Slot = slot(P::CentreEasting, "x_0", "false_easting", "False_Easting", 3082);
const CN: Slot = slot(P::CentreNorthing, "y_0", "false_northing", "False_Northing", 3083);
const LAT: Slot =
    slot(P::NaturalLatitude, "lat_0", "latitude_of_origin", "Latitude_Of_Origin", 3081);
const LON: Slot = slot(P::NaturalLongitude, "lon_0", "central_meridian", "Central_Meridian", 3080);
const K: Slot = slot(P::NaturalScale, "k", "scale_factor", "Scale_Factor", 3092);
const K_0: Slot = slot(P::NaturalScale, "k_0", "scale_factor", "Scale_Factor", 3092);
/// The natural origin of azimuthal methods, which WKT1 and GeoTIFF call a centre.
const CENTRE_LAT: Slot =
    slot(P::NaturalLatitude, "lat_0", "latitude_of_center", "Latitude_Of_Origin", 3089);
const CENTRE_LON: Slot =
    slot(P::NaturalLongitude, "lon_0", "longitude_of_center", "Central_Meridian", 3088);
/// The same where only GeoTIFF calls it a centre.
const LAT_C: Slot =
    slot(P::NaturalLatitude, "lat_0", "latitude_of_origin", "Latitude_Of_Origin", 3089);
const LON_C: Slot =
    slot(P::NaturalLongitude, "lon_0", "central_meridian", "Central_Meridian", 3088);
const LAT_CC: Slot =
    slot(P::NaturalLatitude, "lat_0", "latitude_of_origin", "Latitude_Of_Center", 3089);
const LON_CC: Slot =
    slot(P::NaturalLongitude, "lon_0", "central_meridian", "Longitude_Of_Center", 3088);
const SP1: Slot =
    slot(P::FirstParallel, "lat_1", "standard_parallel_1", "Standard_Parallel_1", 3078);
const SP2: Slot =
    slot(P::SecondParallel, "lat_2", "standard_parallel_2", "Standard_Parallel_2", 3079);
const TS: Slot =
    slot(P::FirstParallel, "lat_ts", "standard_parallel_1", "Standard_Parallel_1", 3078);
const FALSE_LAT: Slot =
    slot(P::FalseOriginLatitude, "lat_0", "latitude_of_origin", "Latitude_Of_Origin", 3085);
const FALSE_LON: Slot =
    slot(P::FalseOriginLongitude, "lon_0", "central_meridian", "Central_Meridian", 3084);
const CONIC_LAT: Slot =
    slot(P::FalseOriginLatitude, "lat_0", "latitude_of_center", "Latitude_Of_Origin", 3081);
const CONIC_LON: Slot =
    slot(P::FalseOriginLongitude, "lon_0", "longitude_of_center", "Central_Meridian", 3080);
const CONIC_LAT_C: Slot =
    slot(P::FalseOriginLatitude, "lat_0", "latitude_of_center", "Latitude_Of_Origin", 3089);
const CONIC_LON_C: Slot =
    slot(P::FalseOriginLongitude, "lon_0", "longitude_of_center", "Central_Meridian", 3088);
const OBLIQUE_LAT: Slot =
    slot(P::CentreLatitude, "lat_0", "latitude_of_center", "Latitude_Of_Center", 3089);
const OBLIQUE_LON: Slot =
    slot(P::CentreLongitude, "lonc", "longitude_of_center", "Longitude_Of_Center", 3088);
const AZIMUTH: Slot = slot(P::CentreAzimuth, "alpha", "azimuth", "Azimuth", 3094);
const SKEW: Slot = slot(P::SkewAngle, "gamma", "rectified_grid_angle", "XY_Plane_Rotation", 3096);
const OBLIQUE_K: Slot = slot(P::CentreScale, "k", "scale_factor", "Scale_Factor", 3093);
const KROVAK: &[Slot] = &[
    slot(P::CentreLatitude, "lat_0", "latitude_of_center", "Latitude_Of_Center", 0),
    slot(P::OriginLongitude, "lon_0", "longitude_of_center", "Longitude_Of_Center", 0),
    slot(P::ConeColatitude, "alpha", "azimuth", "Azimuth", 0),
    slot(P::PseudoParallel, "", "pseudo_standard_parallel_1", "Pseudo_Standard_Parallel_1", 0),
    slot(P::PseudoScale, "k", "scale_factor", "Scale_Factor", 0),
    FE,
    FN,
];
const POINT_1_LAT: Slot =
    slot(P::FirstPointLatitude, "lat_1", "Latitude_Of_1st_Point", "Latitude_Of_1st_Point", 0);
const POINT_1_LON: Slot =
    slot(P::FirstPointLongitude, "lon_1", "Longitude_Of_1st_Point", "Longitude_Of_1st_Point", 0);
const POINT_2_LAT: Slot =
    slot(P::SecondPointLatitude, "lat_2", "Latitude_Of_2nd_Point", "Latitude_Of_2nd_Point", 0);
const POINT_2_LON: Slot =
    slot(P::SecondPointLongitude, "lon_2", "Longitude_Of_2nd_Point", "Longitude_Of_2nd_Point", 0);
const HEIGHT: Slot = slot(P::SatelliteHeight, "h", "satellite_height", "Height", 0);
const SATELLITE_LON: Slot =
    slot(P::NaturalLongitude, "lon_0", "central_meridian", "Longitude_Of_Center", 0);

const ORIGIN: &[Slot] = &[LAT, LON, FE, FN];
const SCALED: &[Slot] = &[LAT, LON, K, FE, FN];
const MERIDIAN: &[Slot] = &[LON, FE, FN];
const CENTRAL: &[Slot] = &[CENTRE_LAT, CENTRE_LON, FE, FN];
const CONIC: &[Slot] = &[FALSE_LAT, FALSE_LON, SP1, SP2, FOE86, FON87];
const OBLIQUE: &[Slot] = &[OBLIQUE_LAT, OBLIQUE_LON, AZIMUTH, SKEW, OBLIQUE_K, FE, FN];

/// Makes the enum of methods and the table of their names.
macro_rules! methods {
    ($($variant:ident, $epsg:literal, $name:literal, $proj:literal, $gdal:literal,
       $esri:literal $fixed:tt, $geotiff:literal, $slots:expr;)*) => {
        /// A method of projection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Method {
            $(#[doc = concat!($name, ".")] $variant,)*
        }

        pub(super) static METHODS: &[Row] = &[$(Row {
            method: Method::$variant,
            epsg: $epsg,
            name: $name,
            proj: $proj,
            gdal: $gdal,
            esri: $esri,
            esri_fixed: &$fixed,
            geotiff: $geotiff,
            slots: $slots,
        },)*];
    };
}

methods! {
    TransverseMercator, 9807, "Transverse Mercator", "tmerc", "Transverse_Mercator", "Transverse_Mercator" [], 1, SCALED;
    TransverseMercatorSouth, 9808, "Transverse Mercator (South Orientated)", "tmerc +axis=wsu",
        "Transverse_Mercator_South_Orientated", "" [], 27, SCALED;
    TransverseMercator3d, 1111, "Transverse Mercator 3D", "tmerc", "Transverse_Mercator", "" [], 0, SCALED;
    ZonedTransverseMercator, 9824, "Transverse Mercator Zoned Grid System", "", "", "" [], 0, &[
        slot(P::NaturalLatitude, "", "", "", 0), slot(P::InitialLongitude, "", "", "", 0), slot(P::ZoneWidth, "", "", "", 0),
        K, FE, FN];
    GaussSchreiber, 0, "Gauss Schreiber Transverse Mercator", "gstmerc", "Gauss_Schreiber_Transverse_Mercator", "" [], 0,
        &[LAT, LON, K_0, FE, FN];
    LambertConic1, 9801, "Lambert Conic Conformal (1SP)", "lcc", "Lambert_Conformal_Conic_1SP", "Lambert_Conformal_Conic" [], 9,
        &[LAT, LON, K_0, FE, FN];
    LambertConic1B, 1102, "Lambert Conic Conformal (1SP variant B)", "lcc", "", "" [], 0, &[
        slot(P::NaturalLatitude, "lat_1", "", "", 0), K_0, FALSE_LAT, FALSE_LON, FOE86, FON87];
    LambertConic1West, 9826, "Lambert Conic Conformal (West Orientated)", "lcc +axis=wnu", "", "" [], 0, &[LAT, LON, K_0, FE, FN];
    LambertConic2, 9802, "Lambert Conic Conformal (2SP)", "lcc", "Lambert_Conformal_Conic_2SP", "Lambert_Conformal_Conic" [], 8, CONIC;
    LambertConic2Belgium, 9803, "Lambert Conic Conformal (2SP Belgium)", "lcc", "Lambert_Conformal_Conic_2SP_Belgium", "" [], 0, CONIC;
    LambertConic2Michigan, 1051, "Lambert Conic Conformal (2SP Michigan)", "lcc", "", "Lambert_Conformal_Conic" [], 0, &[
        FALSE_LAT, FALSE_LON, SP1, SP2, FOE86, FON87, slot(P::EllipsoidScale, "k_0", "", "Scale_Factor", 0)];
    LambertNearConformal, 9817, "Lambert Conic Near-Conformal", "", "", "" [], 0, &[LAT, LON, K_0, FE, FN];
    MercatorA, 9804, "Mercator (variant A)", "merc", "Mercator_1SP", "Mercator_Variant_A" [], 7, SCALED;
    MercatorB, 9805, "Mercator (variant B)", "merc", "Mercator_2SP", "Mercator" [], 7, &[TS, LON, FE, FN];
    MercatorC, 1044, "Mercator (variant C)", "", "", "Mercator_Variant_C" [], 0, &[TS, LON, FALSE_LAT, FOE86, FON87];
    MercatorSpherical, 1026, "Mercator (Spherical)", "merc +R_C", "", "" [], 0, ORIGIN;
    MercatorSphericalScaled, 9841, "Mercator (1SP) (Spherical)", "", "", "" [], 0, SCALED;
    PseudoMercator, 1024, "Popular Visualisation Pseudo Mercator", "webmerc", "", "Mercator_Auxiliary_Sphere" [("Auxiliary_Sphere_Type", 0.0)], 0, &[
        slot(P::NaturalLatitude, "", "", "Standard_Parallel_1", 0), LON, FE, FN];
    AlbersEqualArea, 9822, "Albers Equal Area", "aea", "Albers_Conic_Equal_Area", "Albers" [], 11,
        &[CONIC_LAT, CONIC_LON, SP1, SP2, FOE, FON];
    EquidistantConic, 1119, "Equidistant Conic", "eqdc", "Equidistant_Conic", "Equidistant_Conic" [], 13,
        &[CONIC_LAT_C, CONIC_LON_C, SP1, SP2, FOE, FON];
    LambertAzimuthal, 9820, "Lambert Azimuthal Equal Area", "laea", "Lambert_Azimuthal_Equal_Area", "Lambert_Azimuthal_Equal_Area" [], 10, CENTRAL;
    LambertAzimuthalSpherical, 1027, "Lambert Azimuthal Equal Area (Spherical)", "laea +R_A", "Lambert_Azimuthal_Equal_Area", "" [], 0, CENTRAL;
    LambertAzimuthalSphericalOld, 9821, "Lambert Azimuthal Equal Area (Spherical) (deprecated)", "laea +R_A", "", "" [], 0, &[
        slot(P::SphericalLatitude, "lat_0", "", "", 0), slot(P::SphericalLongitude, "lon_0", "", "", 0), FE, FN];
    AzimuthalEquidistant, 1125, "Azimuthal Equidistant", "aeqd", "Azimuthal_Equidistant", "Azimuthal_Equidistant" [], 12, CENTRAL;
    AzimuthalEquidistantModified, 9832, "Modified Azimuthal Equidistant", "aeqd", "Azimuthal_Equidistant", "" [], 0, CENTRAL;
    Guam, 9831, "Guam Projection", "aeqd +guam", "", "" [], 0, ORIGIN;
    PolarStereographicA, 9810, "Polar Stereographic (variant A)", "stere", "Polar_Stereographic", "Stereographic" [], 15, &[
        LAT, slot(P::NaturalLongitude, "lon_0", "central_meridian", "Central_Meridian", 3095), K, FE, FN];
    PolarStereographicB, 9829, "Polar Stereographic (variant B)", "stere", "Polar_Stereographic", "Stereographic_North_Pole" [], 15, &[
        slot(P::StandardParallel, "lat_ts", "latitude_of_origin", "Standard_Parallel_1", 3081),
        slot(P::OriginLongitude, "lon_0", "central_meridian", "Central_Meridian", 3095), FE, FN];
    PolarStereographicC, 9830, "Polar Stereographic (variant C)", "stere", "", "" [], 0, &[
        slot(P::StandardParallel, "lat_ts", "", "", 0), slot(P::OriginLongitude, "lon_0", "", "", 0), FOE86, FON87];
    Stereographic, 0, "Stereographic", "stere", "Stereographic", "Stereographic" [], 14, &[LAT_C, LON_C, K, FE, FN];
    ObliqueStereographic, 9809, "Oblique Stereographic", "sterea", "Oblique_Stereographic", "Double_Stereographic" [], 16, SCALED;
    HotineA, 9812, "Hotine Oblique Mercator (variant A)", "omerc +no_uoff", "Hotine_Oblique_Mercator",
        "Rectified_Skew_Orthomorphic_Natural_Origin" [], 3, OBLIQUE;
    HotineB, 9815, "Hotine Oblique Mercator (variant B)", "omerc", "Hotine_Oblique_Mercator_Azimuth_Center",
        "Rectified_Skew_Orthomorphic_Center" [], 9815, &[OBLIQUE_LAT, OBLIQUE_LON, AZIMUTH, SKEW, OBLIQUE_K, CE, CN];
    HotineTwoPoint, 0, "Hotine Oblique Mercator Two Point Natural Origin", "omerc", "Hotine_Oblique_Mercator_Two_Point_Natural_Origin",
        "Hotine_Oblique_Mercator_Two_Point_Natural_Origin" [], 0, &[
        OBLIQUE_LAT, slot(P::FirstPointLatitude, "lat_1", "latitude_of_point_1", "Latitude_Of_1st_Point", 0),
        slot(P::FirstPointLongitude, "lon_1", "longitude_of_point_1", "Longitude_Of_1st_Point", 0),
        slot(P::SecondPointLatitude, "lat_2", "latitude_of_point_2", "Latitude_Of_2nd_Point", 0),
        slot(P::SecondPointLongitude, "lon_2", "longitude_of_point_2", "Longitude_Of_2nd_Point", 0), OBLIQUE_K, CE, CN];
    Laborde, 9813, "Laborde Oblique Mercator", "labrd", "Laborde_Oblique_Mercator", "Laborde_Oblique_Mercator" [], 0, &[
        slot(P::CentreLatitude, "lat_0", "latitude_of_center", "Latitude_Of_Center", 0),
        slot(P::CentreLongitude, "lon_0", "longitude_of_center", "Longitude_Of_Center", 0),
        slot(P::CentreAzimuth, "azi", "azimuth", "Azimuth", 0), OBLIQUE_K, FE, FN];
    CassiniSoldner, 9806, "Cassini-Soldner", "cass", "Cassini_Soldner", "Cassini" [("Scale_Factor", 1.0)], 18, ORIGIN;
    CassiniHyperbolic, 9833, "Hyperbolic Cassini-Soldner", "cass +hyperbolic", "", "" [], 0, ORIGIN;
    Polyconic, 9818, "American Polyconic", "poly", "Polyconic", "Polyconic" [], 22, ORIGIN;
    Krovak, 9819, "Krovak", "krovak +axis=swu", "Krovak", "Krovak" [("X_Scale", 1.0), ("Y_Scale", 1.0), ("XY_Plane_Rotation", 0.0)], 0, KROVAK;
    KrovakNorth, 1041, "Krovak (North Orientated)", "krovak", "Krovak", "Krovak" [("X_Scale", -1.0), ("Y_Scale", 1.0), ("XY_Plane_Rotation", 90.0)], 0, KROVAK;
    KrovakModified, 1042, "Krovak Modified", "mod_krovak +axis=swu", "", "" [], 0, KROVAK;
    KrovakModifiedNorth, 1043, "Krovak Modified (North Orientated)", "mod_krovak", "", "" [], 0, KROVAK;
    NewZealandMapGrid, 9811, "New Zealand Map Grid", "nzmg", "New_Zealand_Map_Grid", "New_Zealand_Map_Grid" [], 26, &[
        slot(P::NaturalLatitude, "lat_0", "latitude_of_origin", "Latitude_Of_Origin", 3081),
        slot(P::NaturalLongitude, "lon_0", "central_meridian", "Longitude_Of_Origin", 3080), FE, FN];
    TunisiaMiningGrid, 9816, "Tunisia Mining Grid", "", "Tunisia_Mining_Grid", "" [], 0, &[FALSE_LAT, FALSE_LON, FOE, FON];
    ColombiaUrban, 1052, "Colombia Urban", "col_urban", "", "IGAC_Plano_Cartesiano" [], 0, &[
        slot(P::NaturalLatitude, "lat_0", "", "Latitude_Of_Center", 0), slot(P::NaturalLongitude, "lon_0", "", "Longitude_Of_Center", 0),
        FE, FN, slot(P::PlaneHeight, "h_0", "", "Height", 0)];
    EquidistantCylindrical, 1028, "Equidistant Cylindrical", "eqc", "Equirectangular", "Equidistant_Cylindrical" [], 17, &[TS, LAT_C, LON_C, FE, FN];
    EquidistantCylindricalSpherical, 1029, "Equidistant Cylindrical (Spherical)", "eqc", "Equirectangular", "" [], 0, &[TS, LON_C, FE, FN];
    EquidistantCylindricalOld, 9842, "Equidistant Cylindrical (deprecated)", "eqc", "", "" [], 0, &[
        slot(P::NaturalLatitude, "lat_ts", "", "", 0), slot(P::FalseOriginLongitude, "lon_0", "", "", 0), FE, FN];
    EquidistantCylindricalSphericalOld, 9823, "Equidistant Cylindrical (Spherical) (deprecated)", "eqc", "", "" [], 0, ORIGIN;
    CylindricalEqualArea, 9835, "Lambert Cylindrical Equal Area", "cea", "Cylindrical_Equal_Area", "Cylindrical_Equal_Area" [], 28, &[TS, LON, FE, FN];
    CylindricalEqualAreaSpherical, 9834, "Lambert Cylindrical Equal Area (Spherical)", "cea +R_A", "Cylindrical_Equal_Area", "" [], 0, &[TS, LON, FE, FN];
    EqualEarth, 1078, "Equal Earth", "eqearth", "", "Equal_Earth" [], 0, MERIDIAN;
    Bonne, 9827, "Bonne", "bonne", "Bonne", "Bonne" [], 0, &[
        slot(P::NaturalLatitude, "lat_1", "standard_parallel_1", "Standard_Parallel_1", 0), LON, FE, FN];
    BonneSouth, 9828, "Bonne (South Orientated)", "bonne +axis=wsu", "", "" [], 0, &[slot(P::NaturalLatitude, "lat_1", "", "", 0), LON, FE, FN];
    Orthographic, 9840, "Orthographic", "ortho", "Orthographic", "" [], 21, &[LAT_CC, LON_CC, FE, FN];
    OrthographicLocal, 1130, "Local Orthographic", "ortho", "", "Local" [], 0, &[
        slot(P::CentreLatitude, "lat_0", "", "Latitude_Of_Center", 0), slot(P::CentreLongitude, "lon_0", "", "Longitude_Of_Center", 0),
        slot(P::CentreAzimuth, "alpha", "", "Azimuth", 0), slot(P::CentreScale, "k", "", "Scale_Factor", 0),
        slot(P::CentreEasting, "x_0", "", "False_Easting", 0), slot(P::CentreNorthing, "y_0", "", "False_Northing", 0)];
    VerticalPerspective, 9838, "Vertical Perspective", "nsper", "", "Vertical_Near_Side_Perspective" [], 0, &[
        slot(P::TopocentricLatitude, "lat_0", "", "Latitude_Of_Center", 0), slot(P::TopocentricLongitude, "lon_0", "", "Longitude_Of_Center", 0),
        slot(P::TopocentricHeight, "", "", "", 0), slot(P::ViewpointHeight, "h", "", "Height", 0), FE, FN];
    TiltedPerspective, 0, "PROJ tpers", "tpers", "", "" [], 0, &[
        slot(P::ViewpointHeight, "h", "", "", 0), slot(P::NaturalLatitude, "lat_0", "", "", 0), slot(P::NaturalLongitude, "lon_0", "", "", 0),
        slot(P::ViewAzimuth, "azi", "", "", 0), slot(P::ViewTilt, "tilt", "", "", 0), FE, FN];
    Gnomonic, 0, "Gnomonic", "gnom", "Gnomonic", "Gnomonic" [], 19, &[LAT_CC, LON_CC, FE, FN];
    GeostationaryX, 0, "Geostationary Satellite (Sweep X)", "geos +sweep=x", "Geostationary_Satellite", "" [], 0, &[SATELLITE_LON, HEIGHT, FE, FN];
    GeostationaryY, 0, "Geostationary Satellite (Sweep Y)", "geos", "Geostationary_Satellite", "Geostationary_Satellite" [("Option", 0.0)], 0,
        &[SATELLITE_LON, HEIGHT, FE, FN];
    Miller, 0, "Miller Cylindrical", "mill +R_A", "Miller_Cylindrical", "Miller_Cylindrical" [], 20, &[CENTRE_LON, FE, FN];
    Robinson, 0, "Robinson", "robin", "Robinson", "Robinson" [], 23, &[CENTRE_LON, FE, FN];
    Sinusoidal, 0, "Sinusoidal", "sinu", "Sinusoidal", "Sinusoidal" [], 24, &[CENTRE_LON, FE, FN];
    VanDerGrinten, 0, "Van Der Grinten", "vandg +R_A", "VanDerGrinten", "Van_der_Grinten_I" [], 25, &[LON_C, FE, FN];
    Mollweide, 0, "Mollweide", "moll", "Mollweide", "Mollweide" [], 0, MERIDIAN;
    Goode, 0, "Goode Homolosine", "goode", "Goode_Homolosine", "Goode_Homolosine" [("Option", 0.0)], 0, MERIDIAN;
    GoodeLand, 0, "Interrupted Goode Homolosine", "igh", "Interrupted_Goode_Homolosine", "Goode_Homolosine" [("Option", 1.0)], 0, MERIDIAN;
    GoodeOcean, 0, "Interrupted Goode Homolosine Ocean", "igh_o", "", "Goode_Homolosine" [("Option", 2.0)], 0, MERIDIAN;
    NaturalEarth, 0, "Natural Earth", "natearth", "Natural_Earth", "Natural_Earth" [], 0, MERIDIAN;
    NaturalEarth2, 0, "Natural Earth II", "natearth2", "Natural_Earth_II", "Natural_Earth_II" [], 0, MERIDIAN;
    Eckert1, 0, "Eckert I", "eck1", "Eckert_I", "Eckert_I" [], 0, MERIDIAN;
    Eckert2, 0, "Eckert II", "eck2", "Eckert_II", "Eckert_II" [], 0, MERIDIAN;
    Eckert3, 0, "Eckert III", "eck3", "Eckert_III", "Eckert_III" [], 0, MERIDIAN;
    Eckert4, 0, "Eckert IV", "eck4", "Eckert_IV", "Eckert_IV" [], 0, MERIDIAN;
    Eckert5, 0, "Eckert V", "eck5", "Eckert_V", "Eckert_V" [], 0, MERIDIAN;
    Eckert6, 0, "Eckert VI", "eck6", "Eckert_VI", "Eckert_VI" [], 0, MERIDIAN;
    Gall, 0, "Gall Stereographic", "gall", "Gall_Stereographic", "Gall_Stereographic" [], 0, MERIDIAN;
    WinkelTripel, 0, "Winkel Tripel", "wintri", "Winkel_Tripel", "Winkel_Tripel" [], 0, &[LON, SP1, FE, FN];
    Winkel1, 0, "Winkel I", "wink1", "Winkel_I", "Winkel_I" [], 0, &[LON, TS, FE, FN];
    Winkel2, 0, "Winkel II", "wink2", "Winkel_II", "Winkel_II" [], 0, &[LON, SP1, FE, FN];
    Aitoff, 0, "Aitoff", "aitoff", "Aitoff", "Aitoff" [], 0, MERIDIAN;
    Patterson, 0, "Patterson", "patterson", "Patterson", "Patterson" [], 0, MERIDIAN;
    Times, 0, "Times", "times", "Times", "Times" [], 0, MERIDIAN;
    Craster, 0, "Craster Parabolic", "crast", "Craster_Parabolic", "Craster_Parabolic" [], 0, MERIDIAN;
    FlatPolarQuartic, 0, "Flat Polar Quartic", "mbtfpq", "Flat_Polar_Quartic", "Flat_Polar_Quartic" [], 0, MERIDIAN;
    CompactMiller, 0, "Compact Miller", "comill", "Compact_Miller", "Compact_Miller" [], 0, MERIDIAN;
    Loximuthal, 0, "Loximuthal", "loxim", "Loximuthal", "Loximuthal" [], 0, &[
        slot(P::NaturalLatitude, "lat_1", "latitude_of_origin", "Central_Parallel", 0), LON, FE, FN];
    QuadrilateralizedCube, 0, "Quadrilateralized Spherical Cube", "qsc", "Quadrilateralized_Spherical_Cube", "" [], 0, ORIGIN;
    TwoPointEquidistant, 0, "Two Point Equidistant", "tpeqd", "Two_Point_Equidistant", "Two_Point_Equidistant" [], 0,
        &[POINT_1_LAT, POINT_1_LON, POINT_2_LAT, POINT_2_LON, FE, FN];
    MapOfTheWorld, 0, "International Map of the World Polyconic", "imw_p", "International_Map_of_the_World_Polyconic", "" [], 0,
        &[LON, POINT_1_LAT, POINT_2_LAT, FE, FN];
    Wagner1, 0, "Wagner I", "wag1", "Wagner_I", "" [], 0, MERIDIAN;
    Wagner2, 0, "Wagner II", "wag2", "Wagner_II", "" [], 0, MERIDIAN;
    Wagner3, 0, "Wagner III", "wag3", "Wagner_III", "" [], 0, &[slot(P::TrueScaleLatitude, "lat_ts", "latitude_of_origin", "", 0), LON, FE, FN];
    Wagner4, 0, "Wagner IV", "wag4", "Wagner_IV", "Wagner_IV" [("Latitude_Of_Origin", 0.0)], 0, MERIDIAN;
    Wagner5, 0, "Wagner V", "wag5", "Wagner_V", "Wagner_V" [], 0, MERIDIAN;
    Wagner6, 0, "Wagner VI", "wag6", "Wagner_VI", "" [], 0, MERIDIAN;
    Wagner7, 0, "Wagner VII", "wag7", "Wagner_VII", "Wagner_VII" [], 0, MERIDIAN;
    RotatedPole, 0, "PROJ ob_tran o_proj=longlat", "ob_tran +o_proj=longlat", "", "" [], 0, &[
        slot(P::PoleLongitude, "o_lon_p", "", "", 0), slot(P::PoleLatitude, "o_lat_p", "", "", 0),
        slot(P::PoleMeridian, "lon_0", "", "", 0)];
}

impl Method {
    pub(super) fn row(self) -> &'static Row {
        // The table is made from the same list as the enum, in the same order.
        &METHODS[self as usize]
    }

    /// Returns EPSG's code, or `None` for a method that EPSG does not have.
    pub fn epsg(self) -> Option<u32> {
        Some(self.row().epsg).filter(|&code| code != 0)
    }

    /// Returns the name in WKT2: EPSG's, or PROJ's where EPSG has none.
    pub fn name(self) -> &'static str {
        self.row().name.trim_end_matches(" (deprecated)")
    }

    /// Finds a method by EPSG's code.
    pub fn from_epsg(code: u32) -> Option<Self> {
        METHODS.iter().find(|row| row.epsg == code && code != 0).map(|row| row.method)
    }

    /// Finds a method by EPSG's or PROJ's name, in any case and spelling of spaces.
    pub fn from_name(name: &str) -> Option<Self> {
        METHODS.iter().find(|row| same_name(row.name, name)).map(|row| row.method)
    }

    /// Returns the parameters that the method takes, in EPSG's order.
    pub fn parameters(self) -> impl Iterator<Item = Parameter> {
        self.row().slots.iter().map(|slot| slot.parameter)
    }
}

/// Whether two names are the same but for case, spaces, underscores and other signs.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

fn letters(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (place, row) in METHODS.iter().enumerate() {
            assert_eq!(row.method as usize, place);
            assert_eq!(Method::from_name(row.name), Some(row.method), "{}", row.name);
            if row.epsg != 0 {
                assert_eq!(Method::from_epsg(row.epsg), Some(row.method), "{}", row.name);
            }
        }
    }

    #[test]
    fn no_method_names_two_parameters_alike() {
        for row in METHODS {
            for names in [
                |slot: &Slot| slot.parameter.name(),
                |slot: &Slot| slot.proj,
                |slot: &Slot| slot.gdal,
                |slot: &Slot| slot.esri,
            ] {
                let mut seen: Vec<&str> = row.slots.iter().map(names).collect();
                seen.retain(|name| !name.is_empty());
                let count = seen.len();
                seen.sort_unstable();
                seen.dedup();
                assert_eq!(seen.len(), count, "{}: {seen:?}", row.name);
            }
        }
    }

    #[test]
    fn parameters_are_found_by_code_and_name() {
        assert_eq!(Parameter::from_epsg(8802), Some(Parameter::NaturalLongitude));
        assert_eq!(Parameter::from_name("latitude_of_natural_origin"), Some(P::NaturalLatitude));
        assert_eq!(Parameter::from_epsg(0), None);
    }
}
