"""How right were we: proper scores, calibration, matching, lead time."""
