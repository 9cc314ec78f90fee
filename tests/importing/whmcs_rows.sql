-- Made-up rows of a WHMCS, with the flaws that real ones have. Secrets all begin with "hunter2".
set session sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
set time_zone = '+00:00';

insert into tblconfiguration (id, setting, value) values
    (1, 'CompanyName', 'Example Hosting'), (2, 'TaxType', 'Exclusive'), (3, 'SMTPPassword', 'hunter2-smtp');
insert into tblcurrencies (id, code, prefix, suffix, format, rate, `default`) values
    (1, 'EUR', '€', ' EUR', 1, 1.00000, 1), (2, 'JPY', '¥', '', 3, 160.50000, 0), (3, 'usd', '$', ' USD', 1, 1.10000, 0);
insert into tblclientgroups (id, groupname, groupcolour, discountpercent, separateinvoices) values
    (1, 'Resellers', '#cc0000', 10.00, 'on');
insert into tbltax (id, level, name, state, country, taxrate) values (1, 1, 'VAT', '', 'DE', 19.000);
insert into tbladmins (id, username, password, firstname, lastname) values
    (1, 'maria', 'hunter2-admin', 'Maria', 'Müller'), (2, 'bot', 'hunter2-admin', '', '');

-- 17 was deleted. 3 has a currency that is not there, 4 none; 2 is double-encoded, 1 and 5 are HTML-escaped.
insert into tblclients (id, firstname, lastname, companyname, email, address1, city, postcode, country, phonenumber,
    password, securityqans, cardnum, cardlastfour, currency, credit, datecreated, billingcid, groupid, lastlogin, status,
    taxexempt, overideduenotices, marketing_emails_opt_in, notes, created_at) values
    (1, 'Ada', 'Lovelace', 'Lovelace &amp; S&ouml;hne', 'ada@example.com', '1 O&#039;Connell St', 'Berlin', '10115', 'de',
        '+49.30 1234567', 'hunter2-hash', 'hunter2-dog', 'hunter2-card', '4242', 1, 23.50, '2020-01-31', 1, 1,
        '2024-07-01 12:00:00', 'Active', 0, 1, 1, 'Says "hi"\n\\ and ; --\tNULL', '2020-01-31 08:00:00'),
    (2, 'ZoÃ«', 'MÃ¼ller', '', 'zoe@example.com', '', '東京', '', 'JP', '03 1234', 'hunter2-hash', '', '', '', 2, 0.00,
        '0000-00-00', 0, 0, '0000-00-00 00:00:00', 'Inactive', 1, 0, 0, '', '0000-00-00 00:00:00'),
    (3, 'No', 'Currency', '', 'no@example.com', '', '', '', 'US', '', 'hunter2-hash', '', '', '', 99, 5.00, '2021-02-03', 0, 0,
        NULL, 'Active', 0, 0, 0, '', '2021-02-03 00:00:00'),
    (4, '  ', '', 'Closed Ltd', '', '', '', '', '', '', 'hunter2-hash', '', '', '', 0, 0.00, '2021-02-04', 3, 9,
        NULL, 'Closed', 0, 0, 0, '', '2021-02-04 00:00:00'),
    (5, 'Bjørn 😀', 'O\'Brien', 'AT&amp;amp;T', 'b@example.com', '', 'Łódź', '', 'PL', '', 'hunter2-hash', '', '', '', 3, 0.00,
        '2022-05-06', 0, 0, NULL, 'Active', 0, 0, 0, 'NULL', '2022-05-06 00:00:00');
insert into tblcontacts (id, userid, firstname, lastname, email, password, generalemails, invoiceemails, created_at) values
    (1, 1, 'Charles', 'Babbage', 'charles@example.com', 'hunter2-contact', 1, 1, '2021-01-01 10:00:00'),
    (2, 17, 'Left', 'Over', 'left@example.com', 'hunter2-contact', 0, 0, '2021-01-01 10:00:00'),
    (3, 5, 'Eve', 'Example', 'eve@example.com', 'hunter2-contact', 0, 1, '0000-00-00 00:00:00');
