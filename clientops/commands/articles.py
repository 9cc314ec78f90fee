"""The knowledgebase on the command line: search it, show an article and its versions, print the tree."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from clientops.commands.apply import Json
from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_json, print_table, told_plainly
from clientops.reports.figures.knowledgebase import read_tree, read_versions, search_articles

app = typer.Typer(
    help="Search and read the knowledgebase; write with: clientops apply add-article.", no_args_is_help=True
)


@app.command("search")
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Words that must all be in title, tags or text.")],
    category: Annotated[int | None, typer.Option("--category", help="Only in this category or below it.")] = None,
    published: Annotated[bool, typer.Option("--published", help="Leave drafts out.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="At most so many.")] = 20,
    as_json: Json = False,
) -> None:
    """Find articles, the best first."""
    shared = context_of(ctx)
    with told_plainly(), shared.book().tables() as tables:
        found = search_articles(tables, " ".join(words), category=category, published_only=published, limit=limit)
    if as_json or shared.as_json:
        print_json(found)
    elif found:
        print_table(("no", "title", "status", "tags", "text"), [(f.id, f.title, f.status, f.tags, f.extract) for f in found])  # fmt: skip
    else:
        console.print("No article has all of these words.")


@app.command("show")
def show_article(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Number of the article.")],
    version: Annotated[int | None, typer.Option("--version", help="An older version.")] = None,
    as_json: Json = False,
) -> None:
    """Show an article, or what it said in an older version, and which versions there are."""
    shared = context_of(ctx)
    with told_plainly(), shared.book().tables() as tables:
        versions = read_versions(tables, number)
    if as_json or shared.as_json:
        print_json(versions)
        return
    chosen = next((v for v in versions if version in (None, v.version)), None)
    if chosen is None:
        known = f"; its versions are {', '.join(str(v.version) for v in versions)}" if versions else ""
        fail(f"There is no article {number}{f' in version {version}' if version else ''}{known}")
    console.print(Text(f"{chosen.title}  (version {chosen.version}, {chosen.status})"), style="bold")
    if chosen.tags:
        console.print(Text(chosen.tags), style="dim")
    console.print(Text(f"\n{chosen.body}\n"))
    print_table(("version", "operation", "operator", "when (UTC)", "why"), [(v.version, v.operation_id, v.operator, v.applied_at, v.reason) for v in versions])  # fmt: skip


@app.command("tree")
def print_tree(ctx: typer.Context, as_json: Json = False) -> None:
    """Print the categories, each below the one above it."""
    shared = context_of(ctx)
    with told_plainly(), shared.book().tables() as tables:
        categories = read_tree(tables)
    if as_json or shared.as_json:
        print_json(categories)
        return
    for category in categories:
        hidden = ", hidden" if category.is_hidden else ""
        console.print(Text(f"{'  ' * category.depth}{category.id} {category.name} ({category.articles}{hidden})"))
    if not categories:
        console.print("There are no categories yet.")
