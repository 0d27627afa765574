"""The direct lane of board operations."""
