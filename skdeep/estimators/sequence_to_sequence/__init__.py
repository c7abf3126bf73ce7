"""Networks that read a sequence of tokens and write another one."""
