"""Random cases beside scikit-learn and by themselves: ``python -m tests.fuzz --minutes 10``.

A *case* is a dict of plain values: an estimator, its parameters, data and calls (`drawing` makes
case `i` of a seed, `rendering` writes it as Python code). A *property* (`properties`) makes
variants of a case that have to do the same: scikit-learn's estimator and skdeep's, one thread and
three, dense rows and sparse ones. `checking` plays the variants, writes down what every call does
(`recording`) and compares (`comparing`). Whatever is compared, errors are of the usual types and
leave the estimator as it was, warnings are of known categories, and numbers that are not finite
come with a warning.

Cases run in a child process (`children`, `worker`): where compiled code dies or hangs, that is a
finding too. What fails is made smaller (`shrinking`) and printed as a script (`scripts`) that needs
nothing of this folder. Training amplifies rounding, so where numbers differ by more than usual, the
reference is played again on data with a little noise: differences of the size that noise makes are
counted as "unstable".

Parameters, their values, solvers, schedules, initialisers, activations and losses come from the
estimators' constraints and from the registries: what is new there is drawn, too.
"""
