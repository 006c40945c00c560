"""A straightforward first sync: httpx pages, pydantic models, SQLModel merges; ends after so many accounts."""

import sys

import httpx
from sqlmodel import Field, Session, SQLModel, create_engine

from triage.sandbox.answers_account import Account

PAGE = 1000


class Row(SQLModel, table=True):
    """An account with a few columns to order it by and the rest as text."""

    id: str = Field(primary_key=True)
    seq: int
    version: int
    name: str
    tier: str
    payload: str


url, token, path, most = sys.argv[1:]
engine = create_engine(f"sqlite:///{path}")
SQLModel.metadata.create_all(engine)
after = done = 0
with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client, Session(engine) as session:
    while done < int(most):
        page = client.get("/v1/accounts", params={"after": after, "limit": PAGE}).raise_for_status().json()
        for raw in page["accounts"]:
            one = Account.model_validate(raw)
            row = {"id": one.id, "seq": one.seq, "version": one.version, "name": one.name, "tier": one.tier}
            session.merge(Row(**row, payload=one.model_dump_json()))
        session.commit()
        after, done = page["next_after"], done + len(page["accounts"])
