"""What is refused before any training, and what copies of the estimators share."""

import pickle

import dask.array as da
import numpy as np
import pytest
from distributed import Client
from sklearn.base import clone

from skdeep import MLPClassifier, MLPRegressor
from skdeep.dask import DaskMLPClassifier, DaskMLPRegressor
from tests.dask.test_full_batch import OPTIONS, WEIGHTS, X, Y, divided, largest_difference

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return divided(array, 40)


def unknown(array):
    return array[da.from_array(np.ones(len(array), bool), chunks=(array.chunks[0],))]


GIVEN = divided(X, 40), divided(Y, 40)
WRONG = {
    "numpy": ((X, Y), "X must be a Dask array or a Dask frame"),
    "y of numpy": ((GIVEN[0], Y), "y must be a Dask array"),
    "no y": ((GIVEN[0], None), "requires y to be passed"),
    "columns": ((GIVEN[0].rechunk((40, 3)), GIVEN[1]), r"rechunk\(\{1: -1\}\)"),
    "one dimension": ((GIVEN[1], GIVEN[1]), "X must be a matrix"),
    "three dimensions": ((GIVEN[0][:, :, None], GIVEN[1]), "2 dimensions at most"),
    "rows": ((GIVEN[0], GIVEN[1][:-1]), r"inconsistent numbers of samples: \[150, 149\]"),
    "partitions": ((unknown(GIVEN[0]), unknown(divided(Y, 50))), "4 partitions and y has 3"),
    "rows of a partition": ((GIVEN[0], unknown(divided(Y, 38))), "Partition 0: .*inconsistent"),
    "no rows": ((GIVEN[0][:0], GIVEN[1][:0]), r"Found array with 0 sample\(s\)"),
    "NaN": ((changed(X, (90, 2), np.nan), GIVEN[1]), "Partition 2: Input X contains NaN"),
    "numbers as labels": ((GIVEN[0], changed(Y + 0.0, 41, 0.5)), "Partition 1: Unknown label"),
    "text": ((divided(X.astype(str).astype(object) + "a", 40), GIVEN[1]), "Partition 0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_collections(client, name):
    given, message = WRONG[name]
    model = DaskMLPClassifier(**OPTIONS)
    with pytest.raises((TypeError, ValueError), match=message):
        model.fit(*given)
    assert not hasattr(model, "coefs_") and not hasattr(model, "n_features_in_")


@pytest.mark.parametrize(
    "weights, message",
    [
        (changed(WEIGHTS, 130, np.nan), "Partition 3: .*NaN"),
        (changed(WEIGHTS, 50, -1.0), "Partition 1: sample_weight must not be negative"),
        (divided(0 * WEIGHTS, 40), "sample_weight must not sum to 0"),
        (divided(WEIGHTS[:-3], 40), "inconsistent"),
        (WEIGHTS, "sample_weight must be a Dask array"),
    ],
)
def test_wrong_weights(client, weights, message):
    with pytest.raises((TypeError, ValueError), match=message):
        DaskMLPClassifier(**OPTIONS).fit(*GIVEN, weights)


def test_labels_that_are_not_known(client):
    model = DaskMLPClassifier(**OPTIONS, solver="lbfgs").fit(*GIVEN, classes=[0, 1, 2, 3])
    assert model.predict_proba(GIVEN[0]).compute().shape == (150, 4)
    state = model.loss_, model.classes_
    with pytest.raises(ValueError, match=r"Partition 2: `y` has classes not in"):
        model.fit(GIVEN[0], changed(Y, 100, 9), classes=[0, 1, 2])
    assert (model.loss_, model.classes_) == state
    with pytest.raises(ValueError, match=r"the validation set.*Partition 1: `y` has classes"):
        model.set_params(solver="adam").fit(*GIVEN, X_val=GIVEN[0], y_val=changed(Y, 60, 9))
    with pytest.raises(ValueError, match="is expecting 6 features"):
        model.partial_fit(GIVEN[0][:, :5].rechunk((40, 5)), GIVEN[1])


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"weight_norm": True}, "weight_norm=True is not available"),
        ({"augment": np.copy}, "augment is not available"),
        ({"scoring": "f1_macro"}, "scoring must be None, 'loss' or 'error_rate'"),
        ({"batch_norm": True, "solver": "lbfgs"}, "batch_norm=True needs synchronise='epoch'"),
        ({"max_norm": 1.0, "synchronise": "update"}, "max_norm=1.0 needs synchronise='epoch'"),
        ({"synchronise": "never"}, "The 'synchronise' parameter"),
        ({"client": "tcp://"}, "The 'client' parameter"),
        ({"alpha": -1}, "The 'alpha' parameter"),
        ({"early_stopping": True, "validation_fraction": 0.001}, "validation set is too small"),
    ],
)
def test_wrong_parameters(client, parameters, message):
    with pytest.raises(ValueError, match=message):
        DaskMLPClassifier(**{**OPTIONS, **parameters}).fit(*GIVEN)


def test_without_a_client(threaded_client):
    model = DaskMLPRegressor(**OPTIONS)
    given = divided(X, 40), divided(X[:, 0], 40)
    with pytest.raises(ValueError, match="needs a Dask client"):
        model.fit(*given)
    ended = Client(threaded_client.cluster)
    ended.close()
    with pytest.raises(ValueError, match="The Dask client is closed"):
        model.set_params(client=ended).fit(*given)
    assert model.set_params(client=threaded_client, max_iter=1).fit(*given).n_iter_ == 1


def test_copies(client):
    model = DaskMLPClassifier(**OPTIONS, solver="lbfgs", client=client).fit(*GIVEN)
    own = {*model.get_params()} - {*MLPClassifier().get_params()}
    assert own == {"client", "synchronise"}
    assert {*MLPClassifier().get_params()} < {*model.get_params()}
    assert {*MLPRegressor().get_params()} < {*DaskMLPRegressor().get_params()}
    assert clone(model).client is client and not hasattr(clone(model), "coefs_")
    copy = pickle.loads(pickle.dumps(model))
    assert copy.client is None and model.client is client
    assert largest_difference(copy, model) == 0
    local = model.to_local()
    assert type(local) is MLPClassifier and (local.predict(X) == model.predict(X)).all()
    local.coefs_[0][:] = 0
    assert model.coefs_[0].any()
    assert not hasattr(DaskMLPClassifier(alpha=3).to_local(), "coefs_")
    assert local.get_params()["solver"] == "lbfgs" and "synchronise_" not in vars(local)
