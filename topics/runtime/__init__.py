"""What any process needs."""
