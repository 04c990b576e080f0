"""Segments: customers by how lately and how often they buy, and what they prefer."""

from app.repositories.analytics import Row
from app.repositories.customers import SEGMENTS as SEGMENT_NAMES
from app.ui import format as written
from app.ui.grid import Column
from app.ui.heat import Heat
from app.ui.insights import Insight
from app.ui.questions.parts import REVENUE, SHARE, begun, percent


def _segment(row: Row) -> str:
    return f"{row['segment']} ({row['rule']})"


SEGMENTS = Insight(
    "customer_segments",
    "Customers by recency and frequency",
    "Each customer scores 1 to 5 by the fifth of the customers it belongs to: R for how lately it bought, F for how often, which make "
    "the segment, and M for revenue. A segment opens its customers below, and closes them again.",
    columns=(
        Column("segment", "Segment", value=_segment),
        Column("customers", "Customers", "integer"),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        REVENUE,
        SHARE,
        Column("days_since_last", "Days since", "integer", is_hidden_on_phone=True),
        Column("monetary_score", "M", align="right", is_hidden_on_phone=True),
    ),
    row_key="segment",
)
SEGMENT_MOVEMENTS = Insight(
    "segment_movements",
    "Movement between segments",
    "How many customers went from a segment of the period before, at the left, to one of this period, above; each by its own period's "
    "sales.",
    columns=(
        Column("segment_before", "Before"),
        Column("segment", "Now"),
        Column("customers", "Customers", "integer"),
        Column("share", "Of those before", align="right", value=percent("share")),
    ),
    chart=Heat(
        "segment_before",
        "segment",
        "customers",
        "Before",
        written.integer,
        order=(*SEGMENT_NAMES, "Did not buy"),
        beside=("customers_before", "Customers"),
    ),
    is_table_folded=True,
)
SEGMENT_CUSTOMERS = Insight(
    "segment_customers",
    "Customers of a segment",
    "Of the segment chosen, by the purchases of the period, with the scores that make it; the 20 with most revenue. A file has them "
    "all.",
    columns=(
        Column("name", "Customer"),
        Column("segment", "Segment"),
        Column("recency", "R", "integer", is_hidden_on_phone=True),
        Column("frequency", "F", "integer", is_hidden_on_phone=True),
        Column("monetary", "M", "integer", is_hidden_on_phone=True),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        REVENUE,
        Column("last_bought_on", "Last bought", "date", is_hidden_on_phone=True),
    ),
    row_key="customer_id",
    opens="customers",
    is_personal=True,
    empty=("Nobody is in this segment", "Choose another one, or a longer period."),
    extent=lambda rows: f"{len(rows)} of {written.integer(rows[0]['found'])}" if rows else "",
)
_PREFERRED = (
    Column("category", "Category"),
    Column(
        "category_share",
        "Of pieces",
        align="right",
        is_hidden_on_phone=True,
        value=percent("category_share"),
    ),
    Column("product", "Product", "link", opens="products", key_field="product_id"),
    Column("product_units", "Pieces", "integer", is_hidden_on_phone=True),
)
PREFERENCES_BY_SEGMENT = Insight(
    "preferences_by_segment",
    "What segments prefer",
    "The category and the product of which a segment has bought and kept most pieces in the period.",
    columns=(Column("name", "Segment"), *_PREFERRED),
)
PREFERENCES_BY_GROUP = Insight(
    "preferences_by_group",
    "What groups of customers prefer",
    "The category and the product of which a gender, an age or a country has bought and kept most pieces in the period.",
    columns=(
        Column("name", "Group", value=begun("name")),
        Column("kind", "By", is_hidden_on_phone=True),
        *_PREFERRED,
    ),
    is_personal=True,
)
SEGMENTS_BY_GROUP = Insight(
    "segments_by_group",
    "Segments by gender, age and country",
    "Of the customers of a group who bought in the period, the share in each segment; age on its last day.",
    columns=(
        Column("kind", "By", is_hidden_on_phone=True),
        Column("name", "Group", value=begun("name")),
        Column("segment", "Segment"),
        Column("customers", "Customers", "integer"),
        Column("share", "Of the group", align="right", value=percent("share")),
        Column("revenue", "Revenue", "money", is_hidden_on_phone=True),
    ),
    chart=Heat("name", "segment", "share", "Group", order=SEGMENT_NAMES),
    is_personal=True,
    is_table_folded=True,
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = (
    (SEGMENTS,),
    (SEGMENT_MOVEMENTS,),
    (SEGMENT_CUSTOMERS,),
    (SEGMENTS_BY_GROUP,),
    (PREFERENCES_BY_SEGMENT, PREFERENCES_BY_GROUP),
)
