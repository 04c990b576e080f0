"""Going down in one panel from categories to the subcategories of one, to the products of one of those, and up again."""

import re
from dataclasses import replace

from app.repositories.analytics import Answer, Filters
from app.ui.insights import Insight

# The key of the row that leads up.
UP = "up"
_KEY = re.compile(r"[1-9][0-9]{0,17}")

# Nothing, a category, or a category and one of its subcategories.
Branch = tuple[int, ...]


def effective(branch: Branch, category_id: int | None) -> Branch:
    """The branch; none where it is in a category that is filtered out."""
    return branch if category_id in (None, *branch[:1]) else ()


def within(filters: Filters, branch: Branch) -> Filters:
    """The filters in a branch."""
    category_id, subcategory_id = (*effective(branch, filters.category_id), None, None)[:2]
    return replace(filters, branch_category_id=category_id, branch_subcategory_id=subcategory_id)


def opened(branch: Branch, key: str) -> Branch | None:
    """The branch that a row of one leads to; None where the row is a product, or none at all."""
    if key == UP:
        return branch[:-1]
    return (*branch, int(key)) if len(branch) < 2 and _KEY.fullmatch(key) else None


def with_way_up(insight: Insight, answer: Answer, filters: Filters) -> Answer:
    """The answer with a row that leads up before the others, where there is something above."""
    if filters.branch_category_id is None:
        return answer
    category = answer.rows[0]["category"] if answer.rows else "the category"
    above = category if filters.branch_subcategory_id is not None else "All categories"
    nothing = dict.fromkeys([column.name for column in insight.columns])
    return Answer(answer.sql, [{**nothing, "node_id": UP, "name": f"\u2039 {above}"}, *answer.rows])


def title(insight: Insight, answer: Answer) -> str:
    """The title of the panel with the names of the branch."""
    path = [answer.rows[0][name] for name in ("category", "subcategory")] if answer.rows else []
    return " \u203a ".join([insight.title, *filter(None, path)])
