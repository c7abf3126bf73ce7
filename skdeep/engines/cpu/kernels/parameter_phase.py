"""The parameter phase: every tile of parameters gets its gradient and takes the solver's step."""

import math

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.loops import run
from skdeep.engines.cpu.compiling.routines import NOTHING, call, on_stack
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import RULE_CONSTANTS, Block, place_of
from skdeep.engines.cpu.parameters.step_loops import loop_numbers, step_numbers, step_place
from skdeep.engines.cpu.threads.team import barrier
from skdeep.engines.training_position import RULE_PARAMETERS

RATE = place_of("rate")


@device
def prepare(task, update, member):
    """Let the optimizer prepare what all steps of an update share.

    Parameters
    ----------
    task : Driver
    update : int
        Number of the update, from 1.
    member : int
        Who asks.
    """
    numbers = task.numbers
    place = step_place(task.plan, update)
    rate = numbers[RATE if numbers[place] < 0.0 else place]
    p, own = section(numbers, place + 1, RULE_PARAMETERS), loop_numbers(task, member)
    for factor in range(task.plan.n_factors):
        own[0] = rate * numbers[task.plan.factors + factor]
        out = step_numbers(task, member, factor)
        run(task.plan.optimizer_prepare, out, own, own, own, p, update)


@device
def set_scale(task, scale, member):
    """Set what the gradients of an update are multiplied by in a member's steps."""
    for factor in range(task.plan.n_factors):
        step_numbers(task, member, factor)[RULE_CONSTANTS + 2] = scale


@device
def _for_tiles(task, address, block, team):
    """Call a routine for the tiles that a member takes."""
    call(address, task, team.member, team.members, 0, block)


@device
def _meet_and_share(task, address, block, team):
    """Have the team meet, and share the work of a routine over all layers; then it meets again."""
    barrier(team.shared, team.members)
    call(address, task, 0, team.members, 0, block)
    barrier(team.shared, team.members)


@device
def _step_in_two(task, block, scale, team):
    """Form the gradient of all parameters before any is changed, and limit norms."""
    plan = task.plan
    _for_tiles(task, plan.form_tiles, block, team)
    if plan.by_directions == 1:
        _meet_and_share(task, plan.carry_to_directions, block, team)
    _for_tiles(task, plan.watch_tiles, block, team)
    barrier(team.shared, team.members)
    most = task.scalars.clip_norm
    norm = gradient_norm(task)
    if most > 0.0 and norm > most:
        set_scale(task, scale * (most / norm), team.member)
    _for_tiles(task, plan.apply_tiles, block, team)
    if task.scalars.max_norm > 0.0:
        _meet_and_share(task, plan.limit_norms, block, team)
    if plan.by_directions == 1:
        _meet_and_share(task, plan.write_weights, block, team)


@device
def parameter_phase(task, batch, scale, team):
    """Do a member's share of the parameter phase.

    Parameters
    ----------
    task : Driver
    batch : Batch
    scale : float
        One over the sum of the sample weights.
    team : Team
    """
    plan = task.plan
    set_scale(task, scale, team.member)
    member = team.member
    block = on_stack(Block(plan.slots, 0, batch.count, batch.position, member, 0, batch.update))
    if plan.whole_gradient == 1:
        _step_in_two(task, block, scale, team)
        refresh_all(task, batch.update + 1, team)
    else:
        _for_tiles(task, plan.step_tiles, block, team)


@device
def refresh_all(task, update, team):
    """Do a member's share of bringing everything up to date that depends on the parameters."""
    block = on_stack(Block(0, 0, 0, 0, team.member, 0, update))
    _for_tiles(task, task.plan.refresh_tiles, block, team)


@device
def begin(task, update, team):
    """Do a member's share of what depends on the parameters that a task begins with."""
    if task.plan.transpose_fixed != NOTHING:
        block = on_stack(Block(0, 0, 0, 0, team.member, 0, update))
        _for_tiles(task, task.plan.transpose_fixed, block, team)
    refresh_all(task, update, team)


@device
def penalty_sum(task):
    """Return the penalty of all parameters, times its strength."""
    s = 0.0
    for index in range(task.plan.n_tiles):
        s += task.numbers[task.plan.penalties + index]
    return task.scalars.alpha * s


@device
def gradient_norm(task):
    """Return the norm of the gradient of the last batch."""
    s = 0.0
    for index in range(task.plan.n_tiles):
        s += task.numbers[task.plan.squares + index]
    return math.sqrt(s)


@device
def add_norms(task):
    """Add the norms of the layers' gradients to those of earlier batches."""
    numbers = task.numbers
    for layer in range(task.plan.n_operations):
        s = 0.0
        for index in range(task.plan.n_tiles):
            if row_of(task.tiles, index).operation == layer:
                s += numbers[task.plan.squares + index]
        numbers[task.plan.norms + layer] += math.sqrt(s)
