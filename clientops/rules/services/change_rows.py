"""SQL of service changes: the new price, what the rest of the cycle comes to, and the rows that follow."""

from __future__ import annotations

from clientops.core.money import is_minor_unit_sql, round_sql, show_sql
from clientops.rules.invoices.proration import cycle_start_sql, share_sql
from clientops.rules.services.billing_cycles import later_due_sql, months_sql
from clientops.rules.services.dates import LIVE

KEPT_OPTIONS = """
    select service_options.*, dropped_names.name is not null as is_dropped, requests."row"
    from service_options join requests using (service_id)
    left join dropped_names on dropped_names."row" = requests."row" and lower(dropped_names.name) = lower(service_options.name)
"""

ASKED = """
    with kept as (select * from services where id in (select service_id from requests)),
    owners as (select * from clients where id in (select client_id from kept)),
    prices as (
        select product_id, currency_id, billing_cycle, arg_min(amount, id) as price from product_prices group by all
    ),
    old_extras as (
        select "row", sum(recurring_amount) filter (where not is_dropped) as kept_extra,
            sum(recurring_amount) filter (where is_dropped) as dropped_extra,
            coalesce(bool_or(recurring_amount <> 0 and not is_dropped), false) as have_costs
        from kept_options group by "row"
    ),
    new_extras as (select "row", sum(recurring_amount) as added_extra from new_options group by "row"),
    joined as (
        select requests."row", requests.service_id, requests.product_id as new_product_id, requests.billing_cycle as new_cycle,
            requests.quantity::integer as new_quantity, requests.recurring_amount as given_amount, requests.add_options,
            requests.remove_options, requests.effective, requests.description as why, requests.send_email,
            kept.id is not null as is_known, kept.client_id, kept.status, kept.product_id, kept.billing_cycle, kept.quantity,
            kept.recurring_amount as old_amount, kept.first_amount, kept.registered_on, kept.next_due_on, kept.billing_day,
            kept.domain, kept.payment_method,
            owners.status as client_status, owners.auto_apply_credit, owners.payment_method as client_payment_method, currencies.code, currencies.minor_digits,
            owners.currency_id, coalesce(groups.discount_percent, 0) as discount_percent,
            coalesce(requests.billing_cycle, kept.billing_cycle) as cycle_after,
            coalesce(requests.product_id, kept.product_id) as product_after,
            coalesce(requests.quantity::integer, kept.quantity) as quantity_after,
            requests.product_id is not null or requests.billing_cycle is not null or requests.quantity is not null as is_repriced
        from requests left join kept on kept.id = requests.service_id
        left join owners on owners.id = kept.client_id
        left join currencies on currencies.id = owners.currency_id
        left join groups on groups.id = owners.group_id
    )
    select joined.*, prices.price, before.name as product_name, later.name as name_after, later.is_retired,
        coalesce(later.is_taxed, true) as is_taxed, later.tax_class, joined.new_product_id is null or later.id is not null as is_product,
        coalesce(old_extras.kept_extra, 0) as kept_extra, coalesce(old_extras.dropped_extra, 0) as dropped_extra,
        coalesce(old_extras.have_costs, false) as have_costs, coalesce(new_extras.added_extra, 0) as added_extra,
        row_number() over (partition by joined.service_id order by joined."row") > 1 as is_again
    from joined
    left join prices on prices.product_id = joined.product_after and prices.currency_id = joined.currency_id
        and prices.billing_cycle = joined.cycle_after
    left join products before on before.id = joined.product_id
    left join products later on later.id = joined.product_after
    left join old_extras on old_extras."row" = joined."row"
    left join new_extras on new_extras."row" = joined."row"
"""

PRICED = f"""
    select *, {months_sql("billing_cycle")} as months, {months_sql("cycle_after")} as months_after,
        cycle_after is distinct from billing_cycle as is_new_cycle,
        case
            when cycle_after = 'free' and given_amount is null then 0
            when given_amount is not null then given_amount
            when is_repriced then price::decimal(38, 4) * quantity_after + kept_extra + added_extra
            else old_amount + added_extra - dropped_extra
        end::decimal(38, 4) as amount_after
    from asked
"""

