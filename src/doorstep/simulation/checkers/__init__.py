"""Checkers of the invariants: they read an exported log, and trust no code that wrote it.

Each counts its facts again with folds of its own; none uses lifecycles, reactions, the planner or the engine.
What the log cannot hold is given to a checker when it is made: a public key, policy's limits, travel times.
"""
