"""Brings what people do to Carrot Quest."""
