"""How the work is cut, from its shape alone, and the memory that it needs."""
