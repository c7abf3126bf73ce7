"""A large model: a whole grid shares every phase of a batch, one launch after another.

The host only launches. Where training is, is kept on the device, so that nothing waits for the host
within a call.
"""

import weakref

from skdeep.engines.cuda.hardware.shim import SIMULATED
from skdeep.engines.cuda.kernels.phases import ALONE, TILED
from skdeep.engines.cuda.launching.graphs import ACCOUNT, ALL, GRADIENTS, PASSES, Launch, record
from skdeep.engines.cuda.launching.library_products import Products
from skdeep.engines.cuda.memory.slabs import span_of
from skdeep.engines.cuda.memory.structures import LayerRecord

#: Blocks of a phase without tiles, for each block of one with them: it needs fewer registers, and
#: waits for memory.
MORE_BLOCKS = 1 if SIMULATED else 4
#: Steps that a fit trains before a graph is made of them, which takes as long as a few.
LEAST_STEPS_OF_A_GRAPH = 1 if SIMULATED else 8
#: Phases -> the branch of a step that they belong to, where that is not `PASSES`. Statistics of a
#: batch need the number of its rows, which `prepare` writes.
BRANCHES = {
    "prepare": ACCOUNT,
    "end_moments": ALL,
    "add_loss": ACCOUNT,
    "form_gradient": GRADIENTS,
    "form_gradient_by_blocks": GRADIENTS,
    "complete_gradient": ALL,
    "step": ALL,
    "end_batch": ALL,
}


class Grid:
    """Launches the phases of one model.

    Parameters
    ----------
    device : Device
    kernels : Kernels
    model : Model
    plan : Plan
    by_graph : bool, default=False
        Whether steps are launched as a graph, if the driver makes one: without a library's
        products.
    """

    def __init__(self, device, kernels, model, plan, by_graph=False):
        self.device, self.kernels, self.model, self.plan = device, kernels, model, plan
        self.layers = [LayerRecord(row) for row in plan.layers]
        self._arguments, self._table = None, device.table(1)
        self.by_graph, self._span, self._recording, self._noted = by_graph, None, None, None
        self._n_steps = 0
        self.products = Products(None if by_graph else device.library, model, plan)
        weakref.finalize(self, self._table.free)

    def begin(self):
        """Take note of where the model is: to be called when its regions have changed."""
        span = span_of([self.model])
        with self.device.active():
            arrays = span.arrays(self.model.dtype)
            self._arguments = (*arrays, self._table.write(self.model.row(span.begin)[None]))
        if span != self._span:  # otherwise a graph's arguments are as they were
            self._span, self._recording = span, None

    def run(self, name, index=0):
        """Launch a phase, on the device that is active, or take note of it for a graph."""
        blocks, threads = self.device.grid
        if name not in TILED:
            blocks *= MORE_BLOCKS
        if name in ALONE:
            blocks = 1
        shape, arguments = (blocks, threads, 0), (*self._arguments, index)
        each = Launch(self.kernels.phase(name), shape, arguments, BRANCHES.get(name, PASSES))
        if self._noted is None:
            each.begin()
        else:
            self._noted.append(each)

    def _run_product(self, name, index):
        """Form a product by our own kernels."""
        by_blocks = self.by_graph and not self.products.reads_sparse(index)
        self.run(f"{name}_by_blocks" if by_blocks else name, index)

    def _affine(self, index, rows):
        if self.products.can_multiply(index):
            self.products.affine(index, rows)
            self.run("activate_units", index)
        else:
            self._run_product("affine", index)

    def _backward_of_layer(self, index, rows):
        if self.products.library is None:
            if self.layers[index].last_source > self.plan.record.frozen:
                self._run_product("backward", index)
            return
        for source in self.products.backward(index, rows):
            self.run("multiply_by_slopes", source - 1)

    def _form_gradient(self, index, rows):
        if self.products.can_multiply(index):
            self.products.form_gradient(index, rows)
        else:
            self._run_product("form_gradient", index)

    def refresh(self, batches=0):
        """Bring up to date what depends on the weights; `batches` is 1 at the end of a batch."""
        if self.plan.record.by_directions == 1:
            self.run("write_weights")
        self.run("refresh", batches)

    def forward(self, rows):
        """Carry a batch of so many rows through all layers, as in training."""
        self.run("gather")
        for index, layer in enumerate(self.layers):
            self._affine(index, rows)
            if layer.scales >= 0:
                self.run("take_moments", index)
                self.run("end_moments", index)
                self.run("normalise", index)
        self.run("loss_gradient")

    def backward(self, rows):
        """Carry the deltas back, and form the gradient."""
        frozen = int(self.plan.record.frozen)
        for index in range(len(self.layers) - 1, frozen - 1, -1):
            if self.layers[index].scales >= 0:
                self.run("take_sums", index)
                self.run("end_sums", index)
                self.run("denormalise", index)
            self._form_gradient(index, rows)  # first: it does not wait for what is propagated back
            self._backward_of_layer(index, rows)
        if self.products.library is not None:
            self.run("sum_deltas")

    def _limit_gradient(self):
        record = self.plan.record
        self.run("complete_gradient")
        if record.by_directions == 1:
            self.run("gradient_of_directions")
        if record.watched == 1:
            self.run("watch")
            self.run("limit_step")

    def train_batch(self, rows):
        """Train one mini-batch of so many rows, which matters to a library alone."""
        record = self.plan.record
        self.run("prepare")
        self.forward(rows)
        self.run("add_loss")
        self.backward(rows)
        if record.in_two == 1:
            self._limit_gradient()
        self.run("step")
        if record.limited == 1:
            self.run("limit_norms")
        if record.in_two == 1:
            self.refresh(1)
        self.run("end_batch")

    def take_gradient(self, rows):
        """Compute the objective over so many rows, and let the rule take note of its gradient."""
        with self.device.active():
            self.refresh()
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
        plan = self.plan.record
        self.begin()
        if plan.ready == 0:
            self.refresh()
            self.run("set_penalty")
            plan.ready = 1
        batches = list(self._batches(max_batches))
        self._n_steps += len(batches)
        if self.by_graph and self._recording is None and self._n_steps >= LEAST_STEPS_OF_A_GRAPH:
            self._record()
        if self._recording is not None:
            self._recording.run(len(batches))
            return
        for rows in batches:
            self.train_batch(rows)

    def _batches(self, most):
        """Yield the rows of the batches that come next, in the epochs set."""
        plan = self.plan.record
        row, epoch, done = int(plan.row), int(plan.epoch), 0
        while done < most and epoch < plan.n_epochs and plan.stopped == 0:
            rows = min(int(plan.batch_size), int(plan.n_rows) - row)
            yield rows
            row, done = row + rows, done + 1
            if row >= plan.n_rows:
                row, epoch = 0, epoch + 1

    def _record(self):
        """Make a graph of a step; without one, take a library's products from now on."""
        self._noted = []
        try:
            self.train_batch(0)
            self._recording = record(self.device, self._noted)
        finally:
            self._noted = None
        if self._recording is None:
            self.by_graph = False
            self.products = Products(self.device.library, self.model, self.plan)
