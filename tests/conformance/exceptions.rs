//! Where swath differs from GDAL, and why.

/// The most refusals there may be; only ever lowered.
pub(crate) const MOST_REFUSED: usize = 11;

/// Files that differ from GDAL in some aspects, and why.
pub(crate) struct Exception {
    /// The reason.
    #[expect(dead_code, reason = "it is for whoever reads this list")]
    pub(crate) why: &'static str,
    pub(crate) aspects: &'static [&'static str],
    pub(crate) files: &'static [&'static str],
}

pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        why: "GDAL joins the keys of heights (or a three-dimensional code) with the \
            horizontal system into another one, or takes heights away; swath names the code \
            that the file states. Their places are found to be one.",
        aspects: &["crs"],
        files: &[
            "OSGeo__PROJ-data/fr_ign/fr_ign_ggg00v2.tif",
            "OSGeo__PROJ-data/fr_ign/fr_ign_ggpf02-Huahine.tif",
            "OSGeo__PROJ-data/fr_ign/fr_ign_ggpf02-Maupiti.tif",
            "OSGeo__PROJ-data/fr_ign/fr_ign_ggpf05-Nuku.tif",
            "OSGeo__PROJ-data/fr_ign/fr_ign_ggpf08-Rurutu.tif",
            "OSGeo__PROJ-data/fr_ign/fr_ign_ggpf10-Tahiti.tif",
            "OSGeo__PROJ-data/nl_nsgi/nl_nsgi_nllat2018.tif",
            "OSGeo__PROJ-data/nz_linz/nz_linz_nzgd2000-c320110613-grid01.tif",
            "OSGeo__PROJ-data/nz_linz/nz_linz_nzgd2000-cs20130721-grid02.tif",
            "OSGeo__PROJ-data/nz_linz/nz_linz_nzgd2000-ka20161114-grid05.tif",
            "OSGeo__PROJ-data/nz_linz/nz_linz_nzgd2000-ka20161114-grid11.tif",
            "OSGeo__PROJ-data/nz_linz/nz_linz_nzgd2000-lg20130816-grid01.tif",
            "OSGeo__PROJ-data/nz_linz/nz_linz_nzgd2000-mq20041223-grid011.tif",
            "OSGeo__PROJ-data/us_noaa/us_noaa_g2012bg0.tif",
            "OSGeo__PROJ-data/us_noaa/us_noaa_g2012bs0.tif",
            "OSGeo__PROJ/data/tests/egm96_15_uncompressed_truncated.tif",
            "OSGeo__PROJ/data/tests/simple_model_wrap_east.tif",
            "gdalgen/crs_EPSG_4979_cfe0_gk11.tif",
            "rouault__gdal/autotest/gcore/data/epsg4979_geotiff1_1.tif",
        ],
    },
    Exception {
        why: "The system is spelled out by its parameters; PROJ's database recognises one \
            with a code. The keys are kept and written as they are.",
        aspects: &["crs"],
        files: &[
            "perrygeo__python-rasterstats/tests/data/dataset_mask.tif",
            "perrygeo__python-rasterstats/tests/data/slope.tif",
            "r-spatial__stars/inst/tif/olinda_dem_utm25s.tif",
            "rouault__gdal/autotest/alg/data/test3658.tif",
        ],
    },
    Exception {
        why: "GDAL converts CMYK of 8 bits to RGB with opacity; swath gives what is stored.",
        aspects: &["colorinterp", "mask flags", "pixels"],
        files: &[
            "gdalgen/cmyk.tif",
            "haraldk__TwelveMonkeys/imageio/imageio-tiff-jdk-interop/src/test/resources/tiff/cmyk_jpeg.tif",
            "python-pillow__Pillow/Tests/images/tiff_tiled_cmyk_jpeg.tif",
            "image-rs__image-tiff/tests/images/seq/seq-4c-8b-cmyk-352ac1da.tiff",
        ],
    },
    Exception {
        why: "The nodata value is stated with an exponent, of which GDAL reads the digits \
            before the point for 64-bit integers.",
        aspects: &["nodata", "validity", "statistics"],
        files: &["gdalgen/nodata_int64_m9223372.tif", "gdalgen/nodata_uint64_92233720.tif"],
    },
    Exception {
        why: "The unit of heights follows from the code of a compound system, for which swath \
            has no database.",
        aspects: &["unit"],
        files: &[
            "gdalgen/crs_EPSG_7415_c479_gk11.tif",
            "rouault__gdal/autotest/gcore/data/epsg4326_3855_geotiff1_1.tif",
        ],
    },
    Exception {
        why: "The compound system is invalid as a whole: GDAL drops it with its unit of \
            heights.",
        aspects: &["unit"],
        files: &["rouault__gdal/autotest/gcore/data/gtiff/invalid_semimajoraxis_compound.tif"],
    },
    Exception {
        why: "libtiff divides compressed strips that are too large for it, and uncompressed \
            ones of which the file tells no length or that are larger than 2 GiB, by other \
            rules.",
        aspects: &["block"],
        files: &[
            "rouault__gdal/autotest/gcore/data/one_strip_nobytecount.tif",
            "rouault__gdal/autotest/gcore/data/packbits-not-enough-data.tif",
            "rouault__gdal/autotest/gcore/data/strip_larger_than_2GB_header.tif",
            "rouault__gdal/autotest/gcore/data/tiff_dos_strip_chop.tif",
        ],
    },
    Exception {
        why: "GDAL reads a large compressed image of one strip line by line, and calls a line \
            its block.",
        aspects: &["block"],
        files: &[
            "python-pillow__Pillow/Tests/images/pport_g4.tif",
            "rouault__gdal/autotest/gcore/data/slim_g4.tif",
            "rouault__gdal/autotest/gcore/data/tif_webp_huge_single_strip.tif",
        ],
    },
    Exception {
        why: "JPEG with halved chroma: the oracle's libjpeg (IJG 9f) enlarges it in the frequency \
            domain, swath as libjpeg-turbo does; extremes differ, means agree \
            (tests/image_codecs.rs).",
        aspects: &["pixels"],
        files: &["rasterio__rasterio/tests/data/alpha.tif"],
    },
    Exception {
        why: "The same, and in an overview too.",
        aspects: &["overviews", "pixels"],
        files: &["openlayers__openlayers/test/rendering/data/raster/non-square-pixels.tif"],
    },
    Exception {
        why: "libtiff reads all offsets when it opens a file and refuses too many; swath \
            reads those it needs.",
        aspects: &["opened"],
        files: &["rouault__gdal/autotest/gcore/data/huge-number-strips.tif"],
    },
    Exception {
        why: "Found by fuzzing: a damaged deflate stream, or a strip outside the file. GDAL \
            gives what its decoder happened to leave, and no error.",
        aspects: &["pixels"],
        files: &[
            "dvyukov__go-fuzz-corpus/tiff/corpus/004b591a0d7156de5a9900269fc572bb62e1e75d-6",
            "dvyukov__go-fuzz-corpus/tiff/corpus/664de8553b473e524ffca82f81cdc556009e9e87-4",
            "dvyukov__go-fuzz-corpus/tiff/corpus/6ad08396639b48fcd6dbc60456c764da79b5b462-6",
            "dvyukov__go-fuzz-corpus/tiff/corpus/90b2a82bfa2d5387cc8a201900dc70b46306ae85-2",
        ],
    },
    Exception {
        why: "Found by fuzzing: a palette of four bands, one of them extra.",
        aspects: &["colorinterp", "mask flags"],
        files: &["dvyukov__go-fuzz-corpus/tiff/corpus/dd5d18d03f0ad8493d36b8b69078ce332f6f7144-1"],
    },
    Exception {
        why: "Found by fuzzing: tags with absurd counts, of which libtiff drops others than \
            swath.",
        aspects: &["items", "transform"],
        files: &["franciscoparrao__surtgis/crates/core/tests/fixtures/oom_ifd_count.tif"],
    },
    Exception {
        why: "Found by fuzzing: a tiled image without the height of a tile; GDAL opens it but \
            reads nothing.",
        aspects: &["opened"],
        files: &["google__AFL/docs/vuln_samples/libtiff-bad-write.tif"],
    },
];
