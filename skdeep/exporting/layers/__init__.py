"""How layers are exported: a file for every kind that can be, in folders of families.

Tensors between layers have the shape (n_samples, n_outputs). A file defines, for ONNX,

- ``onnx_nodes(write, layer, reads, index)``, which adds the nodes of a layer, but for its
  activation, for the tensors that it reads and returns the name of the result;

for PyTorch,

- ``torch_nodes(torch, root, graph, name, layer, reads)``, which adds the nodes that apply a layer
  to the nodes that it reads and returns the last of them;
- ``torch_module(torch, layer, dtype)``, which returns the module that it uses, by the name that it
  has in `root`; a kind without one has no such function;
- ``alone(layer)``, whether that module computes the whole layer, if it reads one other; a kind
  for which that never holds has no such function;

and for modules that need NumPy alone,

- ``numpy_outputs(layer, reads)``, which computes the outputs of a layer before its activation from
  arrays of shape (n_samples, n_inputs). It returns them in any shape, or raises a ValueError where
  they are no codes that it can look up. Its source is copied into the modules, so that it uses
  ``math``, ``np`` and what is in `skdeep.exporting.numpy_modules` alone.

``layer`` is an `ExportedLayer`, `index` its place and ``write`` a `Writer`. A kind without the
function of a library has no form there.
"""
