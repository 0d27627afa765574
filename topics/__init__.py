"""Where it is said, and how a process lives on the bus."""
