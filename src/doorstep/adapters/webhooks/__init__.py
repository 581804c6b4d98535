"""Webhooks: signed messages to programs outside."""
