from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.formats.headings import FIELDS, SKIP, is_total_row, kind_of, match, stage_of


def test_the_columns_of_a_sales_pipeline_are_understood_without_being_told() -> None:
    headings = ["account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of"]
    fields = ("name", "industry", "founded", "revenue", "headcount", "region", "parent")
    assert match(headings).fields == fields


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        ("AccountName BillingStreet BillingCity AnnualRevenue NumberOfEmployees Website", "name address region revenue"
         " headcount website"),
        ("Company name|Phone Number|Company owner|Lifecycle Stage|State/Region|Website URL|Create Date",
         "name phone owner stage region website created"),
        ("Organization - Name|Person - Name|Person - Phone - Work|Label", "name contact None tags"),
        ("Name|Organization 1 - Name|Organization 1 - Title|E-mail 1 - Value|Phone 1 - Value|Phone 2 - Value",
         "contact name contact_title email phone phone2"),
        ("Company|Job Title|E-mail Address|Business Phone|Mobile Phone|Business Street|Business City|Web Page|Notes",
         "name contact_title email phone phone2 address region website note"),
    ],
)  # fmt: skip
def test_the_exports_of_others_are_understood(headings: str, fields: str) -> None:
    found = headings.split("|") if "|" in headings else headings.split()
    assert match(found).fields == tuple(None if field == "None" else field for field in fields.split())


@pytest.mark.parametrize(
    ("field", "headings"),
    [
        ("name", "Company Name|客户名称|客戶名稱|公司名稱|单位|姓名|*客户名称"),
        ("kind", "kind|客户类型|客戶類型"),
        ("stage", "Stage|客户阶段|客戶階段|Deal Stage|意向度"),
        ("tier", "tier|客户等级|客戶等級|级别"),
        ("owner", "Owner|负责人|負責人|业务员|業務員|销售"),
        ("pool", "pool|公海"),
        ("phone", "Phone|手机|手機號碼|電話|聯絡電話|联系电话|Tel.|Mobile Phone|电话(必填)|电话1|電話（公司）"),
        ("email", "E-mail|邮箱|電子郵件|電子信箱|Email Address"),
        ("wechat", "WeChat|微信号|微信號"),
        ("region", "office_location|City|省份|地区|地區|所在城市"),
        ("industry", "Sector|行业|產業|所属行业"),
        ("source", "Lead Source|来源|來源|客户来源"),
        ("address", "Address|地址|公司地址"),
        ("website", "Website|网址|網址|官网"),
        ("founded", "year_established|成立时间|成立時間"),
        ("revenue", "Annual Revenue|营业额|營業額|年營收"),
        ("headcount", "Employees|员工数|員工人數|Number of Employees"),
        ("parent", "subsidiary_of|母公司|上级公司"),
        ("contact", "Contact Name|联系人|聯絡人|聯繫人"),
        ("contact_title", "Title|职务|職務|職稱|Job Title"),
        ("tags", "Tags|标签|標籤"),
        ("note", "Notes|备注|備註|Remarks"),
        ("next_follow_up", "Next Follow-Up|下次跟进|下次跟進時間|next_follow_up"),
        ("last_contact", "Last Contact|最近联系|上次跟进|最後聯絡時間|last_contact"),
        ("created", "Created At|创建时间|創建時間|建檔日期"),
        ("tax_number", "Tax ID|税号|統一編號|统一社会信用代码"),
        ("business_role", "Business Role|业务角色|業務角色"),
        ("referred_by", "Referred By|介绍人|介紹人|推薦人"),
        ("id", "ID|客户ID"),
    ],
)
def test_headings_in_three_languages(field: str, headings: str) -> None:
    found = {heading: match([heading]).fields[0] for heading in headings.split("|")}
    assert found == dict.fromkeys(found, field)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_its_own_heading(field: str) -> None:
    assert match([field]).fields == (field,)


