"""The pages we write, and the folder of a night."""
