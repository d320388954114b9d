#!/usr/bin/env python3
"""Writes the golden files of the formats with Python's own json and hashlib, so that they check the Swift code and not
the other way round. Run it in this folder; a golden file that changes means a new version of its format."""

import hashlib
import json

sums = {}


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def put(name, value):
    data = canonical(value)
    with open(f"{name}.json", "wb") as file:
        file.write(data)
    sums[name] = sha256(data)
    return sums[name]


def policy(**fields):
    return {"prune": True, "self_heal": True, "conflicts": "take", "ignore": [], "depends_on": [], "health": []} | fields


COMMIT = "3f786850e387550fdab836ed7e6dc881de23001b"
CHECKOUT = sha256(b"manifests of checkout")
WEB = sha256(b"manifests of web")
WEB_POLICY = policy(
    prune=False,
    self_heal=False,
    conflicts="report",
    ignore=[{"group": "apps", "kind": "Deployment", "json_pointers": ["/spec/replicas"]}],
    depends_on=["cert-manager", "database"],
    health=[
        {
            "group": "db.example.com",
            "kind": "Database",
            "in_progress": "",
            "failed": 'status.phase == "Failed"',
            "healthy": "status.phase == 'Ready'",
        }
    ],
)

checkout = put("content-present", {"app": "checkout", "manifests": CHECKOUT, "policy": policy()})
web = put("content-policy", {"app": "web", "manifests": WEB, "policy": WEB_POLICY})
pruned = put("content-pruned", {"app": "old-app", "absent": "prune"})
put("content-orphaned", {"app": "old-app", "absent": "orphan"})

gone = sha256(canonical({"app": "checkout", "absent": "prune"}))
clusters = {"fra-1-b7d2": checkout, "ams-1-09ac": checkout, "old-1-77fe": gone}
release = put("release", {"app": "checkout", "commit": COMMIT, "clusters": clusters})

put(
    "bundle",
    {
        "format": "flotilla.bundle/1",
        "fleet": "acme",
        "cluster": "fra-1-b7d2",
        "bundle_seq": 42,
        "prev_seq": 41,
        "min_agent": "0.1.0",
        "not_before": "2026-01-31T12:00:00Z",
        "apps": [
            {
                "name": "checkout",
                "commit": COMMIT,
                "committer": "Zoë <zoe@example.com>",
                "release": release,
                "rollout": "checkout-7",
                "rollback_of": None,
                "app_digest": checkout,
                "manifests": {"sha256": CHECKOUT, "length": 123},
                "order": 0,
                "policy": policy(),
                "confirmed_deletions": [],
            },
            {
                "name": "web",
                "commit": COMMIT,
                "committer": "Ana <ana@example.com>",
                "release": sha256(b"an earlier release"),
                "rollout": "web-3",
                "rollback_of": release,
                "app_digest": web,
                "manifests": {"sha256": WEB, "length": 45678},
                "order": 1,
                "policy": WEB_POLICY,
                "confirmed_deletions": [
                    "/Namespace//shop",
                    "apiextensions.k8s.io/CustomResourceDefinition//databases.db.example.com",
                ],
            },
        ],
        "removed": [
            {
                "name": "old-app",
                "app_digest": pruned,
                "absent": "prune",
                "confirmed_deletions": ["/PersistentVolumeClaim/shop/data"],
            }
        ],
    },
)

report = {
    "format": "flotilla.report/1",
    "fleet": "acme",
    "cluster": "fra-1-b7d2",
    "seq": 1007,
    "prev": sha256(b"report 1006"),
    "boot": "b-5f0c",
    "time": "2026-01-31T12:00:05.250Z",
    "time_floor": "2026-01-31T11:59:00Z",
    "agent": {"version": "0.1.0", "target": "kubernetes", "server": "v1.36.2"},
    "trusted": {"root": 3, "timestamp": 90, "snapshot": 42, "targets": 42},
    "bundle_seq": 42,
    "apps": [
        {
            "name": "checkout",
            "app_digest": checkout,
            "sync": "Synced",
            "health": "Progressing",
            "blocking": True,
            "reason": 'Deployment shop/web: 1 of 3 available: "ImagePullBackOff"',
            "objects": {"total": 12, "synced": 12, "healthy": 11},
            "not_healthy": [
                {"id": "apps/Deployment/shop/web", "health": "Progressing", "reason": "1 of 3 available"}
            ],
            "drift_healed": 2,
        },
        {
            "name": "web",
            "app_digest": web,
            "sync": "OutOfSync",
            "health": "Unknown",
            "blocking": True,
            "reason": "",
            "objects": {"total": 1, "synced": 0, "healthy": 0},
            "not_healthy": [],
            "drift_healed": 0,
        },
    ],
    "events": [
        {
            "time": "2026-01-31T12:00:01Z",
            "kind": "BundleRefused",
            "reason": "targets.json: signature of key 12ab does not verify",
        }
    ],
    "dropped_events": 0,
}
put("report", report)
put(
    "report-first",
    report
    | {
        "seq": 1,
        "prev": None,
        "agent": {"version": "0.1.0", "target": "directory", "server": ""},
        "trusted": {"root": 1, "timestamp": 0, "snapshot": 0, "targets": 0},
        "bundle_seq": 0,
        "apps": [],
        "events": [],
    },
)

log = []
for fields in (
    {
        "time": "2026-01-31T12:00:00Z",
        "actor": "hub",
        "action": "source.observe",
        "subject": "Add checkout",
        "commit": COMMIT,
    },
    {
        "time": "2026-01-31T12:00:03.007Z",
        "actor": "operator/ana",
        "action": "rollout.approve",
        "subject": "checkout-7/prod",
        "digest": release,
        "reason": "looks good – “ship it”",
    },
    {
        "time": "2026-01-31T12:01:00Z",
        "actor": "operator/bob",
        "action": "cluster.revoke",
        "subject": "fra-1",
        "outcome": "refused",
        "reason": "role viewer may not",
    },
):
    record = {"commit": "", "digest": None, "outcome": "done", "reason": ""} | fields
    record |= {"n": len(log) + 1, "prev_hash": log[-1]["hash"] if log else None}
    log.append(record | {"hash": sha256(canonical(record))})
with open("audit.jsonl", "wb") as file:
    file.writelines(canonical(record) + b"\n" for record in log)

with open("SHA256SUMS", "w") as file:
    file.writelines(f"{digest}  {name}.json\n" for name, digest in sorted(sums.items()))
