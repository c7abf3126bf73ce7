"""Save estimators to files that contain no executable code."""

from skdeep.saving.files import load_safetensors, save_safetensors

__all__ = ["load_safetensors", "save_safetensors"]
