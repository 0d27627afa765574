"""Who did what, when, from where and on what: append-only, hash-chained per workspace, from facts alone."""
