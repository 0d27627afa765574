"""Actions: into the log and the answer back."""
