"""Notations of other frameworks over this engine: a notebook runs with its import line changed."""
