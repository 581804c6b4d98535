"""Streets, travel times and addresses from OpenStreetMap."""
