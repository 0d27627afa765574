"""Comments on boards: threads, pinned to places and elements."""
