"""What the columns of a table of facts mean: orders, payments, receivables, products, wallets, deals,
interactions, follow-ups.

Each kind has its own fields. A column that means none of them is left out and said to be; no field is filled from two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from crm_tui.formats import headings
from crm_tui.formats.headings import plain

_CUSTOMER = {
    "customer": """
        customer, customer name, account, account name, company, company name, client, client name,
        organization, organisation, buyer, 客户, 客户名称, 客户名, 客户公司, 公司, 公司名称, 企业名称, 单位,
        单位名称, 购买方, 买方, 购方名称, 付款方, 付款单位, 付款人
    """,
    "id": "id, customer id, crm id, 客户id",
    "code": """
        code, customer code, customer no, customer number, account code, account number, account no, tax number,
        tax id, vat number, 编号, 客户编号, 客户编码, 客户代码, 客户号, 税号, 纳税人识别号, 统一社会信用代码,
        统一编号
    """,
    "phone": "phone, mobile, telephone, customer phone, phone number, 手机, 手机号, 电话, 联系电话, 客户电话, 客户手机",
}
_NOTE = {"note": "note, notes, remark, remarks, comment, memo, 备注, 说明, 备注信息, 摘要, 附言"}

_FIELDS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        **_CUSTOMER,
        "date": """
            order date, ordered on, ordered, date, sale date, sales date, purchase date, transaction date,
            invoice date, 下单日期, 订单日期, 下单时间, 订单时间, 成交日期, 成交时间, 购买日期, 销售日期, 交易日期,
            签约日期, 开单日期, 出货日期, 发货日期, 日期, 时间
        """,
        "number": """
            number, order number, order no, order id, order, invoice number, invoice no, 订单号, 订单编号, 单号,
            销售单号, 订货单号, 合同编号, 合同号, 单据编号, 单据号
        """,
        "product": """
            product, product name, item, item name, sku, goods, article, 产品, 产品名称, 商品, 商品名称, 品名, 货品,
            货品名称, 物料名称, 型号, 产品型号
        """,
        "category": """
            category, product category, series, product series, product line, 品类, 产品类别, 类别, 产品分类,
            商品类别, 产品系列, 系列, 分类, 产品线
        """,
        "quantity": "quantity, qty, units, count, pieces, 数量, 购买数量, 订购数量, 销售数量, 件数, 订单数量",
        "price": "price, unit price, sales price, selling price, 单价, 销售单价, 成交单价, 价格, 售价",
        "amount": """
            amount, total, line total, total amount, order amount, sales amount, sales, net amount, value, revenue,
            subtotal, 金额, 总金额, 销售额, 销售金额, 订单金额, 成交金额, 总价, 小计, 合计, 价税合计, 应收金额, 总额
        """,
        "cost": "cost, total cost, line cost, cost amount, cogs, 成本, 总成本, 成本金额, 成本总额, 成本合计",
        "unit_cost": "unit cost, cost price, cost per unit, 单位成本, 成本单价, 成本价, 进价, 进货价",
        **_NOTE,
    },
    "payments": {
        **_CUSTOMER,
        "date": """
            payment date, paid on, date paid, paid, received on, receipt date, date received, date, 回款日期,
            收款日期, 付款日期, 到账日期, 到账时间, 回款时间, 收款时间, 付款时间, 支付日期, 入账日期, 日期
        """,
        "number": """
            number, payment number, payment no, payment id, receipt number, receipt no, reference, transaction id,
            回款单号, 收款单号, 回款编号, 付款单号, 流水号, 交易流水号, 凭证号, 单号, 单据编号
        """,
        "amount": """
            amount, payment amount, amount paid, paid amount, received, amount received, payment, total, 回款金额,
            收款金额, 到账金额, 付款金额, 支付金额, 实收金额, 回款额, 金额, 实收, 回款
        """,
        "receivable": """
            receivable, receivable number, receivable no, invoice, invoice number, invoice no, 应收单号, 应收编号,
            发票号, 发票号码, 对应应收, 应收款编号, 账单号, 应收
        """,
        **_NOTE,
    },
    "receivables": {
        **_CUSTOMER,
        "date": """
            due date, due on, due, date due, payment due, payment due date, maturity, 到期日, 到期日期, 应收日期,
            应收款日期, 应付日期, 付款期限, 到期时间, 应回款日期, 计划回款日期, 约定付款日期
        """,
        "number": """
            number, receivable number, receivable no, receivable, invoice, invoice number, invoice no, 应收单号,
            应收编号, 发票号, 发票号码, 账单号, 单号, 单据编号
        """,
        "amount": """
            amount, receivable amount, amount due, due amount, invoice amount, balance, total, 应收, 应收金额,
            应收款, 应收账款, 应回款金额, 计划回款金额, 发票金额, 开票金额, 金额
        """,
        "order": "order number, order, order no, order id, 订单号, 订单编号, 销售单号, 合同编号, 合同号",
        **_NOTE,
    },
    "products": {
        "product": """
            product, name, product name, item, item name, sku, goods, article, 产品, 产品名称, 商品, 商品名称, 品名,
            名称, 货品, 货品名称, 型号, 产品型号
        """,
        "category": """
            category, series, product category, product series, product line, type, 品类, 类别, 产品类别, 产品分类,
            商品类别, 系列, 产品系列, 分类, 产品线
        """,
        "price": "price, sales price, list price, unit price, 价格, 单价, 售价, 销售价格, 销售单价, 标准价格, 目录价",
        "cost": "cost, unit cost, cost price, 成本, 单位成本, 成本价, 成本单价, 进价, 进货价",
    },
    "wallet": {
        **_CUSTOMER,
        "category": "category, product category, product line, 品类, 类别, 产品类别, 产品分类, 分类, 产品线",
        "period": "period, year, quarter, month, fiscal year, 期间, 年度, 年份, 年, 季度, 月份, 周期",
        "from": "from, from date, start, start date, period start, 开始日期, 起始日期, 起, 开始, 从",
        "to": "to, until, to date, end, end date, period end, 结束日期, 截止日期, 止, 结束, 至",
        "total": """
            total, wallet, total purchases, total spend, spend, budget, amount, estimate, wallet size, 总采购额,
            采购总额, 采购额, 钱包, 总额, 总需求, 预算, 采购预算, 年采购额, 金额, 市场容量
        """,
        "source": "source, source of estimate, basis, 来源, 信息来源, 依据, 估算依据",
        "confidence": "confidence, certainty, reliability, 可信度, 置信度, 把握, 可靠性",
        "competitors": "competitors, competitor, competition, suppliers, 竞争对手, 竞品, 竞争者, 友商, 其他供应商",
    },
    "deals": {
        **_CUSTOMER,
        "number": """
            opportunity id, deal id, deal number, deal no, opportunity number, opportunity, number, 商机编号,
            机会编号, 商机号, 编号, 项目编号, 商机id
        """,
        "agent": """
            sales agent, agent, owner, deal owner, opportunity owner, sales rep, salesperson, rep, 负责人, 销售,
            销售员, 业务员, 销售代表, 商机负责人, 销售人员
        """,
        "product": "product, product name, item, 产品, 产品名称, 商品, 意向产品, 商品名称, 产品型号",
        "stage": """
            deal stage, stage, opportunity stage, sales stage, status, result, deal status, 商机阶段, 阶段,
            销售阶段, 状态, 结果, 商机状态, 赢单状态
        """,
        "opened": """
            engage date, opened, opened on, open date, created, created on, created date, start date, 创建日期,
            创建时间, 开始日期, 发现日期, 商机日期, 立项日期
        """,
        "closed": """
            close date, closed on, closed, closed date, won on, date closed, 成交日期, 关闭日期, 结束日期, 结单日期,
            赢单日期, 成交时间
        """,
        "expected": """
            expected close, expected on, expected close date, expected, 预计成交日期, 预计签约日期, 预计成交时间
        """,
        "amount": """
            close value, amount, value, deal value, expected amount, deal amount, opportunity amount, 金额,
            商机金额, 预计金额, 成交金额, 预计销售金额
        """,
        "competitor": "competitor, competitors, 竞争对手, 竞品",
        "reason": "reason, lost reason, loss reason, 原因, 输单原因, 丢单原因",
        **_NOTE,
    },
    "interactions": {
        **_CUSTOMER,
        "date": """
            date, interaction date, contact date, contacted on, logged on, activity date, call date, visit date, when,
            跟进时间, 跟进日期, 联系时间, 联系日期, 拜访时间, 拜访日期, 沟通时间, 沟通日期, 记录时间, 日期, 時間
        """,
        "time": "time, interaction time, 时间, 时刻, 几点",
        "author": """
            author, by, user, owner, logged by, rep, sales rep, salesperson, who, 跟进人, 记录人, 联系人员, 拜访人,
            业务员, 销售, 销售员, 负责人, 跟进人员, 创建人
        """,
        "channel": """
            channel, type, activity type, interaction type, method, via, 跟进方式, 联系方式, 跟进类型, 沟通方式, 方式,
            类型, 渠道, 拜访方式
        """,
        "connected": "connected, reached, answered, 是否接通, 接通, 接通状态, 是否联系上, 是否有效",
        "contact": "contact, contact name, contact person, spoke to, 联系人, 联系人姓名, 对接人, 拜访对象, 沟通对象",
        "outcome": "outcome, result, status, 结果, 跟进结果, 沟通结果, 跟进状态",
        "note": """
            note, notes, what was said, description, content, summary, details, comment, remarks, 跟进记录, 跟进内容,
            沟通内容, 联系内容, 内容, 记录, 备注, 说明, 沟通记录, 拜访记录, 拜访内容
        """,
    },
    "follow-ups": {
        **_CUSTOMER,
        "date": """
            next follow-up, next follow up, follow-up date, follow up date, due, due date, due on, next date, date,
            next, 下次跟进, 下次跟进时间, 下次跟进日期, 下次联系时间, 下次联系日期, 下次联系, 计划跟进时间, 待办日期,
            待办时间, 日期, 计划日期
        """,
        "time": "time, due time, 时间, 时刻",
        "purpose": """
            purpose, what, task, subject, title, note, notes, todo, description, 目的, 跟进目的, 待办, 待办事项, 事项,
            内容, 跟进内容, 跟进计划, 计划, 备注
        """,
        "for": """
            for, for whom, assignee, assigned to, owner, user, rep, who, 跟进人, 负责人, 执行人, 业务员, 销售, 处理人
        """,
    },
}

KINDS: tuple[str, ...] = tuple(_FIELDS)
"""What a table may hold beside customers."""

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType({kind: tuple(known) for kind, known in _FIELDS.items()})
"""The fields of each kind, by which `--map` and `--set` name them."""

_BY_HEADING = {
    kind: {
        plain(heading): (field, rank)
        for field, known in reversed(list(fields.items()))
        for rank, heading in reversed(list(enumerate(known.split(","))))
    }
    | {plain(field): (field, 0) for field in fields}
    for kind, fields in _FIELDS.items()
}


_PAPERS = ("receivables", "payments")


_TIMES = frozenset(map(plain, ("时间", "時間")))
"""Headings that mean the date, unless another column holds it: then the time of day."""


def field_of(kind: str, text: str) -> str | None:
    """The field of that kind which the text means as a heading; None for none."""
    hit = _BY_HEADING[kind].get(plain(text))
    return hit[0] if hit else None


def match(kind: str, found: Sequence[str]) -> tuple[str, ...]:
    """The field of each column, "" for one that is left out; of two columns for a field the better heading has it."""
    hits = [_BY_HEADING[kind].get(plain(heading)) for heading in found]
    fields = [""] * len(found)
    for __, column in sorted((hit[1], column) for column, hit in enumerate(hits) if hit):
        hit = hits[column]
        if hit and hit[0] not in fields:
            fields[column] = hit[0]
    if "time" in FIELDS[kind] and "time" not in fields:  # of two columns of days the one called a time, 時間, has it
        spare = [n for n, heading in enumerate(found) if not fields[n] and plain(heading) in _TIMES]
        for column in spare[:1]:
            fields[column] = "time"
    if kind in _PAPERS and "customer" in fields and "number" not in fields and "编号" in found:
        fields[list(found).index("编号")] = "number"  # beside a name it numbers the paper, not the customer
    return tuple(fields)


# What a table must have, and by which headings it shows that it holds these: others have dates and amounts too.
_TELLING = {
    "deals": ("opportunityid", "dealid", "dealstage", "商机编号", "商机阶段", "closevalue", "salesagent"),
    "wallet": ("wallet", "钱包", "总采购额", "采购总额", "年采购额", "walletsize"),
    "receivables": ("duedate", "到期日", "到期日期", "应收金额", "应收日期", "应收", "amountdue"),
    "payments": ("paymentdate", "回款日期", "收款日期", "到账日期", "回款金额", "收款金额", "paidon", "amountpaid"),
    "orders": (
        "orderdate", "下单日期", "订单日期", "订单号", "ordernumber", "orderno", "订单金额", "quantity", "数量", "qty",
    ),
    "interactions": (
        "跟进记录", "跟进内容", "跟进方式", "沟通内容", "interactiondate", "activitytype", "沟通记录", "沟通方式",
        "记录人", "拜访记录", "拜访内容", "拜访日期", "拜访方式", "visitdate", "calldate",
    ),
    "follow-ups": ("下次跟进", "下次跟进时间", "下次跟进日期", "nextfollowup", "followupdate", "待办事项"),
    "products": ("salesprice", "listprice", "product", "productname", "产品", "产品名称", "商品名称"),
}
_NEEDED = {
    "deals": ("stage", "customer"), "wallet": ("customer", "total"), "receivables": ("customer", "date", "amount"),
    "payments": ("customer", "date", "amount"), "orders": ("customer", "date", "product"),
    "products": ("product", "price"), "interactions": ("customer", "date", "note"),
    "follow-ups": ("customer", "date", "purpose"),
}  # fmt: skip
_TOLD_BESIDE = frozenset(("stage", "tier", "source"))
"""What a list of customers says, also one that tells of the last and the next contact."""

_OF_CUSTOMERS = frozenset(
    ("phone", "phone2", "email", "wechat", "region", "industry", "address", "website", "contact", "contact_title")
)


def kind_of_table(found: Sequence[str]) -> str | None:
    """What the headings say clearly that the table holds; None for customers, and where they do not say.

    Columns that only customers have (ways to reach them, region, industry) speak against all others.
    """
    of_customers = {field for field in headings.match(found).fields if field}
    if len(_OF_CUSTOMERS & of_customers) > 1:
        return None
    names = {plain(heading) for heading in found}
    for kind, telling in _TELLING.items():
        fields = match(kind, found)
        if names.intersection(telling) and all(field in fields for field in _NEEDED[kind]):
            if kind == "products" and "customer" in match("orders", found):
                continue
            if kind in ("interactions", "follow-ups") and _TOLD_BESIDE & of_customers:
                continue
            return kind
    return None
