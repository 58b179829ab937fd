"""What a collaborator is there for, and what a collaborator may do: the closed lists of DOMAIN §8."""

from __future__ import annotations

from crm_tui.domain.language import N_
from crm_tui.domain.stages import Choice

FUNCTIONS: tuple[Choice, ...] = (
    Choice("engineer", N_("engineer"), ("工程师", "工程師", "技术", "技術", "售前")),
    Choice("executive", N_("executive"), ("高管", "领导", "領導", "主管")),
    Choice("service", N_("service"), ("客服", "售后", "售後", "服务", "服務")),
)
ACCESS: tuple[Choice, ...] = (
    Choice("read", N_("read"), ("只读", "唯讀", "查看", "看")),
    Choice("edit", N_("edit"), ("编辑", "編輯", "修改", "改")),
)
