"""Trackers on the seeded scenarios of the tracking benchmark."""
