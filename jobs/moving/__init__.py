"""Boards leave for a folder and come back from one: elements, pictures, titles, comments."""
