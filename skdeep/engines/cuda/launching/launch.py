"""How kernels are launched."""

import threading

import numpy as np

from skdeep.engines import signals
from skdeep.engines.cuda.hardware.once import once
from skdeep.engines.cuda.hardware.shim import SIMULATED, active_number
from skdeep.engines.cuda.memory.slabs import span_of

if SIMULATED:
    from skdeep.engines.cuda.hardware.simulated_blocks import sleeping_threads

#: Shared memory that a block has without asking.
USUAL_SHARED_BYTES = 48 << 10
#: (kernel, number of a device) -> the kernel as loaded there.
_LOADED = {}
#: The same -> how often that has failed, and what the last error says: not the error itself, whose
#: traceback would keep a fit and its data.
_FAILED = {}
#: The simulator runs one kernel at a time.
_ONE_AT_A_TIME = threading.Lock()


def compile_training(device, kernels, model):
    """Compile and load the kernel that trains a model.

    This has to be done before a launch is asked for: a compilation takes a minute, and only a few
    launches may be under way at a time.

    Parameters
    ----------
    device : Device
    kernels : Kernels
    model : Model
    """
    kernel, _n_bytes = _kernel_for(device, kernels, [model])
    if not SIMULATED:
        with device.active():
            arrays = span_of([model]).arrays(model.dtype)
            loaded(kernel, (*arrays, arrays[-1]))  # a table of models is like one of layers


def is_in_shared_memory(device, model):
    """Return whether a model has room in the shared memory of a block.

    Those that have and those that have not are trained by different kernels. They are not launched
    together: the slower kernel would train them all, and the compiler may round otherwise in it.
    """
    return model.memory_bytes <= device.shared_bytes


def _kernel_for(device, kernels, models):
    """Return the kernel that trains some models, and the bytes of shared memory that it takes."""
    if all(is_in_shared_memory(device, model) for model in models):
        return kernels.train_in_shared_memory, max(model.memory_bytes for model in models)
    return kernels.train, 0


def launch_training(device, kernels, models, slot):
    """Begin to train models, each by a block of its own.

    Parameters
    ----------
    device : Device
    kernels : Kernels
    models : list of Model
    slot : Slot
        With room for two rows of each: that of its validator comes behind all models.
    """
    kernel, n_bytes = _kernel_for(device, kernels, models)
    validators = [each.validator.model for each in models if kernels.formulas.validated]
    span = span_of([*models, *validators])
    rows = np.stack([model.row(span.begin) for model in [*models, *validators]])
    shape = len(models), device.threads, n_bytes
    with device.active():
        try:  # what fails may have begun to copy
            arguments = *span.arrays(models[0].dtype), slot.begin(rows)
            if n_bytes > USUAL_SHARED_BYTES:
                allow_shared_memory(device, kernel, arguments, n_bytes)
            launch(kernel, shape, arguments, slot.stream)
        finally:
            slot.launched()


def launch(kernel, shape, arguments, stream=0):
    """Launch a kernel.

    Parameters
    ----------
    kernel : kernel
    shape : tuple of int
        Blocks, threads of a block, bytes of shared memory.
    arguments : tuple
    stream : stream, default=0
    """
    blocks, threads, n_bytes = shape
    if not SIMULATED:
        loaded(kernel, arguments)
        kernel[blocks, threads, stream, n_bytes](*arguments)
        return
    with _ONE_AT_A_TIME, sleeping_threads():
        kernel[blocks, threads, 0, n_bytes](*arguments)


def allow_shared_memory(device, kernel, arguments, n_bytes):
    """Let the blocks of a kernel have more shared memory than usual, if they have not yet.

    What is allowed only grows, whichever threads launch the kernel at the same time.
    """
    if SIMULATED or device.allowed.get(kernel, 0) >= n_bytes:
        return
    function = loaded(kernel, arguments)._codelibrary.get_cufunc()
    with _lock_of(kernel):
        if device.allowed.get(kernel, 0) < n_bytes:
            _set_shared_memory(function, n_bytes)
            device.allowed[kernel] = n_bytes


def _set_shared_memory(function, n_bytes):
    """Tell the driver the most shared memory that the blocks of a function may ask for."""
    from numba.cuda.cudadrv.driver import binding, driver

    attribute = binding.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
    driver.cuKernelSetAttribute(attribute, n_bytes, function.handle, function.device.id)


def loaded(kernel, arguments):
    """Return a kernel compiled, and loaded on the device that is active.

    One thread does so, for which others wait: numba-cuda would compile it in each of them, and
    fails where two load the same code. Those who waited for one that failed raise an error that
    says the same; the next one who comes tries again.

    Parameters
    ----------
    kernel : kernel
    arguments : tuple
        Of a launch: those of all launches have the same types.
    """
    key = kernel, active_number()
    if key not in _LOADED:
        failures, _message = _FAILED.get(key, (0, ""))
        with signals.held(_lock_of(kernel)):
            n_failures, message = _FAILED.get(key, (0, ""))
            if n_failures > failures:
                raise RuntimeError(message)
            if key not in _LOADED:
                try:
                    _LOADED[key] = _load(kernel, arguments)
                except Exception as error:
                    _FAILED[key] = failures + 1, str(error) or type(error).__name__
                    raise
    return _LOADED[key]


def _load(kernel, arguments):
    found = kernel.compile(tuple(kernel.typeof_pyval(each) for each in arguments))
    found.bind()
    return found


@once
def _lock_of(kernel):
    """Return what is held while a kernel is compiled and loaded."""
    return threading.Lock()
