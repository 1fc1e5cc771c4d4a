"""How tasks fail."""


class Failed(Exception):
    """A task failed with this error, for this cause: texts, as the history shows them."""

    def __init__(self, error, cause):
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
