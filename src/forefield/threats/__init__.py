"""What flies: object classes, documented incidents, raids and their behaviour."""
