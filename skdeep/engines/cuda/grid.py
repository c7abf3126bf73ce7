"""A large model: a whole grid shares every phase of a batch, one launch after another.

The host only launches. Where training is, is kept on the device, so that nothing waits for the host
within a call.
"""

from skdeep.engines.cuda import structures as at
from skdeep.engines.cuda.phases import ALONE, FOLDING
from skdeep.engines.progress import EPOCH, ROW, STOPPED, UPDATE
from skdeep.engines.table import AUXILIARY, KIND, SCALES


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
        self.layers, self._arguments = plan.layers, None

    def begin(self):
        """Take note of where the model is: to be called when its regions have changed."""
        arrays = self.model.slab.arrays(self.model.dtype)
        self._arguments = (*arrays, self.device.table([self.model.row()]))

    def run(self, name, index=0):
        """Launch a phase."""
        blocks, threads = self.device.grid
        if name in ALONE:
            blocks, threads = 1, 1
        elif name in FOLDING:
            blocks, threads = 1, at.FOLD
        self.kernels.phase(name)[blocks, threads](*self._arguments, index)

    def refresh(self, update):
        """Bring everything up to date that depends on the weights."""
        if self.plan.integers[at.BY_DIRECTIONS] == 1:
            self.run("write_weights")
        self.run("refresh", update)
        self.run("fold_penalties")

    def forward(self):
        """Carry a batch through all layers, as in training."""
        self.run("gather")
        for index, layer in enumerate(self.layers):
            self.run("weigh", index)
            if layer[SCALES] >= 0:
                self.run("take_moments", index)
                self.run("normalise", index)
        self.run("meet_targets")
        self.run("fold_losses")

    def predict(self):
        """Carry rows through all layers, as in predictions."""
        self.run("gather")
        for index, layer in enumerate(self.layers):
            if layer[KIND] == AUXILIARY:
                continue
            self.run("weigh", index)
            if layer[SCALES] >= 0:
                self.run("normalise_by_running", index)
        self.run("normalise_outputs", len(self.layers) - 1)

    def backward(self):
        """Carry the deltas back, and form the gradient."""
        frozen = int(self.plan.integers[at.FROZEN])
        for index in range(len(self.layers) - 1, frozen - 1, -1):
            if self.layers[index, SCALES] >= 0:
                self.run("take_sums", index)
                self.run("denormalise", index)
            self.run("carry_back", index)
            self.run("form_gradient", index)

    def _limit_gradient(self):
        integers = self.plan.integers
        self.run("complete_gradient")
        if integers[at.BY_DIRECTIONS] == 1:
            self.run("carry_to_directions")
        if integers[at.WATCHED] == 1:
            self.run("watch")
            self.run("fold_squares")
            self.run("limit_step")

    def train_batch(self, update):
        """Train one mini-batch."""
        integers = self.plan.integers
        self.run("prepare")
        self.forward()
        self.run("add_loss")
        self.backward()
        if integers[at.IN_TWO] == 1:
            self._limit_gradient()
        self.run("step")
        if integers[at.LIMITED] == 1:
            self.run("limit_norms")
        if integers[at.IN_TWO] == 1:
            self.refresh(update + 1)
        else:
            self.run("fold_penalties")
        self.run("end_batch")

    def train(self, max_batches):
        """Train for up to `max_batches` batches of the epochs set."""
        plan = self.plan.integers
        self.begin()
        update, row, epoch = int(plan[UPDATE]), int(plan[ROW]), int(plan[EPOCH])
        if plan[at.READY] == 0:
            self.refresh(update + 1)
            self.run("set_penalty")
        for _ in range(max_batches):
            if epoch >= plan[at.N_EPOCHS] or plan[STOPPED] != 0:
                break
            self.train_batch(update)
            update, row = update + 1, row + int(plan[at.BATCH_SIZE])
            if row >= plan[at.N_ROWS]:
                row, epoch = 0, epoch + 1
        plan[at.READY] = 1
