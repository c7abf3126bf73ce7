"""Ensembles of networks for tables: what the members are, how they train, the estimators."""
