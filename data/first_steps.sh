#!/usr/bin/env bash
# The first steps of the README, one after another, on the demo book; `make demo` runs them.
set -euo pipefail
export CLIENTOPS_BOOK="${CLIENTOPS_BOOK:-demo.duckdb}" CLIENTOPS_OPERATOR="${CLIENTOPS_OPERATOR:-$(id -un)}" COLUMNS="${COLUMNS:-110}"

say() { printf '\n\033[1m# %s\033[0m\n' "$1"; }
run() { printf '\033[2m$ clientops'; printf ' %q' "$@"; printf '\033[0m\n'; clientops "$@"; }
newest() { clientops --json query "select max(id) as id from $1" | grep -o '[0-9]\+'; }
last_operation() { clientops --json query "select max(id) as id from history.operations" | grep -o '[0-9]\+'; }

if [ -e "$CLIENTOPS_BOOK" ]; then
    echo "$CLIENTOPS_BOOK is there already; its steps were done before (remove it to do them again)."
    exit 0
fi

say "A made-up business with a thousand clients, and the flaws that real books have"
run demo --clients 1000 --seed 7 --truth "${CLIENTOPS_BOOK%.duckdb}-truth.csv" --statements "${CLIENTOPS_BOOK%.duckdb}-statements"

say "Add a client; bad input would be refused with a sentence for each field"
run apply add-client --set first_name=Ada --set last_name=Lovelace --set email=ada@example.com \
    --set currency=EUR --set country=DE --reason "Called us"
ada=$(newest clients)

say "Give her credit, after a look at what would change"
run apply issue-credit --set client_id="$ada" --set amount=25 --set description="Welcome credit" --dry-run
run apply issue-credit --set client_id="$ada" --set amount=25 --set description="Welcome credit" --reason "Campaign 7"

say "Bill her by hand; her credit is not touched until it is applied"
run apply create-invoice --set client_id="$ada" --set description="Consulting, one hour" --set unit_price=80 --reason "Phone call"
invoice=$(newest invoices)
run apply apply-credit --set invoice_id="$invoice" --reason "She asked for it"

say "Generate what falls due within two weeks for everybody, with their credit applied"
run apply generate-invoices --set until_on="$(clientops --json query 'select (current_date + 14)::varchar as day' | grep -o '[0-9-]\{10\}')" \
    --reason "Billing run"

say "She pays too much: the rest becomes credit"
run apply record-payment --set client_id="$ada" --set amount=100 --set invoice_ids="$invoice" --set reference=TX-1 --reason "Bank statement"

say "She had an account already: merge it into this one, and keep its profile as a contact"
run apply add-client --set first_name=A. --set last_name=Lovelace --set email=ada.l@example.com --set currency=EUR --reason "Web form"
double=$(newest clients)
run apply merge-clients --set replaced_id="$double" --set survivor_id="$ada" --set keep_as_contact=yes --reason "Same person"
merge=$(last_operation)

say "What happened to her, and who did it"
run log --client "$ada"
run show "$merge"

say "Take the merge back"
run apply unmerge-clients --set operation_id="$merge" --reason "They are two people after all"

say "Does everything agree? (--head with this hash will prove it later)"
run verify
