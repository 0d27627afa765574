"""Reading what lies of boards in S3: the index in PostgreSQL says where, the objects say what."""
