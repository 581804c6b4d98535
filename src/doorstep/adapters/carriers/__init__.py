"""Carriers: one folder for each, with its protocol, and with its words as data beside it."""
