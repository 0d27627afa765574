"""Everything that reads topics: one folder each, blind to its neighbours."""
