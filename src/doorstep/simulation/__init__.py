"""A day in seconds: a world that acts through the same doors as people."""
