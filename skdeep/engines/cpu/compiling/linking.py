"""Compile inner functions once, inside the kernels that they are part of.

Numba optimises and emits every function by itself, and again, with all that it calls, in each of
its callers, up to the kernel: most of the compile time of deeply nested code. Here an inner
function is only translated; the kernel that links it optimises and emits it. All functions go
through those passes of Numba alone that what kernels consist of can need. That needs parts of
Numba that are not public: where one is missing, functions compile in the usual way.
"""

from numba.core.compiler_lock import require_global_compiler_lock

try:
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import CompilerBase, DefaultPassBuilder, _LowerResult
    from numba.core.compiler_machinery import PassManager, register_pass
    from numba.core.typed_passes import NativeLowering
except ImportError:
    inner_pipeline, kernel_pipeline = {}, {}
else:
    #: Passes that change nothing in kernels: they have no array expressions, no ``with``, no
    #: literals that are unrolled, and no closures within them.
    _UNUSED = {
        "AnnotateTypes",
        "DumpParforDiagnostics",
        "FindLiterallyCalls",
        "InlineOverloads",
        "LiteralPropagationSubPipelinePass",
        "LiteralUnroll",
        "MakeFunctionToJitFunction",
        "NopythonRewrites",
        "WithLifting",
    }

    class _Passes(PassManager):
        """Passes that run one after the other.

        Numba's own manager also describes, times and announces each, checks it, and prints it
        where a variable of the environment asks for that: five percent of the time to compile.
        Whoever compiles holds Numba's lock.
        """

        def _runPass(self, index, step, state):
            step.analysis = self._analysis
            step.run_initialization(state)
            step.run_pass(state)
            step.run_finalizer(state)

    def _passes(state, name, lowering=NativeLowering):
        """Return the passes of a function of a kernel, with a way to lower it."""
        passes = _Passes(name)
        for step, text in DefaultPassBuilder.define_nopython_pipeline(state, name).passes:
            if step.__name__ not in _UNUSED:
                passes.add_pass(lowering if step is NativeLowering else step, text)
        passes.finalize()
        return passes

    class _LinkedLibrary(JITCodeLibrary):
        """The code of a function that only ever becomes part of other code."""

        def _optimize_functions(self, module):
            """Leave optimising to the kernel, which does it after inlining."""
            module.data_layout = self._codegen._data_layout

        def finalize(self):
            """Link what the function calls; leave optimising and emitting to the kernel."""
            require_global_compiler_lock()
            self._raise_if_finalized()
            for library in dict.fromkeys(self._linking_libraries):
                if hasattr(self, "_reload_init"):
                    self._reload_init.update(library._reload_init)
                self._final_module.link_in(library._get_module_for_linking(), preserve=True)
            self._finalize_dynamic_globals()
            self._finalized = True

    @register_pass(mutates_CFG=True, analysis_only=False)
    class _LinkedLowering(NativeLowering):
        """Lowers a function for linking."""

        _name = "skdeep_linked_lowering"

        def run_pass(self, state):
            """Lower the function, and make it known under a stand-in for its address."""
            state.flags.no_compile = True
            codegen = state.targetctx.codegen()
            state.library = _LinkedLibrary(codegen, state.func_id.func_qualname)
            super().run_pass(state)
            result = state["cr"]
            # Numba wants some built-in method, another one for each function.
            stand_in = [result.fndesc].append
            state.targetctx.insert_user_function(stand_in, result.fndesc, [state.library])
            state["cr"] = _LowerResult(
                result.fndesc, result.call_helper, cfunc=stand_in, env=result.env
            )
            return True

    class LinkedCompiler(CompilerBase):
        """The pipeline of inner functions."""

        def define_pipelines(self):
            """Return the passes of inner functions."""
            return [_passes(self.state, "skdeep_linked", _LinkedLowering)]

    class KernelCompiler(CompilerBase):
        """The pipeline of kernels and of all functions that are called by their address."""

        def define_pipelines(self):
            """Return the passes of kernels."""
            return [_passes(self.state, "skdeep_kernel")]

    _NEEDED = (
        (JITCodeLibrary, "_get_module_for_linking"),
        (JITCodeLibrary, "_finalize_dynamic_globals"),
        (JITCodeLibrary, "_raise_if_finalized"),
        (JITCodeLibrary, "_optimize_functions"),
        (PassManager, "_runPass"),
    )
    _usable = all(hasattr(*needed) for needed in _NEEDED)
    #: Options of Numba's decorators for inner functions, and for what is called by its address.
    inner_pipeline = {"pipeline_class": LinkedCompiler} if _usable else {}
    kernel_pipeline = {"pipeline_class": KernelCompiler} if _usable else {}
