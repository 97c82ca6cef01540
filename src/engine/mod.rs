//! The one loop that pulls tiles through the workers.
