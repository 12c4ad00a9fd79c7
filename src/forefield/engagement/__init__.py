"""What could be done, doing nothing first, and at what harm in each country."""
