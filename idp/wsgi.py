"""What granian loads in each worker process: the application, built from the environment.

Settings come from the same variables as for every command; the supervisor has prepared the stores.
"""

from __future__ import annotations

from idp.app import create_app
from idp.assembly.foundation import build_foundation
from idp.assembly.provider import build_provider
from idp.exchanges.recorder import FILE, Exchanges, Recorder, Wsgi
from idp.logs import set_up
from idp.processes import (
    end_with_supervisor,
    node_folder,
    serving_processes,
    share_memory_between_threads,
)
from idp.settings import read_settings
from idp.throttle.slots import open_slots

set_up()
end_with_supervisor()
share_memory_between_threads()
_foundation = build_foundation(read_settings())
_slots = open_slots(serving_processes(), node_folder())
application: Wsgi = create_app(build_provider(_foundation, _slots))
if _foundation.settings.demo:
    _exchanges = Exchanges(_foundation.settings.data / FILE)
    application = Recorder(application, _exchanges, _foundation.clock)
