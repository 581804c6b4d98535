"""What is best: schedules, insertion, capacity, odds."""
