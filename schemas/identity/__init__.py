"""Identity: people and their sessions."""