insert into tblusers (id, first_name, last_name, email, password, reset_token, last_login, created_at) values
    (1, 'Ada', 'Lovelace', 'ada@example.com', 'hunter2-user', 'hunter2-token', '2024-07-01 10:00:00', '2020-01-31 08:00:00'),
    (2, 'No', 'Mail', '', 'hunter2-user', '', NULL, NULL);
insert into tblusers_clients (id, auth_user_id, client_id, owner, permissions) values
    (1, 1, 1, 1, ''), (2, 1, 5, 0, 'invoices,tickets'), (3, 2, 5, 0, ''), (4, 1, 17, 1, '');

insert into tblproductgroups (id, name) values (1, 'Web &amp; Mail');
insert into tblproducts (id, type, gid, name, description, paytype, tax, hidden, retired) values
    (1, 'hostingaccount', 1, 'Basic', '<b>10 GB</b> &amp; more', 'recurring', 1, 0, 0),
    (2, 'other', 9, 'Set-up', '', 'onetime', 1, 1, 1);
insert into tblpricing (id, type, currency, relid, msetupfee, monthly, quarterly, semiannually, annually, biennially, triennially)
    values (1, 'product', 1, 1, 5.00, 10.00, -1.00, -1.00, 100.00, -1.00, -1.00),
    (2, 'product', 3, 2, 0.00, 49.00, 0.00, 0.00, 0.00, 0.00, 0.00),
    (3, 'domainregister', 1, 1, 0.00, 9.00, 0.00, 0.00, 0.00, 0.00, 0.00),
    (4, 'product', 1, 99, 0.00, 7.00, -1.00, -1.00, -1.00, -1.00, -1.00);
insert into tblservers (id, name, ipaddress, hostname, username, password, accesshash) values
    (1, 'alpha', '192.0.2.1', 'alpha.example.com', 'root', 'hunter2-server', 'hunter2-hash');
insert into tblproductconfigoptions (id, gid, optionname, optiontype) values (1, 1, 'disk|Disk space', '1'), (2, 1, 'Extra IPs', '4');
insert into tblproductconfigoptionssub (id, configid, optionname) values (1, 1, '50|50 GB'), (2, 2, 'IP');
insert into tbladdons (id, name, description) values (1, 'Backup', 'Daily');
insert into tblpromotions (id, code, type, recurring, value, startdate, expirationdate, maxuses, uses, recurfor) values
    (1, 'SUMMER', 'Percentage', 1, 15.00, '2024-06-01', '0000-00-00', 100, 3, 6), (2, '', 'Percentage', 0, 1.00, '0000-00-00', NULL, 0, 0, 0);
insert into tblorderstatuses (id, title, showpending, showactive, showcancelled) values
    (1, 'Pending', 1, 0, 0), (2, 'Active', 0, 1, 0), (5, 'Awaiting Papers', 0, 1, 0);
insert into tblorders (id, ordernum, userid, contactid, requestor_id, date, transfersecret, promocode, promotype, promovalue,
    amount, paymentmethod, invoiceid, status, ipaddress) values
    (1, 1234567890, 1, 1, 1, '2024-06-01 23:30:00', 'hunter2-epp', 'SUMMER', 'Percentage', '15.00', 119.00, 'stripe', 1, 'Active', '192.0.2.7'),
    (2, 2, 5, 0, 0, '0000-00-00 00:00:00', '', '', '', '', 20.00, 'paypal', 99, 'Awaiting Papers', ''),
    (3, 3, 17, 0, 0, '2023-01-01 00:00:00', '', '', '', '', 1.00, '', 0, 'Pending', '');
