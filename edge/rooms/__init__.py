"""Live rooms: fan-out, resume, presence."""
