"""The tables as peewee models: what has columns of which name, for queries and for the journal.

The schema itself (checks, indexes, triggers) is made by the migrations; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from crm_tui.store.models.base import History, Record
from crm_tui.store.models.customers import (
    Collaborator,
    Comment,
    Contact,
    CreditShare,
    Customer,
    CustomerTier,
    DistinctPair,
    FollowUp,
    Interaction,
    Notice,
    Profile,
    Protection,
    RecycleWarning,
    Tag,
    Transfer,
)
from crm_tui.store.models.histories import (
    Disclosure,
    JournalChange,
    JournalEntry,
    OwnershipLog,
    StageChange,
    SweepRun,
    TierChange,
)
from crm_tui.store.models.people import (
    Absence,
    Draft,
    Pool,
    PoolMember,
    PoolRule,
    SavedView,
    Scheme,
    Setting,
    SshKey,
    Team,
    User,
)
from crm_tui.store.models.worth import (
    Allocation,
    Deal,
    OrderLine,
    Payment,
    PlaybookMark,
    Product,
    ProductPush,
    PurchaseFactor,
    Receivable,
    SalesOrder,
    Wallet,
)

JOURNALED: dict[str, type[Record]] = {
    model._meta.table_name: model
    for model in (
        Team, User, Absence, SshKey, Setting, Pool, PoolMember, PoolRule, Customer, Profile, Contact, Interaction,
        FollowUp, Tag, CustomerTier, Protection, Transfer, Collaborator, Comment, Notice, CreditShare, RecycleWarning,
        SavedView, Scheme, Product, Deal, SalesOrder, OrderLine, Receivable, Payment, Allocation, Wallet,
        PurchaseFactor, PlaybookMark, ProductPush, DistinctPair,
    )
}  # fmt: skip

HISTORIES: tuple[type[History], ...] = (
    JournalEntry, JournalChange, StageChange, TierChange, OwnershipLog, Disclosure, SweepRun, Draft,
)  # fmt: skip
"""What is kept and not journaled."""


def columns(model: type[Any]) -> tuple[str, ...]:
    """The column names of a model, in order."""
    return tuple(field.column_name for field in model._meta.sorted_fields)
