"""Engines: loops, tiles and threads (cpu), and nothing else; arithmetic lives in the formulas."""
