"""`import --as`: the command line of an import of facts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm_tui import cli

ORDERS = "customer,order date,product,amount\nFirma 1,2026-01-02,X,5\nNobody,2026-01-02,X,5\n"


def run(db: Path, *words: str, user: str = "li") -> int:
    return cli.run([*words, "--db", str(db), "--user", user])


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def test_the_counts_are_json_and_the_preview_goes_elsewhere(
    db: Path, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = orders.with_name("bad.csv")
    assert run(db, "import", str(orders), "--as", "orders", "--json", "--errors", str(errors)) == 4
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "kind": "orders", "new": 1, "same": 0, "conflicts": 0, "refused": 1, "totals": 0, "products": 1, "users": 0,
        "orders": 1, "newcomers": 1, "errors": str(errors),
    }  # fmt: skip
    assert "order date → date" in err
    assert 'line 3, Nobody: you hold no customer "Nobody"' in err
    assert run(db, "import", str(orders), "--as", "orders", "--json", "--errors", str(errors)) == 4
    assert json.loads(capsys.readouterr().out)["same"] == 1


def test_a_dry_run_writes_nothing(db: Path, orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(db, "import", str(orders), "--as", "orders", "--dry-run") == 4
    assert "orders: 1 row would be imported" in capsys.readouterr().err
    assert [path.name for path in orders.parent.glob("*.csv")] == ["orders.csv"]


def test_a_table_of_orders_is_no_table_of_customers_unless_one_says_so(
    db: Path, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(db, "import", str(orders)) == 2
    assert f"these look like orders: import {orders} --as orders" in capsys.readouterr().err
    assert run(db, "import", str(orders), "--as", "customers", "--dry-run") == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--as", "orders", "--owner", "me"), "--owner is for customers, not for orders"),
        (("--as", "orders", "--no-dedupe"), "--no-dedupe is for customers, not for orders"),
        (("--as", "customers", "--keep-owners"), "--keep-owners is for facts: give --as too"),
        (("--as", "shoes"), 'table "shoes" is not one of customers, orders'),
        (("--as", "orders", "--map", "product=colour"), 'orders have no field "colour"'),
        (("--as", "payments",), "no column holds"),
    ],
)
def test_what_does_not_go_together_is_said(
    db: Path, orders: Path, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    orders.write_text(ORDERS.replace("amount", "sum"))
    assert run(db, "import", str(orders), *options) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("locale", "day"), [("en_US.UTF-8", "2026-03-04"), ("de_DE.UTF-8", "2026-04-03")])
def test_what_no_cell_decides_is_as_the_locale_writes_it(
    db: Path, orders: Path, locale: str, day: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    orders.write_text(ORDERS.replace("2026-01-02", "03/04/2026"))
    run(db, "import", str(orders), "--as", "orders", "--dry-run")
    assert f"order date: 03/04/2026 is taken for {day}" in capsys.readouterr().err


def test_what_is_proposed_is_said_to_people_alone(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(db, "product", "add", "X", user="zhao") == 0
    for flags, said in (((), True), (("--quiet",), False), (("--json",), False)):
        capsys.readouterr()
        assert run(db, "order", "add", "X", "1", "1", "--amount", "5", *flags) == 0
        assert ("proposed: crm-tui stage actual 1" in capsys.readouterr().err) is said
