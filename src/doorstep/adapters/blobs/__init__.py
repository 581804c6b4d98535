"""Proof files by content hash."""
