"""What follows: events in, commands out."""