# Billed is what was invoiced: the cycle that ends before the next due date, unless that is the first one, or is due already.
WORKED_OUT = f"""
    with cycled as (
        select *, try_cast(amount_after as decimal(18, 4)) as new_amount,
            case when months is not null and next_due_on is not null then {cycle_start_sql("next_due_on", "months", "billing_day")} end
                as cycle_from,
            coalesce(months is not null and next_due_on > $today::date and next_due_on <> coalesce(registered_on, date '0001-01-01'), false)
                as is_billed,
            coalesce(registered_on = next_due_on, false) as is_first_due
        from priced
    ),
    counted as (
        select *, case when is_billed then next_due_on - cycle_from else 0 end as days_in_cycle,
            case when is_billed then next_due_on - $today::date else 0 end as days_remaining
        from cycled
    ),
    shared as (
        select *, {share_sql("old_amount", "days_remaining", "days_in_cycle")} as old_share,
            case when is_new_cycle and months_after is not null and (is_billed or months is null) then coalesce(new_amount, 0)
                when is_new_cycle then 0::decimal(18, 4)
                else {share_sql("coalesce(new_amount, 0)", "days_remaining", "days_in_cycle")} end as new_share
        from counted
    )
    select *, case when is_new_cycle then new_share - old_share
            else {share_sql("(coalesce(new_amount, 0)::decimal(38, 4) - old_amount)", "days_remaining", "days_in_cycle")} end::decimal(18, 4) as net,
        is_known and not is_again and effective = 'now' and new_amount is not null as is_now,
        coalesce(name_after, 'Service ' || service_id) as called_after,
        concat_ws(', ', coalesce(product_name, 'Service ' || service_id), billing_cycle, case when quantity > 1 then quantity || ' x' end,
            {show_sql("old_amount")}) as from_value,
        concat_ws(', ', coalesce(name_after, 'Service ' || service_id), cycle_after, case when quantity_after > 1 then quantity_after || ' x' end,
            {show_sql("coalesce(new_amount, 0)")}) as to_value,
        is_new_cycle and months_after is not null and (is_billed or months is null) as starts_anew
    from shared
"""

_CALCULATION = f"""(case
    when starts_anew and days_in_cycle = 0 then {show_sql("new_amount")} || ' for the cycle that begins'
    when starts_anew then {show_sql("new_amount")} || ' for the cycle that begins, less ' || {show_sql("old_amount")} || ' x '
        || days_remaining || '/' || days_in_cycle || ' days = ' || {show_sql("old_share")}
    when is_new_cycle then {show_sql("(-old_amount)")} || ' x ' || days_remaining || '/' || days_in_cycle || ' days = ' || {show_sql("net")}
    else '(' || {show_sql("coalesce(new_amount, 0)")} || ' - ' || {show_sql("old_amount")} || ') x ' || days_remaining || '/' || days_in_cycle
        || ' days = ' || {show_sql("net")}
    end)"""

# What the client's group takes off every invoice, it takes off the rest of a cycle, charged or credited.
_DISCOUNT = round_sql("({net}::decimal(24, 4) * discount_percent::decimal(9, 4) * 0.01)")

BILLS = """
    select row_number() over (order by "row") as bill_id, "row", client_id, false as is_draft, $today::date as issued_on,
        $today::date + due_days as due_on, coalesce(payment_method, client_payment_method) as payment_method,
        null::varchar as number, null::varchar as notes, auto_apply_credit as offers_credit, send_email as sends_email
    from worked_out cross join billing where is_now and net > 0
"""

