"""What layers do with a block of rows, as routines: a file for every kind, in folders of families.

A file has the routines `forward`, `predict`, `backward`, `gradient` and `tile_gradient`; where
outputs can be normalised over the batch, also `affine` and `to_sources`. Constants say more:

- ``BY_LOOK_UP = True`` where weights are looked up instead of multiplied by;
- ``BY_SOURCE = True`` where the rows of the weights are the inputs, source by source;
- ``IN_PANELS = True`` where wide weights may be kept in panels;
- ``BY_INPUT = True`` where every input costs about one multiplication for each output, however many
  weights it has;
- ``READS_WINDOWS = True`` where it multiplies by `window_product`;
- ``TRANSPOSES = True`` where products with transposed weights are formed although nothing before
  the layer is reached, as the states of recurrent layers need them, and `TransposedDense` on its
  way forward.
- ``MIXES_ROWS = True`` where rows read those of other members, so that all meet before.

Functions say what a kind needs, from a record of the operation and its own settings:

- ``multiplications(operation, settings)`` of a row on the way forward, where it is not one for each
  output and row of the weights;
- ``scratch(operation, settings)``: numbers for a block of rows, whose place `layer_scratch`
  returns;
- ``kept(operation, settings, training)``: numbers for every row, which in training stay from the
  way forward until the gradient is formed (`layer_kept`);
- ``statistics(operation, settings)``: numbers of every part of a batch, between which and the way
  back all members of the team meet.
"""
