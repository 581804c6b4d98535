"""Route solvers."""
