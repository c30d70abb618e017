-- One row per month in which the year's milestone is reached by the as-of day: its earliest report.
{{ milestone_evidence('work_plan_issued') }}
