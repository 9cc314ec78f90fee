-- What a change at renewal is to do when it is carried out.
-- A default stands in a statement of its own: see tests/test_engine_canaries.py. Rows that are there get it in the end.
alter table service_changes add column is_at_renewal boolean; -- Whether it waits for the next due date
alter table service_changes alter column is_at_renewal set default false;
alter table service_changes add column new_product_id bigint; -- Product after; empty: unchanged
alter table service_changes add column new_quantity integer; -- Quantity after; empty: unchanged
alter table service_changes add column added_options varchar; -- Options added, one a line: name=value, then x quantity and @ amount
alter table service_changes add column removed_options varchar; -- Names of options removed, one a line
alter table service_changes add column description varchar; -- Why, in words

-- What accepting an order needs to know of its items.
alter table order_items add column discount decimal(18, 4); -- Taken off the first payment by promotion and group
alter table order_items alter column discount set default 0;
alter table order_items add column registration_period tinyint; -- Years of a domain
alter table order_items add column domain_kind varchar; -- Register or Transfer, for a domain
alter table order_items add column for_item_id bigint; -- Item of the same order whose service an add-on is for
alter table order_items add column domain varchar; -- Domain name that an ordered product serves
