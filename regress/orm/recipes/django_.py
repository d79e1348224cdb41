"""Django: managed = False, and client_ref as the primary key."""
import os

import django
from django.conf import settings
from django.db import connection, models, transaction

MATCH = int(os.environ["MATCH"])
GOAL, OOPS = f"m{MATCH}-1", f"m{MATCH}-2"  # unique over all matches; a UUID does as well
settings.configure(DATABASES={"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"], "USER": os.environ["PGUSER"],
    "HOST": os.environ["PGHOST"], "PORT": os.environ["PGPORT"]}}, USE_TZ=True)
django.setup()


class Line(models.Model):
    # Django has no key of two columns: make the client_ref unique over all matches (a UUID)
    client_ref = models.TextField(primary_key=True)
    match_id = models.BigIntegerField()
    seq = models.BigIntegerField(null=True, editable=False)  # the server gives it, and those below
    created_at = models.DateTimeField(null=True, editable=False)
    kind = models.TextField(null=True)
    minute = models.IntegerField(null=True)
    actor = models.TextField(null=True)
    message = models.TextField()

    class Meta:
        app_label = "feed"
        managed = False
        db_table = '"commentary"."feed"'


goal = Line(client_ref=GOAL, match_id=MATCH, minute=12, actor="A. Striker", message="Goal!")
with transaction.atomic():
    goal.save(force_insert=True)
    goal.minute = 13
    goal.save()  # an UPDATE, in the transaction that inserts it
Line.objects.create(client_ref=OOPS, match_id=MATCH, message="Oops")
goal.actor, goal.message = None, "Goal! A header."
goal.save()
goal.save()  # nothing is different: one row is updated, and nothing is written
goal.refresh_from_db()
assert goal.seq > 0 and goal.kind == "comment"
goal.save()  # the same, with what the server gave
assert Line.objects.filter(match_id=MATCH, client_ref=GOAL).update(minute=13) == 1
assert Line.objects.get(client_ref=OOPS, match_id=MATCH).delete()[0] == 1
assert list(Line.objects.filter(match_id=MATCH).values_list("minute", "actor", "message")) == [(13, None, "Goal! A header.")]
connection.close()