@pytest.mark.parametrize("heading", ["sales_agent", "编号", "忌讳", "", "x", "名", "Opportunity"])
def test_an_unknown_heading_stays_its_own(heading: str) -> None:
    assert match([heading]).fields == (None,)


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (["手机", "电话", "传真"], ("phone", "phone2", None)),
        (["电话1", "电话2", "电话3"], ("phone", "phone2", None)),
        (["公司名称", "姓名", "职务"], ("name", "contact", "contact_title")),
        (["Name", "Company"], ("contact", "name")),
        (["姓名", "手机"], ("name", "phone")),
        (["姓名", "联系人", "公司"], (None, "contact", "name")),
        (["城市", "地区"], (None, "region")),
        (["备注", "备注"], ("note", None)),
        (["公司", "客户名称"], (None, "name")),
    ],
)
def test_two_columns_for_one_field(headings: list[str], fields: tuple[str | None, ...]) -> None:
    assert match(headings).fields == fields


some_headings = st.sampled_from(["手机", "电话", "name", "公司", "姓名", "x", "", "x 2", "备注", "id"])


@given(st.lists(some_headings | st.text(max_size=8), max_size=12))
def test_no_column_is_dropped_and_no_field_filled_twice(headings: list[str]) -> None:
    mapping = match(headings)
    fields = [field for field in mapping.fields if field]
    names = [name for _column, name in mapping.custom]
    assert len(set(fields)) == len(fields)
    assert len(set(names)) == len(names)
    assert len(fields) + len(names) == len(headings)


def test_a_mapping_is_changed_by_hand() -> None:
    mapping = match(["公司", "怪", "电话", "备注"]).remap([("怪", "note"), ("电话", SKIP), ("备注", "")])
    assert mapping.fields == ("name", "note", SKIP, None)
    assert mapping.custom == ((3, "备注"),)
    assert mapping.column("note") == 1
    assert mapping.column("phone") is None


@pytest.mark.parametrize(
    ("pair", "complaint"), [(("none", "note"), "the columns are: 公司"), (("公司", "regoin"), "did you mean region")]
)
def test_a_mapping_by_hand_names_what_there_is(pair: tuple[str, str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        match(["公司"]).remap([pair])


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("actual", "成交|签约|簽約|已成交|老客户|老客戶|won|Closed Won|customer|actual|現實客戶|客户"),
        ("intent", "意向|意向客户|意向客户(60%)|3-意向|interested|Engaging|intent|30%-意向"),
        ("potential", "潜在|潛在客戶|prospecting|lead|potential"),
        ("target", "目标|目標客戶|qualified|target"),
        ("lost", "流失|已流失|lost|Closed-Lost|churned|战败"),
        ("non_customer", "非客户|非客戶|non_customer|无效"),
    ],
)
def test_stages_as_people_call_them(stage: str, words: str) -> None:
    assert {word: stage_of(word) for word in words.split("|")} == dict.fromkeys(words.split("|"), stage)


@pytest.mark.parametrize("text", ["", "x", "A", "3", "阶段"])
def test_these_are_no_stages(text: str) -> None:
    assert stage_of(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("个人", "person"), ("個人型", "person"), ("Person", "person"), ("企业", "organization"),
     ("Company", "organization"), ("x", None)],
)  # fmt: skip
def test_kinds(text: str, kind: str | None) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "cells",
    [["合计", "", "85"], ["總計:", "1,200.5"], ["小 计"], ["", "合计", "1"], ["Total", "5"], ["Grand Total:", "¥5"],
     ["共85家"], ["合计（3家）", "-"], ["总数 85"], ["SUBTOTAL", ""]],
)  # fmt: skip
def test_rows_of_totals(cells: list[str]) -> None:
    assert is_total_row(cells)


@pytest.mark.parametrize(
    "cells",
    [["Total", "Paris"], ["Total", "13812345678"], ["合计科技", ""], [], [""], ["TotalEnergies", "5"], ["华为", "合计"],
     ["共济医院"]],
)  # fmt: skip
def test_rows_that_are_no_totals(cells: list[str]) -> None:
    assert not is_total_row(cells)
