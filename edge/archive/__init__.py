"""A board's past, as the edge reads it from the archive."""
