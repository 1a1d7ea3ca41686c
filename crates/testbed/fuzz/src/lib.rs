//! What the fuzz targets share: ways to cut bytes, and the readers that ours are compared with.

pub mod cuts;
pub mod exchange;
pub mod strict;
pub mod lenient;
pub mod served;
