"""Who is who: plots (detections) in, tracks out."""
