-- One row per month in which the one-off milestone is reached by the as-of day: its earliest report.
{{ milestone_evidence('capacity_survey_done') }}
