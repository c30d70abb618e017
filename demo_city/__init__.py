"""A synthetic city with four agencies, of which everything is known: the warehouse's proving ground.

The model: `city.City` puts together the transport bureau's registers (`registers`), vehicle-days (`vehicle_days`), the
commerce bureau's report (`store_reports`), the postal files (`postal_files`) and the power company (`power_operator`
over `charging_network` and `charging_sessions`). `story` holds what happens and when, and which targets are missed.
The truth: `truth` counts every indicator of every month from those objects (`knowledge`, `truth_measures`,
`truth_status`, `plan_targets`); `reported` gives the bureaus' own figures with their few known slips.

    python -m demo_city truth --as-of 2025-09-30 --format csv --scope months

All of it is invented; names begin with 示范 or 演示.
"""
