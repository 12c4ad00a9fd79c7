"""What is there whatever flies: borders, districts, places, people, attribution."""
