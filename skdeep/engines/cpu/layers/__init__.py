"""What layers do with a block of rows, as routines: a file for every kind of layer, named after it.

A file has the routines `forward`, `predict`, `backward`, `gradient` and `tile_gradient`; where
outputs can be normalised over the batch, also `affine` and `to_sources`. Constants say more:

- ``BY_LOOK_UP = True`` where weights are looked up instead of multiplied by;
- ``BY_SOURCE = True`` where the rows of the weights are the inputs, source by source;
- ``IN_PANELS = True`` where wide weights may be kept in panels;
- ``BY_INPUT = True`` where every input costs about one multiplication for each output, however many
  weights it has;
- ``READS_WINDOWS = True`` where units read windows, of which a sample has many, by
  `window_product`;
- ``SCRATCH`` is how many numbers a block needs in the scratch memory, whose place `layer_scratch`
  returns; or ``scratch(operation)`` returns it.
"""
