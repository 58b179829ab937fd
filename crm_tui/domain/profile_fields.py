"""The fields of a customer's profile and the closed lists beside it: one table behind forms, checks and exports.

A field's identifier is its name everywhere: column or JSON key, filter, command, heading. DOMAIN §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from crm_tui.domain.language import N_, _
from crm_tui.domain.stages import Choice

Kind = Literal["organization", "person"]
Type = Literal["text", "long_text", "date", "number", "money", "choice", "list", "yes_no", "year"]

KINDS: tuple[Choice, ...] = (
    Choice("organization", N_("organization"), ("组织型", "組織型", "组织", "企业", "企業", "公司", "company")),
    Choice("person", N_("person"), ("个人型", "個人型", "个人", "個人")),
)
SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "identity": N_("who"),
        "reach": N_("how to reach"),
        "standing": N_("place in our business"),
        "company": N_("company"),
        "judgement": N_("our judgement"),
        "buying": N_("what it buys"),
        "terms": N_("credit and terms"),
        "personal": N_("personal"),
        "family": N_("family"),
        "character": N_("character"),
    }
)
BUSINESS_ROLES: tuple[Choice, ...] = (
    Choice("end_user", N_("end user"), ("最终用户", "終端用戶", "终端用户", "最終用戶", "用户", "用戶")),
    Choice("distributor", N_("distributor"), ("经销商", "經銷商", "代理商", "代理", "dealer", "agent")),
    Choice("wholesaler", N_("wholesaler"), ("批发商", "批發商", "批发", "批發")),
)
ROLES: tuple[Choice, ...] = (
    Choice("decision_maker", N_("decision maker"), ("决策者", "決策者", "决策人", "決策人", "拍板人")),
    Choice("influencer", N_("influencer"), ("影响者", "影響者", "影响人")),
    Choice("user", N_("user"), ("使用者", "用户", "用戶")),
    Choice("gatekeeper", N_("gatekeeper"), ("把关者", "把關者", "守门人", "守門人")),
    Choice("champion", N_("champion"), ("支持者", "内线", "內線", "教练", "教練", "coach")),
    Choice("finance", N_("finance"), ("财务", "財務")),
)
POINTS: tuple[Choice, ...] = tuple(Choice(str(n), str(n)) for n in range(1, 6))
"""What is judged by hand: 1 is least, 5 most (DOMAIN §3)."""
CHANNELS: tuple[Choice, ...] = (
    Choice("call", N_("call"), ("电话", "電話", "phone")),
    Choice("visit", N_("visit"), ("拜访", "拜訪", "上门", "上門")),
    Choice("meeting", N_("meeting"), ("会议", "會議", "见面", "見面")),
    Choice("mail", N_("mail"), ("邮件", "郵件", "email", "e-mail")),
    Choice("wechat", N_("WeChat"), ("微信", "企微", "企业微信", "企業微信")),
    Choice("sms", N_("SMS"), ("短信", "簡訊", "短訊", "text")),
    Choice("other", N_("other"), ("其他", "其它")),
)


class Field(Struct, frozen=True):
    """A field of the profile.

    `kinds`: whose profile it is in. `column`: kept in a column of the customer's row, else in its JSON profile.
    `required_from`: the lowest tier that requires it, as a rank (0 A … 3 D); None for never.
    `partial`: a date of which a part may be unknown. `sensitive`: shown and exported only with that right.
    """

    identifier: str
    label: str
    section: str
    type: Type = "text"
    kinds: tuple[Kind, ...] = ("organization", "person")
    required_from: int | None = None
    choices: tuple[Choice, ...] = ()
    sensitive: bool = False
    partial: bool = False
    column: bool = False

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return _(self.label)


CUSTOM = "x."
"""What stands before the name of a field of one's own where a field is named: `x.Route`. It is kept without it."""

_A, _B, _C, _D = 0, 1, 2, 3


def _column(identifier: str, label: str, section: str, required_from: int | None = None) -> Field:
    return Field(identifier, label, section, required_from=required_from, column=True)


def _organization(
    identifier: str, label: str, section: str, kind: Type = "text", required_from: int | None = None
) -> Field:
    return Field(identifier, label, section, kind, ("organization",), required_from)


def _person(
    identifier: str,
    label: str,
    section: str,
    kind: Type = "text",
    required_from: int | None = None,
    *,
    sensitive: bool = False,
) -> Field:
    partial = kind == "date" and section != "buying"
    return Field(identifier, label, section, kind, ("person",), required_from, sensitive=sensitive, partial=partial)


