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
    serving_processes,
    share_memory_between_threads,
)
from idp.settings import read_settings

set_up()
end_with_supervisor()
share_memory_between_threads()
_foundation = build_foundation(read_settings())
application: Wsgi = create_app(build_provider(_foundation, serving_processes()))
if _foundation.settings.demo:
    _exchanges = Exchanges(_foundation.settings.data / FILE)
    application = Recorder(application, _exchanges, _foundation.clock)
