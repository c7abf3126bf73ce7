"""Compile inner functions once, inside the kernels that they are part of.

Numba optimises and emits every function by itself, and again, with all that it calls, in each of
its callers, up to the kernel: most of the compile time of deeply nested code. Here an inner
function is only translated; the kernel that links it optimises and emits it. That needs parts of
Numba that are not public: where they are not as expected, functions compile in the usual way.
"""

from numba.core.compiler_lock import require_global_compiler_lock

try:
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import CompilerBase, DefaultPassBuilder, _LowerResult
    from numba.core.compiler_machinery import register_pass
    from numba.core.typed_passes import NativeLowering
except ImportError:
    pipeline_options = {}
else:

    class _LinkedLibrary(JITCodeLibrary):
        """The code of a function that only ever becomes part of other code."""

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
            """Return Numba's nopython pipeline with another lowering."""
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state, "skdeep_linked")
            passes.passes = [
                (_LinkedLowering, text) if step is NativeLowering else (step, text)
                for step, text in passes.passes
            ]
            passes._finalized = False
            passes.finalize()
            return [passes]

    _NEEDED = ("_get_module_for_linking", "_finalize_dynamic_globals", "_raise_if_finalized")
    _usable = all(hasattr(JITCodeLibrary, name) for name in _NEEDED)
    pipeline_options = {"pipeline_class": LinkedCompiler} if _usable else {}
