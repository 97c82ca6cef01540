//! What is asked of a file, why, and how to mend it.

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file is no valid COG.
    Error,
    /// The file is one, but not a good one; no valid one for the strict.
    Warning,
}

macro_rules! rules {
    ($($rule:ident, $name:literal, $severity:ident, [$($holder:literal)*], $what:literal, $why:literal, $mend:literal;)*) => {
        /// A rule for cloud optimized GeoTIFFs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(
                #[doc = concat!($what, ".")]
                $rule,
            )*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// Returns the name for machines.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// Returns how much it weighs when a file breaks the rule.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$rule => Severity::$severity,)* }
            }

            /// Returns which other validators hold the rule: `rio-cogeo`, `gdal`.
            pub const fn holders(self) -> &'static [&'static str] {
                match self { $(Self::$rule => &[$($holder,)*],)* }
            }

            /// Returns what the rule asks for.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$rule => $what,)* }
            }

            /// Returns why that matters.
            pub const fn why(self) -> &'static str {
                match self { $(Self::$rule => $why,)* }
            }

            /// Returns what mends it.
            pub const fn mend(self) -> &'static str {
                match self { $(Self::$rule => $mend,)* }
            }
        }
    };
}

rules! {
    BrokenChain, "broken-chain", Warning, [],
        "The chain of directories ends in 0",
        "what lies behind the break, overviews or masks, is lost to every reader",
        "swath convert writes a whole chain";
    ExternalOverviews, "external-overviews", Error, ["rio-cogeo" "gdal"],
        "Overviews are inside the file",
        "an overview beside the file is one more request, and is lost when the file is copied alone",
        "swath convert, then remove the .ovr file";
    Tiled, "tiled", Error, ["rio-cogeo" "gdal"],
        "An image of more than 512 pixels a side is tiled",
        "a strip is as wide as the image: a small window costs whole rows of it",
        "swath convert";
    Overviews, "overviews", Warning, ["rio-cogeo" "gdal"],
        "An image of more than 512 pixels a side has overviews",
        "without them a view of the whole reads every pixel",
        "swath convert, which makes them in the same pass";
    HeaderTogether, "header-together", Error, ["rio-cogeo" "gdal"],
        "The first directory begins within the first 300 bytes",
        "a client's first request is for the start of the file and should hold the directories",
        "swath convert";
    HeaderAdjacent, "header-adjacent", Warning, ["gdal"],
        "The first directory follows the header or the ghost area at once",
        "GDAL's readers take a gap for a sign that another program has edited the file",
        "swath convert";
    Edited, "edited", Error, ["rio-cogeo" "gdal"],
        "The ghost area does not say KNOWN_INCOMPATIBLE_EDITION=YES",
        "the file was laid out as a COG once, and a later change has undone part of that",
        "swath convert";
    GhostSize, "ghost-size", Error, ["gdal"],
        "The ghost area is as long as it states",
        "the first directory is looked for behind it",
        "swath convert";
    OverviewSizes, "overview-sizes", Error, ["rio-cogeo" "gdal"],
        "Overviews are smaller than the image and come large to small",
        "a client takes the first that is small enough",
        "swath convert";
    OverviewTiled, "overview-tiled", Error, ["rio-cogeo" "gdal"],
        "An overview of more than 512 pixels a side is tiled",
        "a strip is as wide as the overview: a small window costs whole rows of it",
        "swath convert";
    DirectoryOrder, "directory-order", Error, ["rio-cogeo" "gdal"],
        "The directories lie in the order image, overviews from large to small",
        "a client that reads forward finds the image first",
        "swath convert";
    DirectoriesFirst, "directories-first", Error, ["rio-cogeo" "gdal"],
        "The directories lie before the pixels",
        "a client needs all directories before any pixel: a file with pixels first costs more requests",
        "swath convert";
    DataOrder, "data-order", Error, ["rio-cogeo" "gdal"],
        "The pixels lie from the smallest overview to the image",
        "what a client wants first, the small overviews, should come with the directories",
        "swath convert";
    MaskOverviews, "mask-overviews", Warning, [],
        "The overviews of an image with a mask have masks too",
        "without one every pixel of the overview counts as valid",
        "swath convert";
    ChunksInside, "chunks-inside", Error, [],
        "Every chunk lies inside the file",
        "the file is cut short, or its directory is wrong",
        "fetch the file again: the pixels are not here";
    LayoutPromise, "layout-promise", Error, [],
        "A file whose ghost area says LAYOUT=IFDS_BEFORE_DATA has its directories first",
        "readers that trust it look for directories at the start only",
        "swath convert";
    BlockOrder, "block-order", Error, ["gdal"],
        "A file whose ghost area says BLOCK_ORDER=ROW_MAJOR has its chunks in row order",
        "readers that trust it merge requests for neighbouring chunks wrongly",
        "swath convert";
    BlockLeader, "block-leader", Error, ["gdal"],
        "A file whose ghost area says BLOCK_LEADER=SIZE_AS_UINT4 has each chunk's length before it",
        "readers that trust it take these 4 bytes for the length and do not read the directory's",
        "swath convert";
    BlockTrailer, "block-trailer", Error, ["gdal"],
        "A file whose ghost area says BLOCK_TRAILER=LAST_4_BYTES_REPEATED has each chunk's last 4 bytes behind it again",
        "readers that trust it take a difference for a sign that another program has rewritten the chunk",
        "swath convert";
    MaskInterleaved, "mask-interleaved", Error, ["gdal"],
        "A file whose ghost area says MASK_INTERLEAVED_WITH_IMAGERY=YES has each chunk's mask right behind it",
        "readers that trust it fetch both with one request",
        "swath convert";
}
