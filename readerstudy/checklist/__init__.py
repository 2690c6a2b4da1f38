"""Reporting checklists: what results.json says of each item, and what is left to the author."""
