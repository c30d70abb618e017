"""What the agencies hand over, as bytes: workbooks, CSV files, order files, JSON items."""
