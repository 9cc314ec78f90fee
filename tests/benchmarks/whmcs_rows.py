"""A large made-up WHMCS, filled by MariaDB's sequences: ten child rows to a client."""

from __future__ import annotations

TABLES = (
    "tblclients", "tblcontacts", "tblhosting", "tblinvoices", "tblinvoiceitems", "tblaccounts", "tblcredit", "tblemails",
)  # fmt: skip


def fill_sql(clients: int) -> list[str]:
    """Statements that fill the tables for a number of clients."""
    n = clients
    return [
        (
            "set session sql_mode='NO_AUTO_VALUE_ON_ZERO';"
            "insert into tblcurrencies (id, code, prefix, suffix, format, rate, `default`) "
            "values (1,'EUR','','',1,1,1),(2,'USD','$','',1,1.1,0);"
            "insert into tblproducts (id,type,gid,name,description,paytype,tax) values (1,'hostingaccount',1,'Basic','x','recurring',1);"
        ),
        (
            "insert into tblclients (id,uuid,firstname,lastname,companyname,email,address1,city,postcode,country,phonenumber,"
            "password,currency,credit,datecreated,status,notes,created_at) select seq, uuid(), elt(1+seq%5,'Ada','Zoë','José','Bjørn','Anna'), "
            "elt(1+seq%7,'Müller','Smith','O''Brien','Łukasz','García','MÃ¼ller','Tan &amp; Co'), "
            "if(seq%3=0,concat('Company ',seq,' &amp; Sons'),''), concat('user',seq,'@example.com'), concat(seq,' Main Street'), "
            "'Berlin', '10115', 'DE', concat('+49.30',seq), md5(seq), 1+seq%2, if(seq%10=0,5.00,0), "
            f"'2020-01-01' + interval seq%1500 day, 'Active', '', now() from seq_1_to_{n}"
        ),
        (
            "insert into tblcontacts (id,userid,firstname,lastname,email,password,invoiceemails,created_at) "
            f"select seq, seq*2, 'Con','Tact',concat('c',seq,'@example.com'),md5(seq),1,now() from seq_1_to_{n // 2}"
        ),
        (
            "insert into tblhosting (id,userid,packageid,regdate,domain,qty,firstpaymentamount,amount,billingcycle,nextduedate,"
            "nextinvoicedate,domainstatus,username,password) select seq,seq,1,'2021-01-01',concat('d',seq,'.example'),1,10,10,"
            f"'Monthly','2026-12-01','2026-12-01','Active',concat('u',seq),md5(seq) from seq_1_to_{n}"
        ),
        (
            "insert into tblinvoices (id,userid,date,duedate,datepaid,subtotal,credit,tax,total,taxrate,status,paymentmethod) "
            f"select seq,1+seq%{n},'2024-01-01'+interval seq%700 day,'2024-01-15'+interval seq%700 day,'2024-01-10',10.00,0,1.90,"
            f"11.90,19,if(seq%20=0,'Unpaid','Paid'),'stripe' from seq_1_to_{2 * n}"
        ),
        (
            "insert into tblinvoiceitems (id,invoiceid,userid,type,relid,description,amount,taxed) select seq,1+(seq-1) div 2,"
            f"1+(1+(seq-1) div 2)%{n},'Hosting',1+(1+(seq-1) div 2)%{n},concat('Basic hosting d',seq,'.example (01/01/2024 - 31/01/2024)'),"
            f"5.00,1 from seq_1_to_{4 * n}"
        ),
        (
            "insert into tblaccounts (id,userid,gateway,date,description,amountin,fees,transid,invoiceid) select seq,"
            f"1+seq%{n},'stripe','2024-01-10 10:00:00','Invoice Payment',11.90,0.30,concat('ch_',seq),seq from seq_1_to_{2 * n} where seq%20<>0"
        ),
        (
            "insert into tblcredit (id,clientid,date,description,amount) "
            f"select seq,seq*10,'2024-02-01','Downtime',5.00 from seq_1_to_{n // 10}"
        ),
        (
            "insert into tblemails (id,userid,subject,message,date,`to`) select seq,seq,'Invoice Created',"
            "concat(repeat('<p>Dear customer, this is a notice that an invoice has been generated.</p>',12),seq),"
            f"'2024-01-01 10:00:00',concat('user',seq,'@example.com') from seq_1_to_{n // 2}"
        ),
    ]
