//! TIFF structure: header, directories, typed entries; reading and writing.
