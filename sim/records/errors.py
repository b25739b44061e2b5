"""What can be wrong with a folder of records."""


class OutputError(ValueError):
    """A run's output cannot go to the folder that was named."""


class RecordsError(ValueError):
    """A folder does not hold the records of a run."""


class IncompleteRunWarning(UserWarning):
    """The records were read, but the run that made them did not end as planned."""
