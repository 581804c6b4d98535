"""Doorstep: one network for the last mile, from the promise to the proof."""
