"""Keeps every board's past in S3."""
