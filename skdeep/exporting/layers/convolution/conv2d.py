"""Convolutions over images."""

from skdeep.exporting.numpy_modules.numpy_parts import padded, places_read
from skdeep.exporting.tensors import copy
from skdeep.exporting.windows import ImageWindows, Windows, onnx_image_windows, torch_on_images


def _windows(layer):
    height, width, channels, *axes = layer.settings
    sizes, strides, dilations, before, numbers = (axes[i : i + 2] for i in range(0, 10, 2))
    return ImageWindows(
        *(
            Windows(length, channels, size, stride, number, dilation, padding)
            for length, size, stride, number, dilation, padding in zip(
                (height, width), sizes, strides, numbers, dilations, before, strict=True
            )
        )
    )


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    windows = onnx_image_windows(write, *reads, _windows(layer), index)
    kernel = layer.weights.reshape(-1, layer.weights.shape[-1]).astype(write.dtype)
    rows, columns, _ = layer.output_shape
    windows = write.reshape(windows, (rows * columns, len(kernel)))
    sums = write.node("MatMul", windows, write.constant(kernel, f"coefs_{index}"))
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.flatten(write.node("Add", sums, biases))


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    windows = _windows(layer)
    *sizes, channels, filters = layer.weights.shape
    dilation = windows.rows.dilation, windows.columns.dilation
    options = {"stride": windows.strides, "dilation": dilation, "dtype": dtype}
    module = torch.nn.utils.skip_init(torch.nn.Conv2d, channels, filters, sizes, **options)
    copy(torch, module.weight, layer.weights.transpose(3, 2, 0, 1))
    copy(torch, module.bias, layer.biases)
    return module


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return torch_on_images(torch, graph, name, *reads, _windows(layer))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    height, width, channels, *axes = layer.settings
    down, across = axes[0:6:2], axes[1:6:2]
    (above, left), (rows, columns), found = axes[6:8], axes[8:10], layer.biases
    images = padded(reads[0].reshape(-1, height, width, channels), 1, down, rows, above)
    images = padded(images, 2, across, columns, left)
    for i in range(down[0]):
        row = images[:, places_read(i, down, rows)]
        for j in range(across[0]):
            found = found + row[:, :, places_read(j, across, columns)] @ layer.weights[i, j]
    return found
