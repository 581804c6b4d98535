"""What we talk about: units, ids, places, and per noun its commands and events."""
