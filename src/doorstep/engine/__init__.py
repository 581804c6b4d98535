"""What happens, and when: the ports, the log, handle, timers."""
