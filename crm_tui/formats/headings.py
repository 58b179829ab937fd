"""What the columns of a table mean: headings and values in English, 简体 and 繁體 matched to the names of DOMAIN.md.

A column that is not understood keeps its own heading; no column is dropped, and no field is filled from two.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import Kind
from crm_tui.domain.text import fold

#: What `Mapping.remap` takes for a column that is to be left out.
SKIP = "skip"

# Field: its headings, the best first; where two columns claim a field the better heading has it.
_SYNONYMS = {
    "name": """
        name, customer name, account name, company name, organization name, organisation name, account,
        company, customer, organization, organisation, client, client name, business name, firm, 客户名称,
        公司名称, 企业名称, 单位名称, 客户名, 公司名, 客户, 公司, 单位, 企业, 名称, 客户全称, 公司全称,
        组织名称, 客户姓名, 姓名, 名字, full name, 商户名称, 店名, 门店名称, 厂商, 客户公司, 公司单位,
        organization 1 name
    """,
    "kind": """
        kind, customer kind, customer type, account type, 客户类型, 客户性质, 客户种类, 客户类别, 类型,
        type, 性质
    """,
    "stage": """
        stage, customer stage, sales stage, deal stage, lifecycle stage, lead status, customer status,
        account status, 客户阶段, 阶段, 销售阶段, 意向度, 客户状态, 跟进阶段, 跟进状态, 成交状态, 状态,
        status
    """,
    "tier": """
        tier, grade, customer tier, customer grade, customer level, rating, 等级, 客户等级, 客户级别, 级别,
        意向等级, 分级, 客户分级, 评级, 重要程度
    """,
    "owner": """
        owner, account owner, owner name, sales rep, salesperson, sales owner, account manager, assigned to,
        rep, 负责人, 客户负责人, 销售负责人, 业务员, 销售员, 销售, 销售人员, 所属销售, 归属人, 跟进人,
        客户经理, 销售代表, 所有人, 所属人, 销售顾问, 业务负责人, company owner, contact owner, lead owner,
        record owner, hubspot owner
    """,
    "pool": "pool, public pool, 公海, 所属公海, 公海池",
    "phone": """
        mobile, phone, mobile phone, cell phone, cell, phone number, mobile number, telephone, tel,
        telephone number, contact phone, contact number, work phone, 手机, 手机号, 手机号码, 电话, 联系电话,
        电话号码, 联系手机, 联系方式, 联系号码, 移动电话, 行动电话, 公司电话, 办公电话, 固定电话, 座机,
        固话, 市话, 客户电话, 客户手机, 联系人电话, 联系人手机, 手提电话, business phone, primary phone,
        company phone, main phone, phone 1 value, phone 2 value
    """,
    "email": """
        email, e-mail, mail, email address, 邮箱, 电子邮箱, 邮件, 电子邮件, 邮箱地址, 电邮, 电子信箱, 信箱,
        联系邮箱, 邮件地址, primary email, work email, business email, e-mail 1 value
    """,
    "wechat": "wechat, wechat id, weixin, wx, 微信, 微信号, 微信id, 微信账号",
    "region": """
        region, area, territory, office location, location, province, state, city, country, 地区, 区域,
        所在地区, 所属地区, 所在地, 所属区域, 省份, 省, 省市, 城市, 所在城市, 国家, 大区, 县市, billing state,
        billing city, state/region, business city
    """,
    "industry": """
        industry, sector, vertical, line of business, 行业, 所属行业, 客户行业, 行业类别, 行业分类,
        所在行业, 产业, 业别
    """,
    "source": """
        source, lead source, customer source, channel, origin, 来源, 客户来源, 线索来源, 来源渠道, 获客渠道,
        渠道, 渠道来源
    """,
    "address": """
        address, street address, mailing address, billing address, street, 地址, 公司地址, 详细地址,
        联系地址, 通讯地址, 通信地址, 客户地址, 办公地址, 收货地址, 注册地址, billing street, business street,
        business address, full address, address 1 formatted
    """,
    "website": """
        website, web site, url, web, homepage, home page, domain, 网址, 网站, 官网, 公司网址, 公司网站,
        公司主页, 主页, website url, company domain name, website 1 value, web page
    """,
    "founded": """
        founded, year established, established, year founded, founded year, founding date, date founded,
        成立时间, 成立日期, 成立年份, 创立时间, 创立日期, 创建年份, 注册日期, 注册时间, 成立年
    """,
    "revenue": """
        revenue, annual revenue, turnover, annual turnover, annual sales, 营业额, 年营业额, 年收入, 营收,
        年营收, 营业收入, 年销售额, 年产值
    """,
    "headcount": """
        headcount, employees, number of employees, employee count, no of employees, staff, company size,
        员工数, 员工人数, 人数, 员工数量, 公司人数, 人员规模, 公司规模, 企业规模, 规模
    """,
    "influence": "influence, influence score, 影响力, 客户影响力, 影响力评分",
    "closing": "closing, closing potential, closing score, 成交潜力, 成交可能, 成交可能性",
    "parent": """
        parent, subsidiary of, parent company, parent account, 母公司, 上级公司, 上级单位, 上级客户,
        所属集团, 总公司, 集团
    """,
    "contact": """
        contact, contact name, contact person, primary contact, main contact, 联系人, 联系人姓名,
        主要联系人, 首要联系人, 对接人, 客户联系人, 联络人, 联络窗口, 窗口, person name
    """,
    "contact_title": """
        title, contact title, job title, position, contact role, role, 职务, 职位, 联系人职务, 联系人职位,
        头衔, 职称, 岗位, organization 1 title, organization title
    """,
    "tags": "tags, tag, labels, label, 标签, 客户标签, 标记",
    "note": """
        note, notes, remark, remarks, comment, comments, description, memo, 备注, 说明, 客户备注, 备注信息,
        描述, 备注说明, 客户描述, 附注
    """,
    "next_follow_up": """
        next follow up, follow up date, next contact, next contact date, next step date, next activity,
        follow up, 下次跟进, 下次跟进时间, 下次跟进日期, 下次联系, 下次联系时间, 下次联系日期, 待跟进时间,
        计划跟进时间, 下次回访, 下次拜访, 下次回访时间
    """,
    "last_contact": """
        last contact, last contacted, last contact date, last activity, last follow up, last activity date,
        最近联系, 最近联系时间, 上次跟进, 上次跟进时间, 最后跟进时间, 最近跟进时间, 最近跟进, 最后联系时间,
        最后跟进, 上次联系, 上次联系时间, 最后联系, 最新跟进时间, 最后联系日期, 上次跟进日期
    """,
    "created": """
        created, created at, create date, creation date, date created, created date, created on,
        created time, 创建时间, 创建日期, 录入时间, 录入日期, 建档时间, 建档日期, 登记日期, 添加时间,
        新增日期, 建立日期, 建立时间
    """,
    "tax_number": """
        tax number, tax id, tax no, vat number, vat id, vat, ein, 税号, 纳税人识别号, 统一社会信用代码,
        社会信用代码, 信用代码, 统一编号, 统编, 税务登记号
    """,
    "business_role": "business role, customer role, 业务角色, 经营角色, 客户角色",
    "referred_by": "referred by, referrer, referral, referred from, 介绍人, 推荐人, 转介绍人, 推荐来源",
    "id": "id, customer id, 客户id",
}

#: All fields that a column can be mapped to.
FIELDS = (*(name for name in _SYNONYMS if name != "id"), "phone2", "id")

# Headings that mean a person where another column holds the company.
_PERSONAL = frozenset(("name", "fullname", "姓名", "名字", "客户姓名"))

_SIMPLIFIED = str.maketrans(
    "戶稱單負責聯絡電話機號郵職務業產來區備註標籤級階類別網數額營稅識時間創進訪後記錄繫係關"
    "銷長處歸屬國縣資訊說評權預約總計項團採購經廠點個組織體際聲簽訂戰潛現實規動歷"
    "員統編碼價談贏敗無詢對傳質況態狀顧問獲轉紹薦線場門納會詳細頭銜崗貨發終丟輸復試檔報錢擔當",
    "户称单负责联络电话机号邮职务业产来区备注标签级阶类别网数额营税识时间创进访后记录系系关"
    "销长处归属国县资讯说评权预约总计项团采购经厂点个组织体际声签订战潜现实规动历"
    "员统编码价谈赢败无询对传质况态状顾问获转绍荐线场门纳会详细头衔岗货发终丢输复试档报钱担当",
)
_HINT = re.compile(r"\([^()]*\)|\[[^][]*\]|【[^】]*】|<[^<>]*>|\{[^{}]*\}")
_ORDINAL = re.compile(r"(?<=\D)[1-9]$|[一二三]$")


def plain(text: str) -> str:
    """A heading or value as it is compared: without case, spaces, punctuation and hints in brackets, simplified."""
    folded = fold(text).translate(_SIMPLIFIED).replace("联络", "联系")
    return _letters(_HINT.sub(" ", folded)) or _letters(folded)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


_BY_HEADING = {
    plain(heading): (field, rank)
    for field, headings in reversed(_SYNONYMS.items())
    for rank, heading in reversed(list(enumerate(headings.split(","))))
} | {field.replace("_", ""): (field, 0) for field in FIELDS}


@dataclass(frozen=True)
class Mapping:
    """The columns of a table: `fields[i]` is the field of column i, None for a custom one, SKIP for one left out."""

    headings: tuple[str, ...]
    fields: tuple[str | None, ...]

    def column(self, field: str) -> int | None:
        """The column that holds the field, None if none does."""
        return self.fields.index(field) if field in self.fields else None

    @property
    def custom(self) -> tuple[tuple[int, str], ...]:
        """The columns that stay custom fields, each with its name, which no other column has."""
        names: dict[str, int] = {}
        for column, (heading, field) in enumerate(zip(self.headings, self.fields, strict=True)):
            if field is None:
                wanted = heading.strip() or _("column {number}").format(number=column + 1)
                name, number = wanted, 2
                while name in names:
                    name, number = f"{wanted} {number}", number + 1
                names[name] = column
        return tuple((column, name) for name, column in names.items())

    def remap(self, pairs: Iterable[tuple[str, str]]) -> Mapping:
        """The mapping with columns given by hand: (heading, field), (heading, SKIP), or (heading, "") for custom.

        A column that loses its field becomes custom. UsageError for a heading or a field that there is not.
        """
        fields = list(self.fields)
        for heading, field in pairs:
            column = self._position(heading)
            wanted = _field(field)
            if wanted is not None and wanted != SKIP and wanted in fields:
                fields[fields.index(wanted)] = None
            fields[column] = wanted
        return replace(self, fields=tuple(fields))

    def _position(self, heading: str) -> int:
        if heading in self.headings:
            return self.headings.index(heading)
        names = [plain(name) for name in self.headings]
        if plain(heading) in names:
            return names.index(plain(heading))
        message = _('no column "{heading}"; the columns are: {columns}')
        raise UsageError(message.format(heading=heading, columns=", ".join(self.headings)), heading, 0)


def match(headings: Sequence[str]) -> Mapping:
    """Which field each heading means. Of two columns for one field the better heading has it, else the first.

    A second phone column is `phone2`. Beside a column for the company, 姓名 or "name" is the contact.
    """
    found = [_BY_HEADING.get(key) or _numbered(key) for key in map(plain, headings)]
    found = _people(headings, found)
    fields: list[str | None] = [None] * len(headings)
    order = sorted((rank if field != "phone" else 0, column) for column, (field, rank) in _known(found))
    for _rank, column in order:
        hit = found[column]
        field = hit[0] if hit else None
        if field == "phone" and "phone" in fields:
            field = "phone2"
        fields[column] = None if field in fields else field
    return Mapping(tuple(headings), tuple(fields))


def _known(found: list[tuple[str, int] | None]) -> list[tuple[int, tuple[str, int]]]:
    return [(column, hit) for column, hit in enumerate(found) if hit]


def _numbered(key: str) -> tuple[str, int] | None:
    """The field of a heading with a number at its end (电话2, phone 1), as the last choice among its headings."""
    hit = _BY_HEADING.get(_ORDINAL.sub("", key)) if _ORDINAL.search(key) else None
    return (hit[0], 900) if hit else None


def _people(headings: Sequence[str], found: list[tuple[str, int] | None]) -> list[tuple[str, int] | None]:
    """The fields found, a bare name being the contact's where another column names the company."""
    keys = [plain(heading) for heading in headings]
    named = [column for column, (field, _rank) in _known(found) if field == "name"]
    if all(keys[column] in _PERSONAL for column in named):
        return found
    moved = {column for column in named if keys[column] in _PERSONAL}
    return [("contact", 800) if column in moved else hit for column, hit in enumerate(found)]