_COMMON: tuple[Field, ...] = (
    _column("name", N_("name"), "identity", _D),
    _column("phone", N_("phone"), "reach", _D),
    _column("email", N_("email"), "reach", _B),
    _column("wechat", N_("WeChat"), "reach"),
    Field("wecom", N_("added on WeCom"), "reach", "yes_no"),
    _column("address", N_("address"), "reach", _B),
    _column("website", N_("website"), "reach"),
    _column("region", N_("region"), "standing", _C),
    _column("industry", N_("industry"), "standing", _C),
    _column("source", N_("source"), "standing", _D),
    Field(
        "business_role",
        N_("business role"),
        "standing",
        "choice",
        required_from=_B,
        choices=BUSINESS_ROLES,
        column=True,
    ),
    _column("referred_by", N_("referred by"), "standing"),
    _column("parent", N_("parent"), "standing"),
    Field("influence", N_("influence"), "judgement", "choice", choices=POINTS, column=True),
    Field("closing", N_("closing potential"), "judgement", "choice", choices=POINTS, column=True),
    _column("tax_number", N_("tax number"), "identity"),
)
_ORGANIZATION: tuple[Field, ...] = (
    _organization("founded", N_("founded"), "company", "year"),
    _organization("legal_form", N_("legal form"), "company"),
    _organization("legal_representative", N_("legal representative"), "company", "text", _A),
    _organization("headcount", N_("headcount"), "company", "number", _B),
    _organization("assets", N_("assets"), "company", "money"),
    _organization("revenue", N_("revenue"), "company", "money", _A),
    _organization("service_area", N_("service area"), "company"),
    _organization("sales_ability", N_("sales ability"), "judgement", "long_text"),
    _organization("potential", N_("potential"), "judgement", "long_text", _A),
    _organization("management_style", N_("management style"), "judgement", "long_text"),
    _organization("business_direction", N_("business direction"), "judgement", "long_text"),
    _organization("finances", N_("finances"), "judgement", "long_text"),
    _organization("competitor_standing", N_("standing with competitors"), "judgement", "long_text", _A),
    _organization("attitude", N_("attitude to us"), "judgement", "long_text", _A),
    _organization("buys_what", N_("buys what"), "buying", "list", _B),
    _organization("buys_when", N_("buys when"), "buying", "text", _A),
    _organization("buys_how_much", N_("buys how much"), "buying", "text", _A),
    _organization("problems", N_("problems"), "judgement", "long_text"),
    _organization("remedies", N_("what to do"), "judgement", "long_text"),
    _organization("credit", N_("credit"), "terms"),
    _organization("terms", N_("terms"), "terms", "text", _A),
    _organization("suggestions", N_("suggestions"), "terms", "long_text"),
)
_PERSON: tuple[Field, ...] = (
    _person("company", N_("company"), "identity", "text", _C),
    _person("title", N_("title"), "identity", "text", _B),
    _person("birthday", N_("birthday"), "personal", "date", _A),
    _person("native_place", N_("native place"), "personal"),
    _person("home", N_("home"), "personal"),
    _person("education", N_("education"), "personal"),
    _person("career", N_("career"), "personal", "long_text", _A),
    _person("pride", N_("present pride"), "personal", "long_text"),
    _person("known_by", N_("who of us knows them"), "personal", "list", _A),
    _person("spouse", N_("spouse"), "family"),
    _person("spouse_birthday", N_("spouse's birthday"), "family", "date"),
    _person("wedding_day", N_("wedding day"), "family", "date"),
    _person("children", N_("children"), "family", "list", sensitive=True),
    _person("likes", N_("likes"), "character", "list", _A),
    _person("taboos", N_("taboos"), "character", "list", _A),
    _person("religion", N_("religion"), "character", sensitive=True),
    _person("health", N_("health"), "character", "long_text", sensitive=True),
    _person("strengths", N_("strengths"), "character", "list"),
    _person("reading", N_("reading"), "character", "list"),
    _person("character", N_("character"), "character", "long_text"),
    _person("last_purchase", N_("last purchase"), "buying", "date"),
    _person("purchase_amount", N_("purchase amount"), "buying", "money", _A),
    _person("purchase_frequency", N_("purchase frequency"), "buying", "text", _A),
)
FIELDS: tuple[Field, ...] = (*_COMMON, *_ORGANIZATION, *_PERSON)
FIELD: Mapping[str, Field] = MappingProxyType({f.identifier: f for f in FIELDS})
COLUMNS: tuple[str, ...] = tuple(f.identifier for f in FIELDS if f.column)

# What completeness misses at an organization that has nobody to call; not a field that can be filled in.
CONTACT = Field("contact", N_("a contact with a role"), "reach", kinds=("organization",), required_from=_B)
