"""What people did: drafts, reviews, publications, users, audit, feedback. SQLite by default, PostgreSQL by `KB_DATABASE_URL`."""
