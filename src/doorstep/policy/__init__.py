"""What the firm chose: versioned data, with the reading of it."""
