"""One folder each: readers of topics."""
