"""The only place that parses or serialises for others."""
