"""Tables as networks read them: `TabularEncoder`, and what it consists of."""

from skdeep.tabular.encoder import TabularEncoder

__all__ = ["TabularEncoder"]
