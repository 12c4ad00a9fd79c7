"""Where is it headed: beliefs about entry, and the areas under threat."""
