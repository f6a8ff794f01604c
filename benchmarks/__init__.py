"""Measurements: each prints a table, can write JSON, and is smoke-tested."""
