"""The pages that operators read inside Airflow: figures, coverage, results of audits, publications, documentation."""

from green_freight.operator_pages.documentation import DocumentMissingError, data_docs_file, dbt_documentation
from green_freight.operator_pages.pages import PageError, Pages

__all__ = ["DocumentMissingError", "PageError", "Pages", "data_docs_file", "dbt_documentation"]
