//! Pure functions on borrowed rows of samples.
