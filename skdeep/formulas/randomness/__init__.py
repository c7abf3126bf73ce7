"""Random numbers as functions of a counter and a key, without a state.

What is drawn for an element depends on the key of its stream and on its place alone, so neither
threads nor devices have a say in it.
"""
