-- One row per month and budgeted entry of the special fund for the month's year: those booked by the as-of
-- day, and once the year is over all of them, whenever booked; weight in yuan.
{{ fund_evidence('fund_budgeted_yuan', fund_kind_code='budgeted') }}