BILL_ITEMS = f"""
    select bills.bill_id, 1 as position, worked_out.client_id, 'change' as kind, service_id, null::bigint as addon_id,
        null::bigint as domain_id,
        concat_ws(' - ', 'Change of ' || coalesce(product_name, 'service ' || service_id) || case when product_after is distinct from product_id
            then ' to ' || called_after else '' end, domain, why, {_CALCULATION}) as description,
        1::decimal(18, 4) as quantity, net as unit_price, {_DISCOUNT.format(net="net")} as discount, is_taxed, tax_class,
        null::decimal(9, 4) as tax_rate, $today::date as period_from,
        case when starts_anew then null else next_due_on - 1 end as period_to
    from worked_out join bills using ("row")
"""

CREDITS = """
    select row_number() over (order by "row") as bill_id, "row", client_id, false as is_draft, $today::date as issued_on
    from worked_out where is_now and net < 0
"""

CREDITED_ITEMS = f"""
    select credited_bills.bill_id, 1 as position, worked_out.client_id, 1::decimal(18, 4) as quantity,
        (-net)::decimal(18, 4) as unit_price, {_DISCOUNT.format(net="(-net)")} as discount, is_taxed, tax_class, null::decimal(9, 4) as tax_rate
    from worked_out join credited_bills using ("row")
"""

# What is given back, which invoices of later rows can use.
# What the rest is worth with tax; given back is only what was paid for it.
RESTS = """
    select w."row", w.service_id, w.client_id, w.cycle_from, w.next_due_on, total as amount
    from worked_out w join credited_bills using ("row") join credited_bill_totals using (bill_id) where total > 0
"""

CREDIT_GAINS = """
    select "row", client_id, sum(amount) as amount from rest_parts group by "row", client_id
"""

# Credit given, and credit applied to the invoices, in the order of the rows.
CREDIT_ENTRIES = """
    with entries as (
        select "row", client_id, $today::date as entry_on,
            'Credit for the rest of the cycle: change of service ' || service_id as description, amount,
            null::bigint as invoice_id, invoice_id as gives_back_id
        from rest_parts
        union all
        select bills."row", offer_entries.client_id, entry_on, description, offer_entries.amount, invoice_id, null
        from offer_entries join numbered_bills using (invoice_id) join bills using (bill_id)
    )
    select {next_id} + row_number() over (order by "row") as id, * exclude ("row") from entries
"""

BALANCES = """
    select clients.id, (clients.credit_balance + sum(all_entries.amount))::decimal(18, 4) as credit_balance
    from clients join all_entries on all_entries.client_id = clients.id group by clients.id, clients.credit_balance
"""

SERVICES = f"""
    select service_id as id, product_after as product_id, cycle_after as billing_cycle, quantity_after as quantity,
        new_amount as recurring_amount,
        case when is_first_due and next_due_on >= $today::date then greatest(0, first_amount + new_amount - old_amount)::decimal(18, 4)
            else first_amount end as first_amount,
        case when cycle_after = 'free' then null
            when starts_anew then {later_due_sql("$today::date", "months_after", "day($today::date)")}
            else next_due_on end as next_due_on,
        case when starts_anew then case when day($today::date) > 28 then day($today::date) end else billing_day end::tinyint as billing_day
    from worked_out where is_now
"""

REMOVED_OPTIONS = 'select kept_options.id from kept_options join worked_out using ("row") where is_dropped and is_now'

ADDED_OPTIONS = """
    select {next_id} + row_number() over (order by "row", place) as id, worked_out.service_id, new_options.name, new_options.value,
        new_options.quantity, new_options.recurring_amount
    from new_options join worked_out using ("row") where is_now
"""

