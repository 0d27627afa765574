"""The platform's own words: answers and topic generations."""
