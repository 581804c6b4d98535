"""What is allowed: per noun its state, decide and evolve."""
