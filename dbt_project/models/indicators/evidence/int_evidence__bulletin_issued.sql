-- One row per month in which the year's milestone is reached by the as-of day: its earliest report.
{{ milestone_evidence('bulletin_issued') }}