insert into tblhosting (id, userid, orderid, packageid, server, regdate, domain, paymentmethod, qty, firstpaymentamount, amount,
    billingcycle, nextduedate, nextinvoicedate, domainstatus, username, password, promoid, dedicatedip, notes) values
    (1, 1, 1, 1, 1, '2024-05-31', 'ada.example', 'stripe', 1, 15.00, 10.00, 'Monthly', '2024-06-30', '2024-07-31', 'Active', 'ada', 'hunter2-ftp', 1, '192.0.2.9', ''),
    (2, 5, 2, 2, 0, '2024-00-00', '', 'paypal', 0, 49.00, 0.00, 'One Time', '2024-06-01', '2024-06-01', 'Active', '', '', 0, '', ''),
    (3, 17, 3, 1, 0, '2023-01-01', 'gone.example', '', 1, 10.00, 10.00, 'Monthly', '2023-02-01', '2023-02-01', 'Terminated', '', '', 0, '', ''),
    (4, 5, 77, 99, 0, '2024-06-02', 'x.example', '', 2, 60.00, 60.00, 'Semi-Annually', '2024-12-02', '0000-00-00', 'Suspended', '', '', 0, '', 'a &lt; b'),
    (5, 5, 0, 1, 0, '2024-06-02', 'y.example', '', 1, 1.00, 1.00, 'Hourly', NULL, '0000-00-00', 'Active', '', '', 0, '', '');
insert into tblhostingconfigoptions (id, relid, configid, optionid, qty) values (1, 1, 1, 1, 0), (2, 1, 2, 2, 3), (3, 3, 1, 1, 0);
insert into tblhostingaddons (id, orderid, hostingid, addonid, userid, name, qty, firstpaymentamount, setupfee, recurring,
    billingcycle, tax, status, regdate, nextduedate, nextinvoicedate) values
    (1, 1, 1, 1, 1, '', 1, 7.00, 4.00, 3.00, 'Annually', 'on', 'Active', '2024-06-01', '2025-06-01', '2025-06-01'),
    (2, 0, 3, 1, 17, 'Gone', 1, 0.00, 0.00, 3.00, 'Monthly', '', 'Terminated', '2023-01-01', NULL, '0000-00-00');
insert into tbldomains (id, userid, orderid, type, registrationdate, domain, firstpaymentamount, recurringamount, registrar,
    registrationperiod, expirydate, status, nextduedate, nextinvoicedate, idprotection, donotrenew) values
    (1, 1, 1, 'Register', '2024-06-01', 'ada.example', 12.00, 12.00, 'enom', 1, '2025-06-01', 'Active', '2025-06-01', '2025-06-01', 1, 0),
    (2, 5, 0, 'Transfer', '2024-06-01', '', 12.00, 12.00, '', 1, NULL, 'Pending Transfer', '0000-00-00', '0000-00-00', 0, 1),
    (3, 5, 0, 'Transfer', '2024-06-01', 'b.example', 24.00, 24.00, '', 0, NULL, 'Transferred Away', '0000-00-00', '0000-00-00', 0, 1);

-- 4: of the deleted client. 8: a status that there is not. 9 pays 1 and 2 at once, 10 adds funds.
insert into tblinvoices (id, userid, invoicenum, date, duedate, datepaid, date_refunded, date_cancelled, subtotal, credit, tax, total,
    taxrate, status, paymentmethod, notes) values
    (1, 1, '2024-0001', '2024-06-01', '2024-06-15', '2024-06-10 09:00:00', '0000-00-00', '0000-00-00', 100.00, 19.00, 19.00, 100.00, 19.000, 'Paid', 'stripe', 'Thank you &amp; goodbye'),
    (2, 1, '', '2024-06-02', '2024-06-16', '2024-06-12 09:00:00', '0000-00-00', '0000-00-00', 50.00, 0.00, 0.00, 50.00, 0.000, 'Paid', 'stripe', ''),
    (3, 2, '', '2024-06-03', '2024-06-17', '0000-00-00 00:00:00', '0000-00-00', '0000-00-00', 1000.00, 0.00, 101.00, 1101.00, 10.100, 'Payment Pending', '', ''),
    (4, 17, '', '2023-01-01', '2023-01-15', '0000-00-00 00:00:00', '0000-00-00', '0000-00-00', 10.00, 0.00, 0.00, 10.00, 0.000, 'Unpaid', '', ''),
    (5, 5, '', '2024-06-05', '2024-06-19', '2024-06-06 09:00:00', '2024-06-20 10:00:00', '0000-00-00', 20.00, 0.00, 0.00, 20.00, 0.000, 'Refunded', 'paypal', ''),
    (6, 5, '', '2024-06-06', '2024-06-20', '0000-00-00 00:00:00', '0000-00-00', '0000-00-00', 3.00, 0.00, 0.00, 3.00, 0.000, 'Draft', '', ''),
    (7, 5, '', '2024-06-07', '2024-06-21', '0000-00-00 00:00:00', '0000-00-00', '2024-06-22 00:00:00', 8.00, 0.00, 0.00, 8.00, 0.000, 'Cancelled', '', ''),
    (8, 5, '', '2024-06-08', '2024-06-22', '0000-00-00 00:00:00', '0000-00-00', '0000-00-00', 9.00, 0.00, 0.00, 9.00, 0.000, 'Weird', '', ''),
    (9, 1, '', '2024-06-09', '2024-06-23', '0000-00-00 00:00:00', '0000-00-00', '0000-00-00', 150.00, 0.00, 0.00, 150.00, 0.000, 'Unpaid', '', ''),
    (10, 1, '', '2024-06-10', '2024-06-24', '2024-06-10 10:00:00', '0000-00-00', '0000-00-00', 25.00, 0.00, 0.00, 25.00, 0.000, 'Paid', 'stripe', '');
