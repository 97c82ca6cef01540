//! Coordinate reference systems and transformations between them.
