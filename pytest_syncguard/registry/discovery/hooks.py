"""Hooks: each handler of hooks/hooks.json, and of what manifests declare, is a component of its own.

A hook has no name, so it gets one that stays when others come or go: its event, its matcher and what it runs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_syncguard.registry.component import Component, Value
from pytest_syncguard.registry.discovery.look import Look, Unreadable, join
from pytest_syncguard.registry.discovery.manifest import Manifest, kind, one_path

DEFAULT: Final = "hooks/hooks.json"
_SCRIPT = re.compile(r"[^\s\"'`;|&<>()$={}]*\.(?:sh|bash|zsh|fish|ps1|bat|cmd|py|js|mjs|cjs|ts|rb|pl|php|exe|lua)\b")


def find_hooks(look: Look, marketplace: str, plugin: str, folder: str, manifest: Manifest) -> Iterator[Component]:
    """The hooks of the plugin in a folder: the default file first, then what manifests name or hold."""
    found: list[tuple[str, Any]] = []
    default = join(folder, DEFAULT)
    seen = {default}
    found += _file(look, default, folder)
    for path, value in manifest.declared("hooks"):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                found.append((path, each))
            elif (named := one_path(look, folder, path, "hooks", each)) is not None and named not in seen:
                seen.add(named)
                found += _file(look, named, folder)
    for path, events in found:
        for name, fields, where in _handlers(look, path, events):
            digest = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
            warnings = (f"{path}: {where}: no event",) if not fields["event"] else ()
            yield Component(marketplace, plugin, "hook", name, path, warnings, digest, fields)


def _file(look: Look, path: str, folder: str) -> list[tuple[str, Any]]:
    """The events of a hooks file, if it is there."""
    try:
        if not look.stamp(path):
            return []
        if not look.inside(path, folder):
            look.warn(path, "leads out of the plugin and is not read")
            return []
        content = look.json(path)
    except Unreadable as error:
        look.warn(path, str(error))
        return []
    if not isinstance(content, dict) or "hooks" not in content:
        found = 'no "hooks"' if isinstance(content, dict) else kind(content)
        look.warn(path, f'found {found}, required {{"hooks": {{…}}}}: Claude Code does not read it')
        return []
    return [(path, content["hooks"])]


def _handlers(look: Look, path: str, events: object) -> Iterator[tuple[str, dict[str, Value], str]]:
    """Each handler with its name, its fields and its place in the file."""
    if not isinstance(events, dict):
        look.warn(path, f'"hooks": found {kind(events)}, required an object of events')
        return
    for event, groups in events.items():
        if not isinstance(groups, list):
            look.warn(path, f'"{event}": found {kind(groups)}, required an array')
            continue
        for number, group in enumerate(groups, start=1):
            where = f"{event} #{number}"
            handlers = group.get("hooks") if isinstance(group, dict) else None
            if not isinstance(handlers, list):
                look.warn(path, f'{where}: found no array "hooks", required one')
                continue
            matcher = group.get("matcher")
            for place, handler in enumerate(handlers, start=1):
                if not isinstance(handler, dict):
                    look.warn(path, f"{where}, handler #{place}: found {kind(handler)}, required an object")
                    continue
                fields = _fields(event, matcher if isinstance(matcher, str) else "", handler)
                yield _name(fields), fields, f"{where}, handler #{place}"


def _fields(event: str, matcher: str, handler: Mapping[str, Any]) -> dict[str, Value]:
    fields: dict[str, Value] = {key: _value(value) for key, value in handler.items()}
    fields |= {"event": event, "matcher": matcher}
    if script := _script(handler):
        fields["script"] = script
    return fields


def _value(value: object) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _value(each) for key, each in value.items()}
    return json.dumps(value)


def _script(handler: Mapping[str, Any]) -> str:
    """The script that a command runs, as it is written, if it names one."""
    args = handler.get("args")
    words = [handler.get("command"), *(args if isinstance(args, list) else [])]
    for word in words:
        if isinstance(word, str) and (match := _SCRIPT.search(word)):
            return match[0].lstrip("/")
    return ""


def _name(fields: Mapping[str, Value]) -> str:
    """Such as ``PostToolUse:Write|Edit:format.sh``; without a script, a few digits of the digest stand for it."""
    script = str(fields.get("script", "")).rpartition("/")[2]
    what = script or hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:8]
    return f"{fields['event']}:{fields['matcher'] or '*'}:{what}"
