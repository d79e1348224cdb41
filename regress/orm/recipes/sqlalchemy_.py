"""SQLAlchemy: the ORM, mapped by (match_id, client_ref)."""
import os

from sqlalchemy import BigInteger, Column, Integer, Text, create_engine
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session, declarative_base

MATCH = int(os.environ["MATCH"])
Base = declarative_base()


class Line(Base):
    __tablename__ = "feed"
    __table_args__ = {"schema": "commentary"}
    match_id = Column(BigInteger, primary_key=True, autoincrement=False)
    client_ref = Column(Text, primary_key=True)
    seq = Column(BigInteger)  # read only: never set
    minute = Column(Integer)
    actor = Column(Text)
    message = Column(Text)
    tags = Column(ARRAY(Text))
    # "metadata" is SQLAlchemy's own name; none_as_null: None is SQL's null, and not JSON's
    details = Column("metadata", JSONB(none_as_null=True))


engine = create_engine("postgresql+psycopg2://")
with Session(engine) as session:
    goal = Line(match_id=MATCH, client_ref="line-1", minute=12, actor="A. Striker", message="Goal!")
    session.add_all([goal, Line(match_id=MATCH, client_ref="line-2", message="Oops")])
    session.flush()
    goal.minute = 13  # in the transaction that inserts it
    session.commit()
    assert goal.seq > 0
    goal.actor = None
    goal.message = "Goal! A header."
    session.delete(session.get(Line, (MATCH, "line-2")))
    session.commit()
    assert [(line.minute, line.actor, line.message) for line in session.query(Line).filter_by(match_id=MATCH)] == [
        (13, None, "Goal! A header.")]
    session.merge(Line(match_id=MATCH, client_ref="line-1", minute=13, message="Goal! A header."))
    session.commit()
