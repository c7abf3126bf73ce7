"""Files that hold fitted estimators and in which nothing can be executed."""

from skdeep.saving.files import load_safetensors, save_safetensors

__all__ = ["load_safetensors", "save_safetensors"]