CHANGES = """
    select {next_id} + row_number() over (order by worked_out."row") as id, worked_out.client_id, new_invoices.id as invoice_id,
        case when product_after is distinct from product_id then 'product'
            when add_options is not null or remove_options is not null then 'feature' else 'price' end as kind,
        service_id, case when effective = 'now' then $today::date else next_due_on end as changed_on, from_value, to_value,
        cycle_after as new_billing_cycle, case when effective = 'now' then greatest(net, 0) else 0 end::decimal(18, 4) as amount,
        case when effective = 'now' then greatest(-net, 0) else 0 end::decimal(18, 4) as credit_amount,
        case when effective = 'now' then days_remaining end as days_remaining,
        case when effective = 'now' then days_in_cycle end as days_in_cycle,
        new_amount as new_recurring_amount, (new_amount - old_amount)::decimal(18, 4) as recurring_difference,
        case when effective = 'now' then 'Completed' else 'Pending' end as status,
        effective = 'now' and (net <= 0 or coalesce(new_invoices.status = 'Paid', false)) as is_paid,
        effective = 'at renewal' as is_at_renewal, new_product_id, new_quantity, add_options as added_options,
        remove_options as removed_options, why as description
    from worked_out left join new_invoices using ("row")
    where is_known and not is_again and new_amount is not null
"""

_MISSING_PRICE = "is_known and is_product and given_amount is null and is_repriced and cycle_after <> 'free'"

PROBLEMS = f"""
    select "row", 'service_id' as field, 'unknown_service' as code, 'there is no service ' || service_id as message
    from asked where not is_known and service_id is not null
    union all
    select "row", 'service_id', 'twice', 'service ' || service_id || ' is in an earlier row already; change it once in a table'
    from asked where is_known and is_again
    union all
    select "row", 'service_id', 'not_running', 'service ' || service_id || ' is ' || status || ': only a Pending, Active or Suspended one changes'
    from asked where status not in {LIVE}
    union all
    select "row", 'service_id', 'is_waiting', 'service ' || asked.service_id || ' has change ' || min(waiting.id) || ' waiting already; cancel it first'
    from asked join service_changes waiting on waiting.service_id = asked.service_id and waiting.status = 'Pending' and waiting.is_at_renewal
    group by "row", asked.service_id
    union all
    select "row", '', 'nothing_given', 'nothing is given to change service ' || service_id || ' to'
    from asked where is_known and not is_repriced and given_amount is null and add_options is null and remove_options is null
    union all
    select "row", '', 'no_change', 'service ' || service_id || ' is like that already: ' || to_value
    from worked_out where (is_repriced or given_amount is not null) and add_options is null and remove_options is null
        and product_after is not distinct from product_id and not is_new_cycle and quantity_after = quantity and new_amount = old_amount
    union all
    select "row", 'product_id', 'unknown_product', 'there is no product ' || new_product_id
    from asked where is_known and not is_product
    union all
    select "row", 'billing_cycle', 'not_recurring', 'service ' || service_id || ' is paid ' || billing_cycle || ': give the new billing cycle'
    from priced where is_known and billing_cycle = 'one time' and new_cycle is null
    union all
    select "row", 'recurring_amount', 'no_price', case when product_after is null then 'service ' || service_id || ' has no product with a price'
        else 'product ' || product_after || ' has no ' || cycle_after || ' price in ' || code end || ': give the amount'
    from asked where {_MISSING_PRICE} and price is null and cycle_after <> 'one time' and not (have_costs and new_cycle <> billing_cycle)
    union all
    select "row", 'recurring_amount', 'price_needed', 'service ' || service_id || ' has options that cost something each '
        || billing_cycle || ' cycle: give the amount of the new cycle'
    from asked where {_MISSING_PRICE} and have_costs and new_cycle <> billing_cycle
    union all
    select "row", 'recurring_amount', 'free_costs', 'recurring_amount ' || given_amount || ': the billing cycle is free; choose another one'
    from asked where cycle_after = 'free' and given_amount > 0
    union all
    select "row", 'recurring_amount', 'not_minor_unit',
        'recurring_amount ' || given_amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and not {is_minor_unit_sql("given_amount")}
    union all
    select new_options."row", 'add_options', 'not_minor_unit', 'option ' || name || ' costs ' || new_options.recurring_amount
        || ', finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from new_options join asked using ("row") where is_known and not {is_minor_unit_sql("new_options.recurring_amount")}
    union all
    select "row", 'recurring_amount', 'too_large', 'recurring_amount would be ' || amount_after || ', more than can be kept, 99999999999999'
    from priced where amount_after is not null and try_cast(amount_after as decimal(18, 4)) is null
    union all
    select "row", 'remove_options', 'below_zero', 'without these options service ' || service_id || ' would cost ' || amount_after
        || ': give the amount'
    from priced where amount_after < 0
    union all
    select dropped_names."row", 'remove_options', 'unknown_option', 'service ' || asked.service_id || ' has no option ' || dropped_names.name
        || coalesce('; it has ' || (select string_agg(known.name, ', ' order by known.id) from kept_options known
            where known."row" = dropped_names."row"), '')
    from dropped_names join asked using ("row")
    where is_known and not exists (select 1 from kept_options k where k."row" = dropped_names."row" and lower(k.name) = lower(dropped_names.name))
    union all
    select new_options."row", 'add_options', 'option_exists', 'service ' || k.service_id || ' has option ' || k.name || ' already; remove that, too'
    from new_options join kept_options k on k."row" = new_options."row" and lower(k.name) = lower(new_options.name) and not k.is_dropped
    union all
    select "row", 'effective', 'no_renewal', 'service ' || service_id || ' is never due again: make the change now'
    from asked where is_known and effective = 'at renewal' and next_due_on is null
"""

