//! Which model stands behind an id, and where is it called?
