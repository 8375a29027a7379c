"""The one error of the local stack."""


class StackError(Exception):
    """Something stops the stack. The message says what to do; it never holds a secret."""