insert into tblinvoiceitems (id, invoiceid, userid, type, relid, description, amount, taxed) values
    (1, 1, 1, 'Hosting', 1, 'Basic - ada.example (01/06/2024 - 30/06/2024)', 60.00, 1),
    (2, 1, 1, 'Addon', 1, 'Backup', 40.00, 1),
    (3, 2, 1, 'DomainRegister', 1, 'ada.example', 60.00, 0),
    (4, 2, 1, 'PromoHosting', 1, 'SUMMER', -10.00, 0),
    (5, 3, 2, 'Item', 5, '仕事', 333.00, 1),
    (6, 3, 2, '', 0, 'More', 667.00, 1),
    (7, 4, 17, 'Hosting', 3, 'Gone', 10.00, 0),
    (8, 5, 5, 'Hosting', 2, 'Set-up', 20.00, 0),
    (9, 6, 5, 'Upgrade', 1, 'Upgrade', 3.00, 0),
    (10, 7, 5, 'LateFee', 0, 'Late', 8.00, 0),
    (11, 8, 5, 'Hosting', 2, 'Weird', 9.00, 0),
    (12, 9, 1, 'Invoice', 1, 'Invoice #1', 100.00, 0),
    (13, 9, 1, 'Invoice', 2, 'Invoice #2', 50.00, 0),
    (14, 10, 1, 'AddFunds', 1, 'Add Funds', 25.00, 0),
    (15, 99, 1, 'Hosting', 1, 'Of no invoice', 4.00, 0);
insert into tblaccounts (id, userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid) values
    (1, 1, 0, 'stripe', '2024-06-10 09:00:00', 'Invoice Payment', 100.00, 2.90, 0.00, 1.00000, 'ch_1', 1, 0),
    (2, 1, 0, 'stripe', '2024-06-12 09:00:00', 'Invoice Payment', 80.00, 0.00, 0.00, 1.00000, 'ch_2', 2, 0),
    (3, 5, 0, 'paypal', '2024-06-06 09:00:00', 'Invoice Payment', 20.00, 0.00, 0.00, 1.10000, 'pp_3', 5, 0),
    (4, 5, 0, 'paypal', '2024-06-20 10:00:00', 'Refund', 0.00, 0.00, 20.00, 1.10000, 'pp_4', 5, 3),
    (5, 5, 0, 'paypal', '2024-06-21 10:00:00', 'Invoice Payment', 8.00, 0.00, 0.00, 0.00000, 'pp_5', 7, 0),
    (6, 17, 1, 'banktransfer', '2023-01-10 00:00:00', 'Old payment', 10.00, 0.00, 0.00, 1.00000, 'bt_6', 4, 0),
    (7, 0, 3, '', '2024-01-01 00:00:00', 'Rent of a rack', 0.00, 0.00, 700.00, 1.10000, '', 0, 0),
    (8, 1, 0, 'stripe', '2024-06-10 10:00:00', 'Add funds', 25.00, 0.00, 0.00, 1.00000, 'ch_8', 10, 0),
    (9, 0, 98, '', '2024-01-02 00:00:00', 'In no currency', 3.00, 0.00, 0.00, 1.00000, '', 0, 0);
