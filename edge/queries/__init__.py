"""Read-only queries over the deciders' views."""
