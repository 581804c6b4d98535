"""Messaging: how letters leave the house."""
