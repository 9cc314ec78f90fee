"""The same notebook in JupyterLab."""

import re


def test_issue_credit_in_lab(new_page, lab):
    """Run All shows the form; a credit goes from preview to undo."""
    page = new_page()
    page.goto(lab.address.replace("home.ipynb", "credits.ipynb"))
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=90_000)
    page.get_by_text(re.compile(r"\| Idle")).first.wait_for(timeout=90_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(".co-form").first.wait_for(timeout=90_000)
    page.get_by_role("combobox", name="Client").click()
    page.keyboard.type("Lovelace")
    page.get_by_role("option").filter(has_text="Lovelace").first.click()
    page.get_by_label("Amount").fill("25")
    page.get_by_label("Description").fill("dd jj from Lab")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("heading", name="Preview: Issue credit").wait_for()
    page.get_by_role("button", name="Confirm: Issue credit").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=re.compile("Undone by operation")).wait_for()
    assert page.locator(".jp-Notebook .jp-Cell").count() >= 3
