"""What is seen: sensors, plots (detections), scans, clutter."""
