"""Restricted Boltzmann machines on processors: Gibbs sampling and updates in one kernel."""
