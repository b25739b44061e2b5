"""The inspector in a real Chromium: a click on a seller, an auction, a buyer shows what was chosen."""

import re


def numbers(page):
    """The auction that is looked at, and the buyer of the lie's picture."""
    which = page.page.locator(".choosing .looked-at").first.inner_text()
    whose = page.page.locator(".panel-lie .caption").inner_text()
    return int(re.search(r"\d+", which)[0]), int(re.search(r"\d+", whose)[0])


def settles(page, auction=None, buyer=None):
    """Wait until this auction, or this buyer, is looked at."""
    if auction is not None:
        page.page.locator(".choosing .looked-at", has_text=f"auction {auction}").first.wait_for()
    if buyer is not None:
        page.page.locator(".panel-lie .caption", has_text=f"buyer {buyer} ").wait_for()


def test_a_seller_an_auction_and_a_buyer_are_chosen_by_clicks(window):
    page = window()
    for _ in range(4):
        page.step()
    page.choose("seller", "3: ascending clock")
    page.page.locator(".auction-told", has_text="ascending clock").wait_for()
    latest, _ = numbers(page)
    assert latest % 6 == 3
    page.page.locator(".choosing .earlier").first.click()
    settles(page, auction=latest - 6)

    row = page.page.locator(".panel-conversation tr[data-choose]").nth(1)
    buyer = int(row.get_attribute("data-choose"))
    row.click()
    settles(page, latest - 6, buyer)
    assert "chosen" in page.page.locator(f"tr[data-choose='{buyer}']").get_attribute("class")
    assert page.page.locator(".lie-picture svg .line.s0").count() == 1
    assert f"buyer {buyer} " in page.page.locator(".lesson").inner_text()

    page.step()
    assert numbers(page) == (latest - 6, buyer)  # what is chosen stays while the market goes on
    third = page.page.locator(".panel-conversation tr[data-choose]").first
    third.focus()
    third.press("Enter")
    settles(page, buyer=third.get_attribute("data-choose"))
    page.page.get_by_role("button", name="the latest").click()
    page.page.wait_for_function(
        "was => !document.querySelector('.choosing .looked-at').innerText.endsWith(` ${was}`)", arg=latest - 6
    )
    assert page.wrong == []
