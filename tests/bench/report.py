"""How measurements are printed: a heading, then aligned rows."""


def heading(title: str, *columns: str) -> None:
    """Print the heading of a table."""
    print(f"\n{title:<44}" + "".join(f"{column:>12}" for column in columns), flush=True)


def row(name: str, *values: object) -> None:
    """Print one row of the table."""
    print(f"  {name:<42}" + "".join(f"{value!s:>12}" for value in values), flush=True)
