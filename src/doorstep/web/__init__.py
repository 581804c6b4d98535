"""The doors for people and machines: HTTP, pages, live updates."""
