"""The drivers: a simulated night, a replayed incident."""
