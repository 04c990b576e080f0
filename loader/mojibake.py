"""Text that was written in UTF-8 and read as cp1252 before it came here, such as MÃ¼ller for Müller."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What the bytes 80 to BF are in cp1252, a few of which have no letter there.
_BEHIND = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
# First bytes of Latin, Greek, Cyrillic, Hebrew and Arabic letters, of punctuation and of the euro sign. Those of
# Chinese are é and the like, behind which two signs may stand by right: two letters are asked for.
_GARBLED = re.compile(f"[ÂÃÄÅÎÏÐÑ×ØÙ][{_BEHIND}]|â[€‚„][{_BEHIND}]|(?:[ã-é][{_BEHIND}]{{2}}){{2}}")


@dataclass(slots=True)
class GarbledText:
    """How many rows of a file have such text, and the first word of it with its line."""

    rows: int = 0
    line: int = 0
    example: str = ""

    def look_at(self, line: int, cells: Iterable[str]) -> None:
        """Count a row where one of its cells has such text."""
        for cell in cells:
            if found := _GARBLED.search(cell):
                self.rows += 1
                if self.rows == 1:
                    self.line, self.example = line, _word_around(cell, found)
                return


def _word_around(cell: str, found: re.Match[str]) -> str:
    before, behind = cell[: found.start()].split(" ")[-1], cell[found.end() :].split(" ")[0]
    return f"{before}{found.group()}{behind}"[:100]
