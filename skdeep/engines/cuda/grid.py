"""A large model: a whole grid shares every phase of a batch, one launch after another.

The host only launches. Where training is, is kept on the device, so that nothing waits for the host
within a call.
"""

import weakref

from skdeep.engines.cuda import structures as at
from skdeep.engines.cuda.launch import launch
from skdeep.engines.cuda.memory import span_of
from skdeep.engines.cuda.phases import ALONE, TILED
from skdeep.engines.cuda.products import products_of
from skdeep.engines.cuda.shim import SIMULATED
from skdeep.engines.progress import EPOCH, ROW, STOPPED, UPDATE
from skdeep.engines.table import SCALES

#: Blocks of a phase without tiles, for each block of one with them: it needs fewer registers, and
#: waits for memory.
MORE_BLOCKS = 1 if SIMULATED else 4


class Grid:
    """Launches the phases of one model.

    Parameters
    ----------
    device : Device
    kernels : Kernels
    model : Model
    plan : Plan
    """

    def __init__(self, device, kernels, model, plan):
        self.device, self.kernels, self.model, self.plan = device, kernels, model, plan
        self.layers, self._arguments, self._table = plan.layers, None, device.table(1)
        self.products = products_of(device, model, plan)
        weakref.finalize(self, self._table.free)

    def begin(self):
        """Take note of where the model is: to be called when its regions have changed."""
        span = span_of([self.model])
        with self.device.active():
            arrays = span.arrays(self.model.dtype)
            self._arguments = (*arrays, self._table.write(self.model.row(span.begin)[None]))

    def run(self, name, index=0):
        """Launch a phase: on the device that is active."""
        blocks, threads = self.device.grid
        if name not in TILED:
            blocks *= MORE_BLOCKS
        if name in ALONE:
            blocks = 1
        kernel = self.kernels.phase(name)
        launch(kernel, (blocks, threads, 0), (*self._arguments, index))

    def _weigh(self, index, rows):
        if self.products.can_weigh(index):
            self.products.weigh(index, rows)
            self.run("end_units", index)
        else:
            self.run("weigh", index)

    def _carry_back(self, index, rows):
        if self.products.library is None:
            self.run("carry_back", index)
            return
        for source in self.products.carry_back(index, rows):
            self.run("end_deltas", source - 1)

    def _form_gradient(self, index, rows):
        if self.products.can_weigh(index):
            self.products.form_gradient(index, rows)
        else:
            self.run("form_gradient", index)

    def refresh(self, update):
        """Bring everything up to date that depends on the weights."""
        if self.plan.integers[at.BY_DIRECTIONS] == 1:
            self.run("write_weights")
        self.run("refresh", update)

    def forward(self, rows):
        """Carry a batch of so many rows through all layers, as in training."""
        self.run("gather")
        for index, layer in enumerate(self.layers):
            self._weigh(index, rows)
            if layer[SCALES] >= 0:
                self.run("take_moments", index)
                self.run("end_moments", index)
                self.run("normalise", index)
        self.run("meet_targets")

    def backward(self, rows):
        """Carry the deltas back, and form the gradient."""
        frozen = int(self.plan.integers[at.FROZEN])
        for index in range(len(self.layers) - 1, frozen - 1, -1):
            if self.layers[index, SCALES] >= 0:
                self.run("take_sums", index)
                self.run("end_sums", index)
                self.run("denormalise", index)
            self._carry_back(index, rows)
            self._form_gradient(index, rows)
        if self.products.library is not None:
            self.run("sum_deltas")

    def _limit_gradient(self):
        integers = self.plan.integers
        self.run("complete_gradient")
        if integers[at.BY_DIRECTIONS] == 1:
            self.run("carry_to_directions")
        if integers[at.WATCHED] == 1:
            self.run("watch")
            self.run("limit_step")

    def train_batch(self, update, rows):
        """Train one mini-batch."""
        integers = self.plan.integers
        self.run("prepare")
        self.forward(rows)
        self.run("add_loss")
        self.backward(rows)
        if integers[at.IN_TWO] == 1:
            self._limit_gradient()
        self.run("step")
        if integers[at.LIMITED] == 1:
            self.run("limit_norms")
        if integers[at.IN_TWO] == 1:
            self.refresh(update + 1)
        self.run("end_batch")

    def take_gradient(self, rows):
        """Compute the objective over so many rows, and let the rule take note of its gradient."""
        with self.device.active():
            self.refresh(1)
            self.run("set_penalty")
            self.run("prepare")
            self.forward(rows)
            self.run("set_value")
            self.backward(rows)
            self.run("step")

    def train(self, max_batches):
        """Train for up to `max_batches` batches of the epochs set."""
        # Once for all launches and products: a library works on the device that is active.
        with self.device.active():
            self._train(max_batches)

    def _train(self, max_batches):
        plan = self.plan.integers
        self.begin()
        update, row, epoch = int(plan[UPDATE]), int(plan[ROW]), int(plan[EPOCH])
        if plan[at.READY] == 0:
            self.refresh(update + 1)
            self.run("set_penalty")
        for _ in range(max_batches):
            if epoch >= plan[at.N_EPOCHS] or plan[STOPPED] != 0:
                break
            rows = min(int(plan[at.BATCH_SIZE]), int(plan[at.N_ROWS]) - row)
            self.train_batch(update, rows)
            update, row = update + 1, row + rows
            if row >= plan[at.N_ROWS]:
                row, epoch = 0, epoch + 1
        plan[at.READY] = 1
