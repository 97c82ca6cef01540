//! The pixels of an image as a reference system.

use std::fmt;
use std::sync::Arc;

/// Where the pixels of an image lie on the ground, which no affine map can say.
///
/// Positions in the image count columns and rows from the upper left corner of its upper left pixel;
/// the ground is in the coordinates of the system underneath, x first.
pub trait Locate: fmt::Debug + Send + Sync {
    /// Takes positions in the image to the ground, in place; NaN where there is none.
    ///
    /// # Panics
    /// May panic if the slices differ in length.
    fn to_ground(&self, x: &mut [f64], y: &mut [f64]);

    /// Takes positions on the ground to the image, in place; NaN where there is none. Positions
    /// outside the image are as good as any.
    ///
    /// # Panics
    /// May panic if the slices differ in length.
    fn to_image(&self, x: &mut [f64], y: &mut [f64]);
}

/// How the pixels of one image are located. Clones are the same, all others different.
#[derive(Debug, Clone)]
pub struct Locator(Arc<dyn Locate>);

impl Locator {
    /// Makes a locator of anything that locates.
    pub fn new(locate: impl Locate + 'static) -> Self {
        Self(Arc::new(locate))
    }
}

impl PartialEq for Locator {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for Locator {
    type Target = dyn Locate;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}
