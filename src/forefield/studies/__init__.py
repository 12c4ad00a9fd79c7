"""Many simulated nights under several policies, compared with intervals."""
