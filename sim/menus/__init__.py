"""Menus at a counter, and menus in files."""
