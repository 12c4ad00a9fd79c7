"""The command line: read, call one entry, write, say."""
