"""The outside as the engine needs it: one protocol a file, its failures beside it."""