WARNINGS = f"""
    select rest_unpaid."row", 'service_id' as field, 'not_paid' as code, {show_sql("rest_unpaid.amount", "w.code", "w.minor_digits")}
        || ' of the rest of the cycle was not paid, or was given back before: invoice ' || invoice_names
        || ' is not credited with it; where it is still owed, correct it with a credit note' as message
    from rest_unpaid join worked_out w using ("row")
    union all
    select "row", 'service_id' as field, 'closed_client' as code, 'client ' || client_id || ' is Closed' as message
    from worked_out where client_status = 'Closed'
    union all
    select "row", 'service_id', 'not_billed_yet', 'the cycle of service ' || service_id || coalesce(' due on ' || next_due_on, '')
        || ' was not invoiced yet: nothing is charged or credited, its invoice will be of the new price'
    from worked_out where is_now and not is_billed and months is not null
    union all
    select "row", 'product_id', 'retired_product', 'product ' || product_after || ', ' || name_after || ', is no longer sold'
    from worked_out where is_retired and new_product_id is not null
"""

FIGURES = f"""
    with told as (
        select "row", 1 as place, 'Service ' || service_id as label, from_value || ' → ' || to_value
            || case when effective = 'now' then '' else ', at renewal on ' || next_due_on end as figure
        from worked_out where is_known and new_amount is not null
        union all
        select "row", 2, 'Rest of the cycle', case when days_in_cycle = 0 and not starts_anew then 'nothing was invoiced yet' else {
    _CALCULATION
} end
        from worked_out where is_now
        union all
        select worked_out."row", 3, case when net > 0 then 'Invoice' when net < 0 then 'Account credit' else 'Charge' end,
            {
    show_sql(
        "coalesce(new_invoices.total, credited_bill_totals.total, 0)", "worked_out.code", "worked_out.minor_digits"
    )
}
            || case when net <> 0 then ', of which tax ' || {
    show_sql(
        "(coalesce(new_invoices.total, credited_bill_totals.total, 0) - abs(net))",
        "worked_out.code",
        "worked_out.minor_digits",
    )
}
                else '' end
        from worked_out left join new_invoices using ("row") left join credited_bills on credited_bills."row" = worked_out."row"
        left join credited_bill_totals on credited_bill_totals.bill_id = credited_bills.bill_id
        where is_now
    )
    select label, figure from told where "row" in (select "row" from worked_out order by "row" limit 20) order by "row", place
"""
