"""What the parameters of the estimators may be, and the checks of them."""