def _field(name: str) -> str | None:
    """The field of that name; None for "", which makes the column a custom field."""
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    if not wanted or wanted == SKIP or wanted in FIELDS:
        return wanted or None
    hit = _BY_HEADING.get(plain(name))
    if hit:
        return hit[0]
    near = difflib.get_close_matches(wanted, FIELDS, 1, 0.6)
    hint = _(" (did you mean {near}?)").format(near=near[0]) if near else ""
    raise UsageError(_('no field "{name}"{hint}').format(name=name, hint=hint), name, 0)


_STAGES = {
    "non_customer": """
        non customer, not a customer, unqualified, disqualified, junk, 非客户, 非目标客户, 无效, 无效客户,
        无意向, 无需求
    """,
    "potential": """
        potential, lead, new, new lead, prospect, prospecting, suspect, open, 潜在, 潜在客户, 潜客, 线索,
        新客户, 新增, 未联系, 待跟进, 初步接触, 陌生客户, 准客户
    """,
    "target": """
        target, qualified, qualification, contacted, sql, mql, 目标, 目标客户, 已联系, 跟进中, 需求确认,
        有需求, 合格
    """,
    "intent": """
        intent, interested, engaging, engaged, opportunity, proposal, quote, quoted, negotiation,
        negotiating, hot, 意向, 意向客户, 有意向, 高意向, 强意向, 商机, 报价, 已报价, 谈判, 商务谈判,
        洽谈中, 方案报价, 试用, 试用中
    """,
    "actual": """
        actual, won, closed won, customer, existing customer, active customer, client, signed, active, 现实,
        现实客户, 成交, 已成交, 成交客户, 签约, 已签约, 签约客户, 已签, 老客户, 合作, 合作中, 已合作,
        合作客户, 正式客户, 现有客户, 在用, 赢单, 复购, 复购客户, 已购买, 客户
    """,
    "lost": """
        lost, closed lost, churned, churn, former customer, ex customer, inactive, dead, 流失, 流失客户,
        已流失, 输单, 丢单, 战败, 已丢失, 失败, 终止合作, 停止合作, 停用
    """,
}
_KINDS: dict[Kind, str] = {
    "organization": """
        organization, organisation, org, company, business, corporate, corporation, account, firm,
        enterprise, b2b, 组织, 组织型, 组织客户, 公司, 企业, 企业客户, 单位, 法人, 机构, 公司客户, 法人客户,
        企业型, 团体
    """,
    "person": """
        person, individual, people, private, consumer, b2c, contact, 个人, 个人型, 个人客户, 自然人, 散客,
        个体, 私人
    """,
}
_BY_STAGE = {plain(word): stage for stage, words in _STAGES.items() for word in words.split(",")}
_BY_KIND: dict[str, Kind] = {plain(word): kind for kind, words in _KINDS.items() for word in words.split(",")}
_NUMBERING = re.compile(r"^(?:[0-9]{1,2}%?|[a-f](?=[\u4e00-\u9fff]))[\s.、:\-_)]*|[\s(（]*[0-9]{1,3}\s*%[)）]?\s*$")
_ENDINGS = re.compile("(?:客户|阶段|stage|customer)$")

