"""The log, timers, outbox and vault on a database."""