insert into tblcredit (id, clientid, date, description, amount, relid) values
    (1, 1, '2024-05-01', 'Downtime', 7.50, 0), (2, 1, '2024-06-01', 'Credit Applied to Invoice #1', -19.00, 0),
    (3, 1, '2024-06-12', 'Invoice #2 Overpayment', 30.00, 0), (4, 1, '2024-06-10', 'Add Funds Invoice #10', 25.00, 0),
    (5, 17, '2023-01-01', 'Left over', 1.25, 0), (6, 5, '0000-00-00', 'Credit Applied to Invoice #1', 0.00, 0);
insert into tblupgrades (id, userid, orderid, type, date, relid, originalvalue, newvalue, new_cycle, amount, credit_amount,
    days_remaining, total_days_in_cycle, new_recurring_amount, recurringchange, status, paid) values
    (1, 1, 1, 'package', '2024-06-15', 1, '1', '2,monthly', 'monthly', 3.00, 1.00, 15, 30, 20.00, 10.00, 'Completed', 'Y'),
    (2, 1, 0, 'addon', '2024-06-16', 1, '1', '2', '', 1.00, 0.00, 0, 0, 0.00, 0.00, 'Pending', 'N'),
    (3, 5, 0, 'package', '2024-06-16', 3, '1', '2', '', 1.00, 0.00, 0, 0, 0.00, 0.00, 'Pending', 'N');

insert into tblnotes (id, userid, adminid, created, modified, note, sticky) values
    (1, 1, 1, '2024-06-01 12:00:00', '0000-00-00 00:00:00', 'Likes &lt;b&gt; &amp; tea', 1), (2, 17, 1, '2023-01-01', '2023-01-01', 'Gone', 0),
    (3, 5, 2, '2024-06-02 12:00:00', '2024-06-02 13:00:00', '', 0);
insert into tblcustomfields (id, type, relid, fieldname, fieldtype, fieldoptions, adminonly, required, showinvoice, sortorder) values
    (1, 'client', 0, 'Shoe size', 'dropdown', '41,42', 'on', '', '', 1),
    (2, 'product', 1, 'Root password', 'password', '', '', '', '', 2),
    (3, 'support', 1, 'Browser', 'text', '', '', '', '', 3), (4, 'affiliate', 0, 'Other', 'text', '', '', '', '', 4);
insert into tblcustomfieldsvalues (id, fieldid, relid, value) values
    (1, 1, 1, '42'), (2, 2, 1, 'hunter2-field'), (3, 3, 1, 'Fire&amp;fox'), (4, 1, 17, '41'), (5, 99, 1, 'of no field');
insert into tblticketdepartments (id, name, email, hidden, password) values (1, 'Support', 'help@example.com', '', 'hunter2-imap');
insert into tbltickets (id, tid, did, userid, contactid, requestor_id, name, email, c, date, title, message, status, urgency, admin, lastreply, service, merged_ticket_id) values
    (1, '100200', 1, 1, 1, 1, '', '', 'hunter2-key', '2024-06-03 10:00:00', 'Help &amp; more', 'It\'s broken\r\nreally', 'Customer-Reply', 'High', '', '2024-06-04 10:00:00', 'S1', 0),
    (2, '100201', 9, 0, 0, 0, 'Guest', 'guest@example.com', '', '2024-06-03 10:00:00', '', 'Hi', 'Open', 'Medium', '', '0000-00-00', 'D1', 1),
    (3, '100202', 1, 17, 0, 0, '', '', '', '2023-01-03 10:00:00', 'Gone', 'x', 'Closed', 'Low', '', '2023-01-03 10:00:00', '', 0);
insert into tblticketreplies (id, tid, userid, contactid, name, email, date, message, admin) values
    (1, 1, 1, 0, '', '', '2024-06-03 11:00:00', 'Any news?', ''), (2, 1, 0, 0, '', '', '2024-06-03 12:00:00', 'Done', 'Maria Müller'),
    (3, 3, 17, 0, '', '', '2023-01-03 11:00:00', 'Gone', '');
