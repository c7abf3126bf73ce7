"""The team of threads, and what its members are at."""
