"""A stand-in for a GPU: launches take time and train nothing, and fits cost the host time.

The trainer, its pace and the dispatcher are the real ones. A model of the device trains `step`
seconds for a batch; a launch takes as long as the longest of its models, however many they are and
whatever else is launched.
"""

import threading
import time
from types import SimpleNamespace

import numpy as np

from skdeep.engines import training_position as at
from skdeep.engines.cuda.launching import dispatcher as of_dispatcher
from skdeep.engines.cuda.launching.dispatcher import Dispatcher
from skdeep.engines.cuda.launching.pace import Pace
from skdeep.training.calls import making_calls
from skdeep.training.stochastic.run import History, Run
from skdeep.training.stochastic.trainer import StochasticTrainer

#: Seconds of a batch of 64-(100)-10 with 200 rows, as measured on an H100, and its operations.
STEP, OPERATIONS = 157e-6, 8.9e6
#: Rows of a fit, and of its batches.
N_ROWS, BATCH_SIZE = 20_000, 200
BATCHES = N_ROWS // BATCH_SIZE


#: When every launch begins and ends, by the device's clock.
launched = []


class Slot:
    """What a launch has to itself."""

    end = 0.0

    def wait(self):
        """Wait for the end of the launch."""
        time.sleep(max(0.0, self.end - time.perf_counter()))


class Device:
    """A device of 132 multiprocessors."""

    processors = 132

    def slot(self, n_models):
        """Return what a launch has to itself."""
        return Slot()


def launch(device, kernels, models, slot):
    """Begin to train models, as a launch does."""
    begin = time.perf_counter()
    slot.end = begin + max(model.take_part() for model in models)
    launched.append((begin, slot.end))


def busy_seconds(spans):
    """Return for how long there is at least one launch."""
    total = reached = 0.0
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


class Training:
    """What the trainer sees of the engine.

    Parameters
    ----------
    dispatcher : Dispatcher
    host : float
        Seconds for which every call keeps the interpreter to itself.
    """

    operations = OPERATIONS

    def __init__(self, dispatcher, host):
        self.dispatcher, self.host, self.kernels = dispatcher, host, SimpleNamespace(formulas="a")
        self.plan, self.numbers = np.zeros(at.PLAN_KEPT, np.int64), np.zeros(at.NUMBERS_KEPT)
        self.pace = Pace(dispatcher.rates, "a", OPERATIONS, 5e10, self._seconds)
        self.asked, self._batches = [], 0
        dispatcher.enter("a")

    def _seconds(self, most=False):
        return self.dispatcher.seconds_per_model("a", most)

    def set_epochs(self, order, n_rows, n_epochs, steps):
        """Set the epochs that come next."""
        self.plan[at.EPOCH], self._n_epochs = 0, n_epochs
        self._to_do = n_epochs * BATCHES

    def take_part(self):
        """Train in a launch; return for how long."""
        self.asked.append(self._batches)
        return self._batches * STEP

    def advance(self, max_batches, meanwhile=None):
        """Train for some batches."""
        end = time.perf_counter() + self.host
        while time.perf_counter() < end:
            pass
        rest = self._to_do % BATCHES or BATCHES
        self._batches = min(self._to_do, self.pace.at_once(max_batches, rest))
        seconds = self.pace.seconds(self._batches)
        self.dispatcher.run(self.kernels, self, seconds, meanwhile)
        self._to_do -= self._batches
        self.plan[at.UPDATE] += self._batches
        self.plan[at.EPOCH] = self._n_epochs - -(-self._to_do // BATCHES)
        self.pace.learn(self._batches, self._batches * STEP)

    def history(self):
        """Return a record of every epoch."""
        return np.ones((self._n_epochs, at.RECORD))

    def parameters(self):
        """Return the parameters."""
        return np.zeros(1)


def fits(n_threads, host, n_epochs):
    """Train networks in threads.

    Parameters
    ----------
    n_threads : int
    host : float
        Seconds for which every call of the engine keeps the interpreter to itself.
    n_epochs : int

    Returns
    -------
    seconds : float
        From beginning to end.
    dispatcher : Dispatcher
        Which remembers its launches.
    asked : list of int
        Batches of every call.
    """
    launched.clear()
    of_dispatcher.launch_training = launch
    dispatcher = Dispatcher(Device())
    course = SimpleNamespace(
        batch_size=BATCH_SIZE, watch_layers=False, watch_loss=True, tol=0.0, schedule="constant"
    )
    trainings = [Training(dispatcher, host) for _ in range(n_threads)]
    run = Run(np.arange(N_ROWS), True, None, False, n_epochs, False, False, None)
    trainers = [StochasticTrainer(each, course, run, History()) for each in trainings]
    together = threading.Barrier(n_threads + 1)

    def fit(trainer):
        together.wait()
        making_calls(trainer.train)()
        dispatcher.leave("a")

    threads = [threading.Thread(target=fit, args=(trainer,)) for trainer in trainers]
    for thread in threads:
        thread.start()
    together.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    asked = [batches for training in trainings for batches in training.asked]
    return seconds, dispatcher, asked
