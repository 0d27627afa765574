"""One folder each: the outside world into topics."""
