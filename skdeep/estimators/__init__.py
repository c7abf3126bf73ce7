"""The estimators: scikit-learn's face of the networks."""
