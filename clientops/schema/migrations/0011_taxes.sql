-- Rates by class of goods and by item, and what tax law wants to stand on an invoice.
alter table tax_rates add column tax_class varchar; -- Class of goods that it is for, e.g. reduced; empty: all that have no rate of their own
alter table products add column tax_class varchar; -- Class of goods whose tax rate applies, e.g. reduced; empty: the standard rate
alter table addons add column tax_class varchar; -- Class of goods whose tax rate applies, e.g. reduced; empty: the standard rate
alter table invoice_items add column tax_class varchar; -- Class of goods whose tax rate applies, e.g. reduced; empty: the standard rate
alter table invoice_items add column tax_rate decimal(9, 4); -- First tax in percent that was given for this item; empty: that of its class and the client's place
alter table invoice_items add column tax_rate1 decimal(9, 4); -- First tax in percent that the item was taxed with; empty: the invoice's
alter table invoice_items add column tax_rate2 decimal(9, 4); -- Second tax in percent that the item was taxed with; empty: the invoice's
alter table invoices add column client_tax_id varchar; -- Client's tax number on the day it was issued, as printed
alter table invoices add column company_tax_id varchar; -- Our tax number on the day it was issued, as printed
alter table invoices add column is_reverse_charge boolean; -- Whether the client owes the tax (reverse charge); empty: no
alter table clients add column reverse_charge boolean; -- Whether a valid VAT number of another EU country makes invoices free of tax; empty: as the business settings say