_TOTAL = re.compile(
    "(?:本页|本月|本年|全部|客户)?(?:合计|小计|总计|共计|累计|总数|总和|汇总)(?:[:：]?\\s*[0-9,.]+)?\\s*[个家户条行笔人]?[:：]?"
    "|共\\s*[0-9]+\\s*[个家户条行笔人]|(?:grand |sub[- ]?)?totals?\\s*:?"
)
_FIGURE = re.compile(r"[¥￥$€£]?\s*[-+(]?[0-9][0-9,.]*\s*[%)]?\s*(?:元|万|万元|个|家|户|条)?|[-—/\\.]+")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def stage_of(text: str) -> str | None:
    """The stage (DOMAIN §2) that the text means: 成交, 签约, 老客户, "Closed Won" are `actual`; None if it is none."""
    return _meaning(text, _BY_STAGE)


def kind_of(text: str) -> Kind | None:
    """The kind of customer that the text means: 个人, 企业, "person", "Company"; None if it is neither."""
    return _BY_KIND.get(plain(text))


def is_total_row(cells: Sequence[str]) -> bool:
    """Whether the row is a total of others (合计, 小计, Total): its first filled cell says so, the rest are figures.

    A company that is called Total has an address, a phone or anything else that is no figure.
    """
    filled = [cell for cell in map(str.strip, cells) if cell]
    if not filled:
        return False
    first = fold(filled[0])
    if len(first) > 30 or not _TOTAL.fullmatch(first.replace(" ", "") if not first.isascii() else first):
        traditional = plain(filled[0])
        if len(traditional) > 20 or not _TOTAL.fullmatch(traditional):
            return False
    return all(_FIGURE.fullmatch(cell) and not _MOBILE.fullmatch(cell) for cell in filled[1:])


def _meaning(text: str, known: dict[str, str]) -> str | None:
    """The meaning of the text, also without a number before it (3-意向) or 客户 after it."""
    if found := known.get(plain(text)):
        return found
    bare = plain(_NUMBERING.sub("", fold(text).strip()))
    return known.get(bare) or known.get(_ENDINGS.sub("", bare)) if bare else None
