"""Run by Alembic: migrate over the connection that was handed in.

Migrations are started with `attest db upgrade`, which knows the settings, and by nothing else. They never import
models: what a migration did must not change when a model does.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
