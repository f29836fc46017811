"""What people decide and what is done for them: conflicts, issues, batches, errands, plans."""

from enum import StrEnum


class ConflictState(StrEnum):
    """What a person made of two parties' values; `superseded`: a later edit did."""

    OPEN = "open"
    KEPT = "kept"
    REVERTED = "reverted"
    OVERRIDDEN = "overridden"
    SUPERSEDED = "superseded"


class IssueKind(StrEnum):
    """What only a person can decide."""

    TUG_OF_WAR = "tug_of_war"
    STOCK = "stock"
    STRUCTURE = "structure"
    OPTION_GONE = "option_gone"
    VARIANT_GONE = "variant_gone"
    PRODUCT_GONE = "product_gone"
    SALE = "sale"
    METAFIELD = "metafield"
    PICTURES = "pictures"
    NEW_PRODUCT = "new_product"
    GRANT = "grant"


class IssueState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class HeldAct(StrEnum):
    """What was held at the gates."""

    EDIT = "edit"
    INBOUND = "inbound"
    VARIANTS = "variants"
    FOUNDING = "founding"
    OFFER = "offer"
    IMPORT = "import"
    TERMS = "terms"
    SALE = "sale"
    STOCK = "stock"
    SOLD_OUT = "sold_out"


class HeldState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    DISCARDED = "discarded"


class ErrandState(StrEnum):
    """How far something has come that the workers carry out step by step."""

    PREVIEW = "preview"
    HELD = "held"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """What became of one row of a file; `bad`: none of it can be taken."""

    READY = "ready"
    SAME = "same"
    BAD = "bad"
    APPLIED = "applied"
    DROPPED = "dropped"
    HELD = "held"


class SaleState(StrEnum):
    """How far a sale has come; `missed`: its end had passed before it could begin."""

    HELD = "held"
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    MISSED = "missed"
    CANCELLED = "cancelled"


class PlanAct(StrEnum):
    """What a plan is a dry run of: a store's opt-in, or a batch of edits."""

    OPT_IN = "opt_in"
    BATCH = "batch"


class PlanKind(StrEnum):
    """What would become of one value of a store; `kept`: it has its own, which stays."""

    CREATE = "create"
    UPDATE = "update"
    CLEAR = "clear"
    CONFLICT = "conflict"
    UNMANAGED = "unmanaged"
    KEPT = "kept"


class PlanState(StrEnum):
    """How far a plan has come; `checking`: it is approved, and every value is looked at again.

    `held`: the gates hold what was approved, until a person releases it.
    """

    DRAFTING = "drafting"
    READY = "ready"
    CHECKING = "checking"
    HELD = "held"
    APPLIED = "applied"
    REPLACED = "replaced"
    FAILED = "failed"
