"""Brings what people do to Mixpanel."""
