"""L-BFGS on an objective that is interrupted."""

import numpy as np
import pytest

from skdeep.training.full_batch import minimise


class _Interrupted:
    """The Rosenbrock function, during whose `n`-th evaluation Ctrl-C is pressed."""

    def __init__(self, n):
        self.left, self.values = n, []

    def __call__(self, x):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        value = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
        slope = 200 * (x[1] - x[0] ** 2)
        self.values.append(value)
        return value, np.array([-2 * x[0] * slope - 2 * (1 - x[0]), slope])


@pytest.mark.parametrize("n", [1, 2, 12])
def test_ctrl_c_keeps_the_best_point(n):
    start = np.array([-1.2, 1.0])
    function = _Interrupted(n)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        solution = minimise(function, start, max_iter=200, max_fun=200, tol=1e-8, verbose=False)
    if n == 1:
        np.testing.assert_array_equal(solution.vector, start)
        assert solution.n_iter == 0
    else:
        assert solution.loss == min(function.values) == _Interrupted(0)(solution.vector)[0]
