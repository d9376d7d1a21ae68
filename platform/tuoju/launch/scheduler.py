"""The scheduler: `celery -A tuoju.launch.scheduler beat`.

It knows the tasks by name only and has no keys, so that it needs half of a worker's memory.
"""

from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.data_folders import keep_files_private
from tuoju.launch.engines import engine_of
from tuoju.launch.logs import configure_logs
from tuoju.launch.schedule import schedule_periodic_work
from tuoju.launch.settings import Settings
from tuoju_notifications.celery_app import make_celery

configure_logs()
_settings = Settings()
keep_files_private(_settings.data_folder)
app = make_celery(_settings.broker_url, _settings.data_folder / "queue")
schedule_periodic_work(app, UnitOfWork(engine_of(_settings)), anchor_minutes=_settings.audit_anchor_minutes)