insert into tblticketnotes (id, ticketid, admin, date, message) values
    (1, 1, 'Maria Müller', '2024-06-03 11:30:00', 'Call back'), (2, 99, 'Maria', '2024-06-03 11:30:00', 'Of no ticket');
insert into tblemails (id, userid, subject, message, date, `to`, pending, failed, failure_reason, retry_count) values
    (1, 1, 'Welcome &amp; hello', '<p>User: ada<br>Password: <b>hunter2-mail</b></p><p>a &amp; b</p>', '2024-06-01 12:00:00', 'ada@example.com', 0, 0, '', 0),
    (2, 5, 'Later', 'x', '2024-06-01 12:00:00', 'b@example.com', 1, 0, '', 0),
    (3, 5, 'Failed', 'x', '2024-06-01 12:00:00', 'b@example.com', 0, 1, 'No route', 2),
    (4, 17, 'Gone', 'x', '2023-01-01 12:00:00', 'gone@example.com', 0, 0, '', 0);
insert into tblaffiliates (id, date, clientid, visitors, paytype, payamount, onetime, balance, withdrawn) values
    (1, '2021-01-01', 1, 12, 'percentage', 10.00, 0, 5.00, 2.00), (2, '2021-01-01', 17, 0, '', 0.00, 0, 1.00, 0.00);
insert into tblaffiliatesaccounts (id, affiliateid, relid, lastpaid, created_at) values
    (1, 1, 4, '0000-00-00', '2024-06-02 00:00:00'), (2, 1, 3, '0000-00-00', '0000-00-00 00:00:00');
insert into tblaffiliateshistory (id, affiliateid, date, affaccid, invoice_id, description, amount) values
    (1, 1, '2024-06-10', 1, 1, 'Commission', 4.00), (2, 2, '2024-06-10', 0, 0, 'Gone', 1.00);
insert into tblaffiliatespending (id, affaccid, invoice_id, amount, clearingdate, created_at) values
    (1, 1, 2, 3.00, '2024-07-10', '2024-06-10 00:00:00'), (2, 9, 0, 1.00, '2024-07-10', '0000-00-00 00:00:00');
insert into tblaffiliateswithdrawals (id, affiliateid, date, amount) values (1, 1, '2024-06-20', 2.00);
insert into tblknowledgebasecats (id, parentid, name, description, hidden, catid, language) values
    (1, 0, 'Start', '', '', 0, ''), (2, 1, 'Mail', '', 'on', 0, ''), (3, 0, 'Anfang', '', '', 1, 'german');
insert into tblknowledgebase (id, title, article, views, useful, votes, private, `order`, parentid, language) values
    (1, 'Read &amp; write', '<p>a &amp; b</p>', 10, 2, 3, '', 1, 0, ''), (2, 'Lesen', '<p>x</p>', 0, 0, 0, 'on', 2, 1, 'german');
insert into tblknowledgebaselinks (id, categoryid, articleid) values (1, 1, 1), (2, 9, 1);
insert into tblknowledgebasetags (id, articleid, tag) values (1, 1, 'mail'), (2, 1, 'imap');
insert into tblquotes (id, subject, stage, validuntil, userid, firstname, lastname, companyname, address1, city, postcode, country, currency, subtotal, tax1, tax2, total, datecreated, datesent, dateaccepted) values
    (1, 'Big plan', 'Delivered', '2024-12-31', 1, '', '', '', '', '', '', '', 1, 100.00, 19.00, 0.00, 119.00, '2024-06-01', '2024-06-02', '0000-00-00'),
    (2, 'Prospect', 'Draft', '2024-12-31', 0, 'Pro', 'Spect', 'P &amp; S', '1 Road', 'Paris', '75001', 'fr', 3, 10.00, 0.00, 0.00, 10.00, '2024-06-01', '0000-00-00', '0000-00-00');
insert into tblquoteitems (id, quoteid, description, quantity, unitprice, discount, taxable) values
    (1, 1, 'Work', '2.5', 40.00, 0.00, 1), (2, 1, 'More', 'many', 1.00, 0.00, 0), (3, 9, 'Of no quote', '1', 1.00, 0.00, 0);
