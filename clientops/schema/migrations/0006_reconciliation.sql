-- Periods that a person found in order; who and when is in the history of operations.
create table sign_offs (
    id bigint not null, -- Number of the sign-off
    period_from date not null, -- First day
    period_to date not null, -- Last day
    signed_on date not null, -- Day it was signed
    open_count bigint not null default 0, -- Differences that were open then
    note varchar, -- Remarks, e.g. why something is left open
);

-- What a period amounted to when it was signed off: later changes show against it.
create table sign_off_figures (
    id bigint not null, -- Number of the figure
    sign_off_id bigint not null, -- Sign-off
    figure varchar not null, -- What was counted: invoices, payments …, or open: and a kind of difference
    currency_code varchar, -- Currency of the amount; empty: none
    row_count bigint not null, -- Rows
    amount decimal(18, 4), -- Their sum
    checksum varchar, -- Sum of the hashes of the rows
);
