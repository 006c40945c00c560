"""The commands, one module a family; each module has `add(name, parser)` and is imported only when it is asked for."""

COMMANDS = {
    "demo": ("start", "the app on a made-up book, in a throw-away home; nothing to configure"),
    "sandbox": ("start", "the reference server alone; prints one JSON line when it listens"),
    "login": ("account", "check a token and keep it, in the keyring where there is one"),
    "logout": ("account", "forget the token of this backend"),
    "whoami": ("account", "who the backend says we are, and what we may do"),
    "sync": ("sync", "send what waits, fetch what changed"),
    "list": ("listing", "the at-risk inbox, in order"),
    "show": ("showing", "one account: facts, verdicts with their rules, pending changes, history"),
    "check": ("checking", "for cron and on-call: exit 1 when something needs a human"),
    "monitor": ("monitor", "every open usage alert, and what would be sent; --send sends it"),
    "portfolio": ("portfolio", "the book in figures: index, risk, industries, red accounts"),
    "backtest": ("backtest", "how well the health index ranks churn that is known, in a file of yours"),
    "import": ("importing", "daily active users from CSV or JSONL, for accounts whose source has none"),
    "remedy": ("remedy", "queue a remedy with its reason"),
    "assess": ("assess", "the decision tree over one account; another tree, and what it would change"),
    "outbox": ("outbox", "the queue of changes, and what to do with each"),
    "audit": ("audit", "the audit trail: list, verify, export"),
    "doctor": ("doctor", "what is wrong with this installation, and what to do"),
    "config": ("about", "the settings in effect and where each comes from"),
    "version": ("about", "the version"),
}
