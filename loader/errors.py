"""Why a load did not happen, each in a message that says what to do.

LoadError
├── FolderError              the folder is not there, or holds no file that the mapping knows
├── UnreadableFileError      a file is no text in rows and columns
├── MissingColumnsError      a file lacks columns that its target cannot do without
├── MappingError             the mapping itself is wrong
├── OtherBaseCurrencyError   the business counts in another currency than the files' prices
├── NoSuchLoadError          there is no load of that number
├── UndoRefusedError         something depends on what the load brought
└── UndecidedError           nobody can tell days from months, or decimals from thousands: the load stops to ask
"""

from collections.abc import Sequence


class LoadError(Exception):
    """Nothing was loaded."""


class FolderError(LoadError):
    """The folder is not there, or holds no file that the mapping knows."""


class UnreadableFileError(LoadError):
    """A file is no text in rows and columns."""


class MissingColumnsError(LoadError):
    """A file lacks columns that its target cannot do without."""


class MappingError(LoadError):
    """The mapping itself is wrong."""


class OtherBaseCurrencyError(LoadError):
    """The business counts in another currency than the files' prices."""


class NoSuchLoadError(LoadError):
    """There is no load of that number."""


class UndoRefusedError(LoadError):
    """Something depends on what the load brought."""


class UndecidedError(LoadError):
    """Nobody can tell days from months, or decimals from thousands: the load stops to ask.

    `date_orders` are the answers about dates that would do, none where nothing is asked about them.
    """

    def __init__(self, question: str, *, date_orders: Sequence[str], asks_decimal: bool) -> None:
        super().__init__(question)
        self.date_orders = date_orders
        self.asks_decimal = asks_decimal
