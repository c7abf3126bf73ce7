"""How functions are compiled, cached and called: by Python, by one another, and by address."""
