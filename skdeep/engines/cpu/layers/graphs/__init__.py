"""Layers of graphs, whose samples are nodes that read their neighbours."""
