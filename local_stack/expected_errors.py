"""What can go wrong with a command as a matter of course: it ends in the error's own sentence, not in a trace."""

from __future__ import annotations

import psycopg
from green_freight.backfill import BackfillRequestError
from green_freight.evidence.errors import EvidenceError
from green_freight.publishing import PublishingError
from green_freight.replaying import ReplayError
from green_freight.warehouse.lease import CandidateLeasedError
from green_freight.warehouse.scratch import ScratchError

from local_stack.airflow_client import AirflowRefusal
from local_stack.airflow_settings import ConnectionMissing
from local_stack.backfill import BackfillWaits
from local_stack.demonstration import OtherDemonstration
from local_stack.home import HomeError, NothingThere
from local_stack.install import InstallError
from local_stack.locks import Busy
from local_stack.postgres import PostgresError
from local_stack.processes import ChildDied
from local_stack.run import DagUnavailable
from local_stack.stack import StackError

EXPECTED_ERRORS = (
    AirflowRefusal,
    BackfillWaits,
    Busy,
    CandidateLeasedError,
    ChildDied,
    ConnectionMissing,
    DagUnavailable,
    EvidenceError,
    HomeError,
    InstallError,
    NothingThere,
    OtherDemonstration,
    PostgresError,
    PublishingError,
    ReplayError,
    BackfillRequestError,
    ScratchError,
    StackError,
    psycopg.OperationalError,
)
