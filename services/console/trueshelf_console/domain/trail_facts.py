"""What an entry of the log says beyond its sentence, as lines. Whatever stands in it, nothing is raised."""

from trueshelf_console.domain.trail import Event, getter, mapping, mappings


def facts_of(event: Event | None) -> list[tuple[str, str]]:
    """Return what an event says beyond its sentence: (a key of FACTS, text)."""
    event = event or {}
    lines: list[tuple[str, str]] = []
    match event.get("type"):
        case "VariantApproved":
            lines = _of_approval(event)
        case "VariantChecked" | "RenditionChecked":
            checks = mappings(event, "checks")
            lines = [("check", " · ".join(_words(each, "check", "verdict", "sentence"))) for each in checks]
        case "SpotCheckPassed":
            lines = [("covers", _member(each)) for each in mappings(event, "members")]
        case "PackReady":
            lines = [("file", " · ".join(_words(each, "name", "sha256"))) for each in mappings(event, "files")]
        case "RulesConfirmed":
            answers, values = mapping(event, "answers"), mapping(event, "values")
            lines = [("answer", f"{item}: {answer}") for item, answer in answers.items()]
            lines += [("value", f"{name} = {value}") for name, value in values.items()]
        case "ActRecorded":
            lines = [("detail", f"{name}: {value}") for name, value in mapping(event, "details").items()]
    return [(label, text) for label, text in lines if text]


def _of_approval(event: Event) -> list[tuple[str, str]]:
    get, binding, viewport = getter(event), mapping(event, "binding"), mapping(event, "viewport")
    bound = getter(binding)
    lines = [("answer", ": ".join(_words(each, "item", "answer", "note"))) for each in mappings(event, "answers")]
    lines += [("seen", ": ".join(_words(each, "check", "note"))) for each in mappings(event, "acknowledged")]
    lines += [
        ("override", get("override_reason")),
        ("second", get("second_opinion")),
        ("generator", bound("generator")),
    ]
    for name in ("original", "source", "master", "report"):
        lines.append((name, bound(f"{name}_sha256")))
    lines.append(("checklist", " ".join(_words(mapping(binding, "checklist"), "name", "version"))))
    lines.append(("screen", " × ".join(_words(viewport, "width", "height"))))
    return lines


def _member(member: Event) -> str:
    approvals = ", ".join(f"{slot} {approval}" for slot, approval in mapping(member, "approvals").items())
    return f"{member.get('sku', '')}: {approvals}"


def _words(data: Event, *names: str) -> list[str]:
    return [str(data[name]) for name in names if data.get(name) not in (None, "")]
