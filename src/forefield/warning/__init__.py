"""Who must be told, and by when. Never a status Actual."""
