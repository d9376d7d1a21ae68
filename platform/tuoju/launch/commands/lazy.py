"""The modules that commands work with. They are imported when a command runs: showing its help needs none of them."""

from typing import TYPE_CHECKING

from tuoju_matching.lazy import lazy_module

if TYPE_CHECKING:
    import pydantic
    import sqlmodel
    from sqlalchemy import exc as database_errors

    from tuoju.accounts import (
        administration,
        audit_anchors,
        audit_export,
        audit_verifier,
        permissions,
        recovery,
        request_context,
    )
    from tuoju.accounts import audit as audit_chains
    from tuoju.accounts import errors as account_errors
    from tuoju.accounts import models as account_models
    from tuoju.accounts import queries as account_queries
    from tuoju.backups import cleaning as backup_cleaning
    from tuoju.backups import envelope, making, restoring
    from tuoju.cases import calendars
    from tuoju.cases import policies as case_policies
    from tuoju.cities import changes as city_changes
    from tuoju.cities import folder as city_folder
    from tuoju.cities import loading as city_loading
    from tuoju.cities import problems as city_problems
    from tuoju.cities import template as city_template
    from tuoju.database import engine as engines
    from tuoju.database import file_stores, installation, key_rotation, keys, records, scopes, sealed_files
    from tuoju.database import unit_of_work as units_of_work
    from tuoju.documents import match_sheets
    from tuoju.holdings import retention
    from tuoju.invariants import registry as invariant_registry
    from tuoju.invariants import service as invariant_service
    from tuoju.launch import (
        backups,
        bootstrap,
        data_folders,
        file_store,
        installation_checks,
        migrations,
        settings,
        supervisor,
        tables,
    )
    from tuoju.launch import demo as demo_building
    from tuoju.launch import keys as key_rings
    from tuoju.launch.commands import reports, setup
    from tuoju.plans import trial as plan_trial
    from tuoju.referrals import service as referrals
    from tuoju.regions import calendar as days
    from tuoju.regions import loading as region_loading
    from tuoju.regions import queries as region_queries
    from tuoju.reports import city_figures
    from tuoju.residents import data_policies
    from tuoju.simulation import demo_city, simulated_city
    from tuoju.web.imports import messages as import_messages
    from tuoju.words import labels
    from tuoju_notifications import copies, heartbeats
else:
    account_errors = lazy_module("tuoju.accounts.errors")
    account_models = lazy_module("tuoju.accounts.models")
    account_queries = lazy_module("tuoju.accounts.queries")
    administration = lazy_module("tuoju.accounts.administration")
    audit_anchors = lazy_module("tuoju.accounts.audit_anchors")
    audit_chains = lazy_module("tuoju.accounts.audit")
    audit_export = lazy_module("tuoju.accounts.audit_export")
    audit_verifier = lazy_module("tuoju.accounts.audit_verifier")
    backup_cleaning = lazy_module("tuoju.backups.cleaning")
    backups = lazy_module("tuoju.launch.backups")
    bootstrap = lazy_module("tuoju.launch.bootstrap")
    calendars = lazy_module("tuoju.cases.calendars")
    case_policies = lazy_module("tuoju.cases.policies")
    city_changes = lazy_module("tuoju.cities.changes")
    city_figures = lazy_module("tuoju.reports.city_figures")
    city_folder = lazy_module("tuoju.cities.folder")
    city_loading = lazy_module("tuoju.cities.loading")
    city_problems = lazy_module("tuoju.cities.problems")
    city_template = lazy_module("tuoju.cities.template")
    copies = lazy_module("tuoju_notifications.copies")
    data_folders = lazy_module("tuoju.launch.data_folders")
    data_policies = lazy_module("tuoju.residents.data_policies")
    database_errors = lazy_module("sqlalchemy.exc")
    days = lazy_module("tuoju.regions.calendar")
    demo_building = lazy_module("tuoju.launch.demo")
    demo_city = lazy_module("tuoju.simulation.demo_city")
    engines = lazy_module("tuoju.database.engine")
    envelope = lazy_module("tuoju.backups.envelope")
    file_store = lazy_module("tuoju.launch.file_store")
    file_stores = lazy_module("tuoju.database.file_stores")
    heartbeats = lazy_module("tuoju_notifications.heartbeats")
    installation = lazy_module("tuoju.database.installation")
    installation_checks = lazy_module("tuoju.launch.installation_checks")
    invariant_registry = lazy_module("tuoju.invariants.registry")
    import_messages = lazy_module("tuoju.web.imports.messages")
    invariant_service = lazy_module("tuoju.invariants.service")
    key_rings = lazy_module("tuoju.launch.keys")
    key_rotation = lazy_module("tuoju.database.key_rotation")
    keys = lazy_module("tuoju.database.keys")
    labels = lazy_module("tuoju.words.labels")
    making = lazy_module("tuoju.backups.making")
    match_sheets = lazy_module("tuoju.documents.match_sheets")
    migrations = lazy_module("tuoju.launch.migrations")
    permissions = lazy_module("tuoju.accounts.permissions")
    plan_trial = lazy_module("tuoju.plans.trial")
    pydantic = lazy_module("pydantic")
    records = lazy_module("tuoju.database.records")
    recovery = lazy_module("tuoju.accounts.recovery")
    referrals = lazy_module("tuoju.referrals.service")
    region_loading = lazy_module("tuoju.regions.loading")
    region_queries = lazy_module("tuoju.regions.queries")
    reports = lazy_module("tuoju.launch.commands.reports")
    request_context = lazy_module("tuoju.accounts.request_context")
    restoring = lazy_module("tuoju.backups.restoring")
    retention = lazy_module("tuoju.holdings.retention")
    scopes = lazy_module("tuoju.database.scopes")
    sealed_files = lazy_module("tuoju.database.sealed_files")
    settings = lazy_module("tuoju.launch.settings")
    setup = lazy_module("tuoju.launch.commands.setup")
    simulated_city = lazy_module("tuoju.simulation.simulated_city")
    sqlmodel = lazy_module("sqlmodel")
    supervisor = lazy_module("tuoju.launch.supervisor")
    tables = lazy_module("tuoju.launch.tables")
    units_of_work = lazy_module("tuoju.database.unit_of_work")
