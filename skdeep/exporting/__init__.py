"""Networks in the terms of other libraries, made from their plain description."""
