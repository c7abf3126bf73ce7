"""The engine for NVIDIA GPUs. Nothing imports it before a GPU is asked for."""
