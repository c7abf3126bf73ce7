"""Where training is: places that begin the arrays of every engine's training run.

Trainers read and write them in `Training.plan` (integers) and `Training.numbers` (float64) between
calls, whatever the engine.
"""

#: Places of the integers. EPOCH: of those set; ROW: within the epoch; UPDATE: updates done;
#: FIRST_UPDATE: updates done before those epochs; SEEN: samples seen since the first fit; STALLED:
#: epochs without progress; STOPPED: why training has ended by itself, 0 if it has not.
EPOCH, ROW, UPDATE, FIRST_UPDATE, SEEN, STALLED, STOPPED, PLAN_KEPT = range(8)

#: Most parameters of a rule.
RULE_PARAMETERS = 6
#: Places of the numbers: the learning rate, and next to it the rule's parameters; the best loss of
#: all epochs.
RATE, PARAMETERS = 0, 1
BEST = PARAMETERS + RULE_PARAMETERS
NUMBERS_KEPT = BEST + 1

#: What is recorded of an epoch: its loss, the learning rate after it, the mean norm of the
#: gradients of its batches; behind that, if norms are watched, the mean norms of the layers.
RECORD = 3
